"""Toy distributions in one or two dimensions, with their exact log-density where one exists.

A model of such a toy can be judged without doubt: its likelihood, its samples and its mistakes all
have a known right answer. Every class has `sample(n, generator) -> (n, D)`, float32, and, but for
`Moons`, `log_density(x) -> (N,)` in nats, computed in the precision of `x`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from aigc_lessons.errors import CourseError


class GaussianMixture:
    """A mixture of round Gaussians: p(x) = Σ_k w_k N(x; μ_k, s_k² I).

    Attributes:
        means: (K, D).
        scales: (K,), the standard deviation of each component.
        weights: (K,), their sum is 1.
    """

    def __init__(
        self,
        means: Tensor | Sequence[Sequence[float]],
        scales: Tensor | Sequence[float] | float,
        weights: Tensor | Sequence[float] | None = None,
    ) -> None:
        """Build the mixture.

        Args:
            means: (K, D), one row per component.
            scales: one standard deviation for all, or one per component.
            weights: (K,), not negative; they are divided by their sum. None: all equal.

        Raises:
            CourseError: shapes that do not fit, or impossible scales or weights.
        """
        self.means = torch.as_tensor(means, dtype=torch.float32)
        if self.means.ndim != 2 or self.means.numel() == 0:
            raise CourseError(
                f"The means of a mixture have the shape (components, dimensions), not "
                f"{tuple(self.means.shape)}. In one dimension write [[-1.0], [1.0]]."
            )
        count = len(self.means)
        scale = torch.as_tensor(scales, dtype=torch.float32)
        self.scales = scale.expand(count) if scale.ndim == 0 else scale
        weight = torch.ones(count) if weights is None else torch.as_tensor(weights).float()
        for name, values in (("scales", self.scales), ("weights", weight)):
            if values.shape != (count,):
                raise CourseError(f"{count} means need {count} {name}, not {tuple(values.shape)}.")
        if not (self.scales > 0).all() or not self.scales.isfinite().all():
            raise CourseError(f"Scales are positive numbers, not {self.scales.tolist()}.")
        if not (weight >= 0).all() or not 0 < weight.sum() < math.inf:
            raise CourseError(
                f"Weights are not negative and not all zero, which {weight.tolist()} breaks."
            )
        self.weights = weight / weight.sum()

    def sample(self, n: int, generator: torch.Generator) -> Tensor:
        """Draw n points, (n, D): a component by its weight, then a point of it."""
        _check_count(n)
        component = torch.multinomial(self.weights, n, replacement=True, generator=generator)
        noise = torch.randn(n, self.means.shape[1], generator=generator)
        return self.means[component] + self.scales[component, None] * noise

    def log_density(self, x: Tensor) -> Tensor:
        """Return log p(x) in nats, (N,), for x of the shape (N, D)."""
        dimensions = self.means.shape[1]
        _check_points(x, dimensions)
        means, scales, weights = (v.to(x) for v in (self.means, self.scales, self.weights))
        distance = (x[:, None, :] - means).square().sum(dim=2)  # (N, K)
        normaliser = dimensions * (scales.log() + 0.5 * math.log(2 * math.pi))
        return torch.logsumexp(weights.log() - normaliser - distance / (2 * scales**2), dim=1)


def grid(scale: float = 0.1) -> GaussianMixture:
    """Return 25 Gaussians on a 5×5 grid with spacing 2, centred on the origin.

    The usual test of whether a generator forgets modes (Srivastava et al., 2017).

    Args:
        scale: the standard deviation of each.
    """
    ticks = torch.arange(-4.0, 5.0, 2.0)
    return GaussianMixture(torch.cartesian_prod(ticks, ticks), scale)


@dataclass(frozen=True)
class Rings:
    """Circles around the origin, each with the same probability, blurred by Gaussian noise.

    A point is R (cos t, sin t) + s ε with t uniform. The integral over t is a Bessel function
    (Rice, 1945): p(x) = mean over R of exp(-(r² + R²) / 2s²) I₀(r R / s²) / (2π s²), r = |x|.

    Attributes:
        radii: the radius R of each circle.
        noise: the standard deviation s.
    """

    radii: tuple[float, ...] = (1.0, 2.0, 3.0)
    noise: float = 0.1

    def __post_init__(self) -> None:
        if not self.radii or not all(0 <= radius < math.inf for radius in self.radii):
            raise CourseError(f"Rings need one or more radii of at least 0, not {self.radii}.")
        _check_noise(self.noise, zero=False)

    def sample(self, n: int, generator: torch.Generator) -> Tensor:
        """Draw n points, (n, 2)."""
        _check_count(n)
        chosen = torch.randint(len(self.radii), (n,), generator=generator)
        angle = 2 * math.pi * torch.rand(n, generator=generator)
        circle = torch.stack((angle.cos(), angle.sin()), dim=1)
        radius = torch.tensor(self.radii)[chosen, None]
        return radius * circle + self.noise * torch.randn(n, 2, generator=generator)

    def log_density(self, x: Tensor) -> Tensor:
        """Return log p(x) in nats, (N,), for x of the shape (N, 2)."""
        _check_points(x, 2)
        r = x.norm(dim=1, keepdim=True)  # (N, 1)
        radii = torch.tensor(self.radii).to(x)  # (K,)
        variance = self.noise**2
        # i0e(a) = exp(-a) I₀(a) does not overflow; the missing exp(a) completes the square.
        bessel = torch.special.i0e(r * radii / variance).log()
        terms = bessel - (r - radii).square() / (2 * variance)
        return torch.logsumexp(terms, dim=1) - math.log(2 * math.pi * variance * len(self.radii))


@dataclass(frozen=True)
class Moons:
    """Two interlocking half circles blurred by Gaussian noise.

    The upper one is (cos t, sin t), the lower one (1 - cos t, 1/2 - sin t), t uniform on [0, π].
    The density is an integral over half a circle, which has no closed form, so there is no
    `log_density`.

    Attributes:
        noise: the standard deviation; 0 leaves the bare curves.
    """

    noise: float = 0.1

    def __post_init__(self) -> None:
        _check_noise(self.noise, zero=True)

    def sample(self, n: int, generator: torch.Generator) -> Tensor:
        """Draw n points, (n, 2), from either moon with the same probability."""
        _check_count(n)
        angle = math.pi * torch.rand(n, generator=generator)
        upper = torch.stack((angle.cos(), angle.sin()), dim=1)
        lower = torch.tensor([1.0, 0.5]) - upper
        curve = torch.where(torch.rand(n, 1, generator=generator) < 0.5, upper, lower)
        return curve + self.noise * torch.randn(n, 2, generator=generator)


class Checkerboard:
    """Uniform on eight of the sixteen squares of side 2 that make up [-4, 4)².

    The density is 1/32 where ⌊x₁/2⌋ + ⌊x₂/2⌋ is even, and 0 elsewhere.
    """

    def sample(self, n: int, generator: torch.Generator) -> Tensor:
        """Draw n points, (n, 2)."""
        _check_count(n)
        column = torch.randint(-2, 2, (n,), generator=generator)
        row = 2 * torch.randint(-1, 1, (n,), generator=generator) + column % 2
        # Just below 1, adding a whole number would round into the next square.
        offset = torch.rand(n, 2, generator=generator).clamp(max=1 - 2**-20)
        return 2 * (torch.stack((column, row), dim=1) + offset)

    def log_density(self, x: Tensor) -> Tensor:
        """Return log p(x) in nats, (N,), for x of the shape (N, 2); -inf off the board."""
        _check_points(x, 2)
        inside = ((x >= -4) & (x < 4)).all(dim=1)
        dark = (x / 2).floor().sum(dim=1) % 2 == 0
        return torch.where(inside & dark, -math.log(32), -math.inf).to(x)


def _check_count(n: int) -> None:
    if isinstance(n, bool) or not isinstance(n, int) or n < 1:
        raise CourseError(f"The number of samples is a whole number of at least 1, not {n!r}.")


def _check_points(x: Tensor, dimensions: int) -> None:
    if not isinstance(x, Tensor) or not x.is_floating_point():
        found = x.dtype if isinstance(x, Tensor) else type(x).__name__
        raise CourseError(f"A log-density is of a floating-point tensor, not of {found}.")
    if x.ndim != 2 or x.shape[1] != dimensions:
        raise CourseError(
            f"This log-density is of points of the shape (N, {dimensions}), not {tuple(x.shape)}."
        )


def _check_noise(noise: float, zero: bool) -> None:
    if not 0 <= noise < math.inf or (noise == 0 and not zero):
        least = "at least 0" if zero else "above 0"
        raise CourseError(f"The noise is a standard deviation {least}, not {noise!r}.")
