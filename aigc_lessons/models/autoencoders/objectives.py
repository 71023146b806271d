"""The objectives of the variational autoencoder and its importance weights, in nats per image.

Source: Kingma and Welling (2014); Rezende, Mohamed and Wierstra (2014); the importance-weighted
bound is by Burda, Grosse and Salakhutdinov (2016).
"""

import math
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812


class Autoencoder(Protocol):
    """What the objectives need of a network."""

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Map images (N, C, H, W) to mean and log-variance of q(z | x), each (N, L)."""
        ...

    def decode(self, z: Tensor) -> Tensor:
        """Map latents (..., L) to the logits of p(x | z), (..., C, H, W)."""
        ...


def gaussian_kl(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL(N(mean, variance) || N(0, I)), summed over the latents.

    Args:
        mean: (..., L).
        log_variance: (..., L), the logarithm of the diagonal of the covariance.

    Returns:
        (...), nats, never negative.
    """
    return 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance).sum(-1)


def bernoulli_log_likelihood(logits: Tensor, x: Tensor) -> Tensor:
    """log p(x | z) of independent binary pixels, summed over the pixels.

    Args:
        logits: (..., C, H, W), log p(x = 1 | z) - log p(x = 0 | z).
        x: the same shape or one that broadcasts to it, values 0 or 1.

    Returns:
        (...), nats, never positive.
    """
    return -F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").sum(
        (-3, -2, -1)
    )


def gaussian_log_density(value: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
    """log N(value; mean, variance) with a diagonal covariance, summed over the last axis.

    Returns:
        (...), nats.
    """
    squared = (value - mean) ** 2 / log_variance.exp()
    return -0.5 * (squared + log_variance + math.log(2 * math.pi)).sum(-1)


def reparameterize(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Draw z ~ N(mean, variance) so that gradients reach mean and log_variance."""
    return mean + (0.5 * log_variance).exp() * torch.randn_like(mean)


@dataclass(frozen=True)
class Elbo:
    """The evidence lower bound of each image and its two parts, each (N,) and in nats.

    ``bound = reconstruction - kl <= log p(x)`` in expectation over the draw of z.
    """

    reconstruction: Tensor  # one-sample estimate of E_q[log p(x | z)]
    kl: Tensor  # KL(q(z | x) || p(z)), exact

    @property
    def bound(self) -> Tensor:
        """The one-sample estimate of the evidence lower bound, (N,), nats per image."""
        return self.reconstruction - self.kl


def elbo(model: Autoencoder, x: Tensor) -> Elbo:
    """Estimate the evidence lower bound with one draw of z per image.

    Args:
        model: the encoder and decoder.
        x: (N, C, H, W), values 0 or 1.
    """
    mean, log_variance = model.encode(x)
    logits = model.decode(reparameterize(mean, log_variance))
    return Elbo(bernoulli_log_likelihood(logits, x), gaussian_kl(mean, log_variance))


@torch.no_grad()
def log_importance_weights(model: Autoencoder, x: Tensor, draws: int) -> Tensor:
    """log w = log p(x | z) + log p(z) - log q(z | x) for ``draws`` latents per image.

    Their mean over the draws estimates the evidence lower bound, and logsumexp - log k the tighter
    importance-weighted bound (Burda et al., 2016).

    Returns:
        (draws, N), nats.
    """
    mean, log_variance = model.encode(x)
    expanded = (draws, *mean.shape)
    z = reparameterize(mean.expand(expanded), log_variance.expand(expanded))
    prior = gaussian_log_density(z, torch.zeros_like(mean), torch.zeros_like(mean))
    posterior = gaussian_log_density(z, mean, log_variance)
    return bernoulli_log_likelihood(model.decode(z), x) + prior - posterior
