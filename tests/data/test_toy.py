"""Toy distributions against numerical integrals, torch.distributions, SciPy and scikit-learn."""

import math

import numpy as np
import pytest
import torch
from scipy import stats
from sklearn.datasets import make_moons
from torch import Tensor, distributions

from aigc_lessons.data import toy
from aigc_lessons.errors import CourseError

MIXTURE_1D = toy.GaussianMixture([[-2.0], [0.5], [3.0]], [0.5, 0.2, 1.5], [1.0, 3.0, 2.0])
MIXTURE_2D = toy.GaussianMixture([[-1.0, 0.0], [2.0, 1.0]], [0.3, 0.7], [0.25, 0.75])
PLANE = {
    "mixture": MIXTURE_2D,
    "grid": toy.grid(0.2),
    "rings": toy.Rings(),
    "one ring": toy.Rings((0.5,), 0.4),
    "checkerboard": toy.Checkerboard(),
}


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def plane(low: float = -8.0, high: float = 8.0, step: float = 0.05) -> tuple[Tensor, float]:
    """Midpoints of a fine grid of squares, (N, 2), and the area of each; ten squares fit in 0.5."""
    ticks = torch.arange(low + step / 2, high, step, dtype=torch.float64)
    return torch.cartesian_prod(ticks, ticks), step**2


@pytest.mark.parametrize("name", PLANE)
def test_density_integrates_to_one_and_gives_the_entropy_of_the_samples(name: str) -> None:
    points, area = plane()
    log_p = PLANE[name].log_density(points)
    p = log_p.exp()
    assert p.sum().item() * area == pytest.approx(1, abs=1e-4)
    entropy = -(torch.special.xlogy(p, p)).sum().item() * area
    surprise = -PLANE[name].log_density(PLANE[name].sample(20_000, generator()).double())
    error = surprise.std().item() / math.sqrt(len(surprise))
    assert surprise.mean().item() == pytest.approx(entropy, abs=4 * error + 1e-4)


@pytest.mark.parametrize("name", PLANE)
def test_samples_fill_the_plane_as_the_density_says(name: str) -> None:
    count, cell = 20_000, 0.5  # cells that the squares of `plane` fill exactly
    points, area = plane()
    mass = PLANE[name].log_density(points).exp() * area
    expected = count * histogram(points, mass, cell)
    samples = PLANE[name].sample(count, generator(1)).double()
    observed = histogram(samples, torch.ones(count, dtype=torch.float64), cell)
    full = expected >= 5
    chi = (observed[full] - expected[full]).square() / expected[full]
    assert stats.chi2.sf(chi.sum().item(), int(full.sum()) - 1) > 1e-3
    rare = expected[~full].sum().item()
    assert observed[~full].sum().item() == pytest.approx(rare, abs=4 * math.sqrt(rare) + 1e-6)


def histogram(points: Tensor, mass: Tensor, cell: float) -> Tensor:
    """Sum the mass of points in square cells that tile [-8, 8)²."""
    side = round(16 / cell)
    index = ((points + 8) / cell).floor().long().clamp(0, side - 1)
    flat = index[:, 0] * side + index[:, 1]
    return torch.zeros(side * side, dtype=torch.float64).index_add_(0, flat, mass)


@pytest.mark.parametrize("mixture", [MIXTURE_1D, MIXTURE_2D, toy.grid()])
def test_mixture_density_agrees_with_torch_distributions(mixture: toy.GaussianMixture) -> None:
    scales = mixture.scales[:, None].expand_as(mixture.means).double()
    reference = distributions.MixtureSameFamily(
        distributions.Categorical(mixture.weights.double()),
        distributions.Independent(distributions.Normal(mixture.means.double(), scales), 1),
    )
    x = 3 * torch.randn(500, mixture.means.shape[1], generator=generator(), dtype=torch.float64)
    torch.testing.assert_close(mixture.log_density(x), reference.log_prob(x))
    assert mixture.log_density(x.float()).dtype == torch.float32


def test_one_dimensional_mixture_samples_follow_its_distribution_function() -> None:
    def distribution_function(x: np.ndarray) -> np.ndarray:
        parts = stats.norm.cdf(x[:, None], [-2.0, 0.5, 3.0], [0.5, 0.2, 1.5])
        return parts @ np.array([1, 3, 2]) / 6

    samples = MIXTURE_1D.sample(20_000, generator()).numpy()
    assert samples.shape == (20_000, 1)
    assert stats.kstest(samples[:, 0], distribution_function).pvalue > 1e-3


def test_ring_radii_follow_the_rice_distribution() -> None:
    rings = toy.Rings((0.5, 2.0), 0.3)
    shape = np.array([0.5, 2.0]) / 0.3
    radius = rings.sample(20_000, generator()).norm(dim=1).numpy()
    result = stats.kstest(radius, lambda r: stats.rice.cdf(r[:, None], shape, scale=0.3).mean(1))
    assert result.pvalue > 1e-3
    x = torch.randn(200, 2, generator=generator(), dtype=torch.float64)
    r = x.norm(dim=1).numpy()[:, None]
    expected = stats.rice.pdf(r, shape, scale=0.3).mean(1) / (2 * np.pi * r[:, 0])
    np.testing.assert_allclose(rings.log_density(x).exp().numpy(), expected, rtol=1e-9)


def test_ring_density_is_finite_at_the_centre_and_far_away() -> None:
    x = torch.tensor([[0.0, 0.0], [100.0, 0.0]])
    assert toy.Rings((1.0,), 0.01).log_density(x).isfinite().all()


def test_moons_lie_on_their_curves_and_follow_scikit_learn() -> None:
    bare = toy.Moons(0.0).sample(2_000, generator())
    upper = (bare.norm(dim=1) - 1).abs() + (-bare[:, 1]).clamp(min=0)
    turned = torch.tensor([1.0, 0.5]) - bare
    lower = (turned.norm(dim=1) - 1).abs() + (-turned[:, 1]).clamp(min=0)
    assert torch.minimum(upper, lower).max() < 1e-5
    assert 0.45 < (upper < lower).float().mean() < 0.55
    ours = toy.Moons(0.1).sample(5_000, generator()).numpy()
    theirs, _ = make_moons(5_000, noise=0.1, random_state=0)
    for direction in ([1, 0], [0, 1], [0.6, 0.8]):
        assert stats.ks_2samp(ours @ direction, theirs @ direction).pvalue > 1e-3
    assert not hasattr(toy.Moons(), "log_density")


def test_checkerboard_has_eight_equal_squares_and_nothing_else() -> None:
    board = toy.Checkerboard()
    samples = board.sample(16_000, generator())
    assert (board.log_density(samples) == board.log_density(samples)[0]).all()
    assert board.log_density(samples)[0].item() == pytest.approx(-math.log(32))
    squares, counts = (samples / 2).floor().unique(dim=0, return_counts=True)
    assert len(squares) == 8
    assert stats.chisquare(counts.numpy()).pvalue > 1e-3
    off = torch.tensor([[1.0, 3.0], [4.0, 0.0], [-4.1, -4.0], [math.nan, 0.0]])
    assert (board.log_density(off) == -math.inf).all()


@pytest.mark.parametrize("toys", [*PLANE.values(), MIXTURE_1D, toy.Moons()])
def test_samples_depend_on_the_generator_alone(toys: toy.GaussianMixture) -> None:
    torch.manual_seed(1)
    first = toys.sample(10, generator(7))
    torch.manual_seed(2)
    assert torch.equal(first, toys.sample(10, generator(7)))
    assert first.dtype == torch.float32
    assert not torch.equal(first, toys.sample(10, generator(8)))


@pytest.mark.parametrize(
    ("means", "scales", "weights", "message"),
    [
        ([0.0, 1.0], 1.0, None, "shape"),
        ([[0.0], [1.0]], [1.0], None, "2 means need 2 scales"),
        ([[0.0], [1.0]], 1.0, [1.0], "2 means need 2 weights"),
        ([[0.0]], 0.0, None, "positive"),
        ([[0.0]], math.nan, None, "positive"),
        ([[0.0], [1.0]], 1.0, [-1.0, 2.0], "not negative"),
        ([[0.0], [1.0]], 1.0, [0.0, 0.0], "not all zero"),
    ],
)
def test_impossible_mixtures_are_refused(means, scales, weights, message) -> None:
    with pytest.raises(CourseError, match=message):
        toy.GaussianMixture(means, scales, weights)


def test_impossible_requests_are_refused() -> None:
    for count in (0, -1, 2.5, True):
        with pytest.raises(CourseError, match="whole number"):
            toy.Moons().sample(count, generator())
    with pytest.raises(CourseError, match=r"\(N, 2\), not \(5, 3\)"):
        toy.Rings().log_density(torch.zeros(5, 3))
    with pytest.raises(CourseError, match="floating-point"):
        toy.Checkerboard().log_density(torch.zeros(5, 2, dtype=torch.int64))
    with pytest.raises(CourseError, match="ndarray"):
        MIXTURE_1D.log_density(np.zeros((5, 1)))
    with pytest.raises(CourseError, match="above 0"):
        toy.Rings(noise=0.0)
    with pytest.raises(CourseError, match="radii"):
        toy.Rings(())
    with pytest.raises(CourseError, match="at least 0"):
        toy.Moons(-0.1)
