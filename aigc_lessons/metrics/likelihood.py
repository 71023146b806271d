"""Lower bounds on the log-likelihood of a latent-variable model, with their standard errors."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from aigc_lessons.errors import CourseError

DRAWS_AT_ONCE = 10  # times a batch of 100 images this is about 100 MB of activations

# Maps (images, draws) to log p(x, z) - log q(z | x), (draws, N); see autoencoders.
LogWeights = Callable[[Tensor, int], Tensor]


@dataclass(frozen=True)
class Estimate:
    """A mean, over images or over subsets of them, with its standard error."""

    mean: float
    standard_error: float

    @classmethod
    def of(cls, values: Tensor) -> "Estimate":
        """Estimate the mean of (N,) values, N at least 2."""
        if values.dim() != 1 or len(values) < 2:
            raise CourseError(
                f"An estimate needs two or more values in one row, not shape {tuple(values.shape)}."
            )
        values = values.double()
        return cls(float(values.mean()), float(values.std()) / math.sqrt(len(values)))

    def __str__(self) -> str:
        # Two decimals, and more where the standard error would read as 0.00.
        small = 0 < self.standard_error < 0.01
        decimals = -math.floor(math.log10(self.standard_error)) if small else 2
        return f"{self.mean:.{decimals}f} ± {self.standard_error:.{decimals}f}"


@dataclass(frozen=True)
class Bounds:
    """Negative lower bounds in nats per image: lower is better, and the truth is below both.

    ``negative_elbo >= negative_importance_weighted >= -log p(x)`` in expectation over the draws.
    """

    negative_elbo: Estimate
    negative_importance_weighted: Estimate
    draws: int


def importance_weighted_bound(log_weights: Tensor) -> Tensor:
    """The importance-weighted lower bound on log p(x), log(1/k sum_i w_i).

    With k = 1 it is the evidence lower bound; it grows with k in expectation and tends to log p(x).

    Args:
        log_weights: (k, N), log p(x, z_i) - log q(z_i | x) with z_i drawn from q(z | x), in nats.

    Returns:
        (N,), nats.

    Source: Burda, Grosse and Salakhutdinov (2016).
    """
    return torch.logsumexp(log_weights, 0) - math.log(len(log_weights))


def likelihood_bounds(
    log_weights: LogWeights, images: Tensor, draws: int = 100, batch_size: int = 100, seed: int = 0
) -> Bounds:
    """Bound the mean log-likelihood of binary images.

    Args:
        log_weights: the model's log importance weights, for example
            ``functools.partial(log_importance_weights, model)``.
        images: (N, C, H, W), values 0 or 1.
        draws: k, the latents drawn for each image.
        batch_size: images at once.
        seed: of the draws; the caller's random state is left as it was.

    Raises:
        CourseError: the images are not binary, or there are too few of them or of the draws.
    """
    if not bool(((images == 0) | (images == 1)).all()):
        raise CourseError(
            "The Bernoulli likelihood needs images of zeros and ones, but these hold other values. "
            "Binarise them first, with aigc_lessons.data.images.binarize."
        )
    if draws < 1 or batch_size < 1:
        raise CourseError(f"draws and batch_size must be at least 1, not {draws}, {batch_size}.")
    elbos, tighter = [], []
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for batch in images.split(batch_size):
            parts = [
                log_weights(batch, min(DRAWS_AT_ONCE, draws - done)).cpu().double()
                for done in range(0, draws, DRAWS_AT_ONCE)
            ]
            weights = torch.cat(parts)
            elbos.append(weights.mean(0))
            tighter.append(importance_weighted_bound(weights))
    return Bounds(Estimate.of(-torch.cat(elbos)), Estimate.of(-torch.cat(tighter)), draws)
