"""The games of generative adversarial networks: what each player minimises, and the penalties.

Source: Goodfellow et al. (2014). A discriminator gives each example a logit: positive where it
takes the example for real. Every loss is a pure function of logits and has one value per example,
or per pair of a real and a generated one. The players are in `networks`.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812
from torch.nn.utils import parametrizations

from aigc_lessons.errors import CourseError


def minimax_discriminator(real: Tensor, fake: Tensor) -> Tensor:
    """-log D(x) - log(1 - D(G(z))), the discriminator's loss in the original game.

    Its least expected value is log 4 - 2 JS(data || generator), reached by the logit
    log p_data(x) - log p_generator(x).

    Args:
        real: (N,), logits of real examples.
        fake: (N,), logits of generated ones.

    Returns:
        (N,), nats per pair.

    Raises:
        CourseError: the two are not logits of equally many examples, as for every pair below.

    Source: Goodfellow et al. (2014).
    """
    _check_pair(real, fake)
    return F.softplus(-real) + F.softplus(fake)


def saturating_generator(fake: Tensor) -> Tensor:
    """log(1 - D(G(z))), the generator's loss in the original game: (N,), nats per example.

    Its gradient vanishes where the discriminator is sure. Source: Goodfellow et al. (2014).
    """
    return -F.softplus(_checked(fake))


def non_saturating_generator(fake: Tensor) -> Tensor:
    """-log D(G(z)), whose gradient is largest where the discriminator is sure: (N,), nats.

    Source: Goodfellow et al. (2014), section 3.
    """
    return F.softplus(-_checked(fake))


def wasserstein_discriminator(real: Tensor, fake: Tensor) -> Tensor:
    """f(G(z)) - f(x) of a critic f: (N,), per pair, in the unit of the critic.

    Minus its expectation is a lower bound of the Wasserstein distance if f is 1-Lipschitz, in the
    unit of the data. Source: Arjovsky, Chintala and Bottou (2017).
    """
    _check_pair(real, fake)
    return fake - real


def wasserstein_generator(fake: Tensor) -> Tensor:
    """-f(G(z)): (N,), in the unit of the critic. Also the generator's side of the hinge game."""
    return -_checked(fake)


def hinge_discriminator(real: Tensor, fake: Tensor) -> Tensor:
    """max(0, 1 - f(x)) + max(0, 1 + f(G(z))): (N,), per pair, in the unit of the logits.

    Source: Lim and Ye (2017).
    """
    _check_pair(real, fake)
    return F.relu(1 - real) + F.relu(1 + fake)


def relativistic_discriminator(real: Tensor, fake: Tensor) -> Tensor:
    """-log sigmoid(f(x) - f(G(z))): (N,), nats per pair.

    Each generated example is compared with a real one instead of with a fixed boundary. Source:
    Jolicoeur-Martineau (2019); with R1 and R2 it is the loss of R3GAN (Huang et al., 2024).
    """
    _check_pair(real, fake)
    return F.softplus(fake - real)


def relativistic_generator(real: Tensor, fake: Tensor) -> Tensor:
    """-log sigmoid(f(G(z)) - f(x)): (N,), nats per pair. Source: as for the discriminator."""
    _check_pair(real, fake)
    return F.softplus(real - fake)


@dataclass(frozen=True)
class Game:
    """What each player minimises, both as functions of (real logits, fake logits)."""

    discriminator: Callable[[Tensor, Tensor], Tensor]
    generator: Callable[[Tensor, Tensor], Tensor]
    pairs: bool = False  # whether the generator's loss depends on the real logits


GAMES = {
    "saturating": Game(minimax_discriminator, lambda real, fake: saturating_generator(fake)),
    "non-saturating": Game(
        minimax_discriminator, lambda real, fake: non_saturating_generator(fake)
    ),
    "wasserstein": Game(wasserstein_discriminator, lambda real, fake: wasserstein_generator(fake)),
    "hinge": Game(hinge_discriminator, lambda real, fake: wasserstein_generator(fake)),
    "relativistic": Game(relativistic_discriminator, relativistic_generator, pairs=True),
}


def squared_gradient(logits: Tensor, x: Tensor) -> Tensor:
    """|d logit / d x|^2 of each example, differentiable with respect to the network.

    Its half, times gamma, is the R1 penalty at real examples and the R2 penalty at generated ones
    (Mescheder, Geiger and Nowozin, 2018).

    Args:
        logits: (N,), the discriminator of ``x``. It must treat each example alone, so without
            batch normalisation: otherwise the gradients of several examples mix.
        x: (N, ...), with ``requires_grad`` set before the discriminator saw it.

    Returns:
        (N,), squared logits per squared unit of x.

    Raises:
        CourseError: the logits do not depend on x.
    """
    message = (
        "The gradient needs logits that were computed from x with a graph: call "
        "x = x.detach().requires_grad_(True), then logits = discriminator(x)."
    )
    if not (x.requires_grad and _checked(logits).requires_grad):
        raise CourseError(message)
    (gradient,) = torch.autograd.grad(logits.sum(), x, create_graph=True, allow_unused=True)
    if gradient is None:
        raise CourseError(message)
    return gradient.square().flatten(1).sum(1)


def one_centred_penalty(logits: Tensor, x: Tensor) -> Tensor:
    """(|d logit / d x| - 1)^2 of each example: (N,), the gradient penalty of Wasserstein critics.

    Arguments and errors as for :func:`squared_gradient`; x comes from :func:`interpolate`.
    Source: Gulrajani et al. (2017).
    """
    tiny = 1e-12  # the square root has no derivative at 0
    return ((squared_gradient(logits, x) + tiny).sqrt() - 1).square()


def interpolate(real: Tensor, fake: Tensor) -> Tensor:
    """Draw a uniform point on the line from each real example to a generated one, (N, ...).

    The result is a leaf with ``requires_grad``, ready for :func:`one_centred_penalty`.
    """
    if real.shape != fake.shape:
        raise CourseError(
            f"Lines need as many ends as beginnings: real {tuple(real.shape)}, "
            f"generated {tuple(fake.shape)}."
        )
    part = torch.rand(len(real), *[1] * (real.dim() - 1), dtype=real.dtype, device=real.device)
    return real.detach().lerp(fake.detach(), part).requires_grad_(True)


@torch.no_grad()
def clip_weights(network: nn.Module, bound: float = 0.01) -> None:
    """Force every weight into [-bound, bound]. Source: Arjovsky, Chintala and Bottou (2017)."""
    if not bound > 0:
        raise CourseError(f"The bound of the weights must be positive, not {bound}.")
    for weight in network.parameters():
        weight.clamp_(-bound, bound)


def normalize_spectra(network: nn.Module) -> nn.Module:
    """Divide every weight matrix of ``network`` by its largest singular value; return it.

    One step of power iteration in each training pass follows that value, so a linear layer
    stretches no vector by much more than 1. Of a convolution only the kernel, laid out as a matrix,
    is divided; it may stretch pictures more, at most by the root of its positions (3 for 3 x 3).
    Source: Miyato et al. (2018).
    """
    for layer in list(network.modules()):
        if isinstance(layer, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
            parametrizations.spectral_norm(layer)
    return network


def _checked(logits: Tensor) -> Tensor:
    if logits.dim() != 1 or not logits.is_floating_point():
        raise CourseError(
            f"Logits must be floating-point numbers of shape (N,), not {logits.dtype} of shape "
            f"{tuple(logits.shape)}. For (N, 1) call squeeze(-1)."
        )
    return logits


def _check_pair(real: Tensor, fake: Tensor) -> None:
    if _checked(real).shape != _checked(fake).shape:
        raise CourseError(
            f"Real and generated logits come in pairs, but there are {len(real)} and {len(fake)}."
        )
