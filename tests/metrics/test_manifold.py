"""Precision, recall, density and coverage against loops over scikit-learn's neighbours."""

import math

import numpy as np
import pytest
import torch
from sklearn.neighbors import NearestNeighbors
from torch import Tensor

from aigc_lessons.errors import CourseError
from aigc_lessons.metrics import manifold
from aigc_lessons.metrics.manifold import density_coverage, precision_recall


def draws(count: int, features: int, seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(count, features, generator=generator, dtype=torch.float64)


def inside(centres: Tensor, points: Tensor, k: int) -> np.ndarray:
    """(points, centres): whether the point lies in the ball of the centre, one pair at a time."""
    c, p = centres.numpy(), points.numpy()
    # Asked about its own points, scikit-learn counts each as its own first neighbour.
    radii = NearestNeighbors(n_neighbors=k + 1).fit(c).kneighbors(c)[0][:, k]
    return np.array([[math.dist(x, y) <= r for y, r in zip(c, radii, strict=True)] for x in p])


@pytest.mark.parametrize(("k", "rows"), [(1, 500), (3, 7), (5, 64)])
def test_all_four_equal_brute_force(monkeypatch, k, rows):
    monkeypatch.setattr(manifold, "ROWS", rows)
    real, generated = draws(60, 3, 0), 0.7 * draws(45, 3, 1) + 0.5
    forwards, backwards = inside(real, generated, k), inside(generated, real, k)
    both = precision_recall(real, generated, k)
    assert both.precision == pytest.approx(forwards.any(1).mean(), abs=1e-12)
    assert both.recall == pytest.approx(backwards.any(1).mean(), abs=1e-12)
    assert 0 < both.recall < 1 and both.recall != both.precision
    other = density_coverage(real, generated, k)
    assert other.density == pytest.approx(forwards.sum(1).mean() / k, abs=1e-12)
    assert other.coverage == pytest.approx(forwards.any(0).mean(), abs=1e-12)


def test_equal_distributions_have_density_one_and_the_coverage_of_the_formula():
    k, n, repeats = 5, 60, 60
    scores = [
        density_coverage(draws(n, 2, seed), draws(n, 2, 1000 + seed), k) for seed in range(repeats)
    ]
    expected = 1 - math.prod((n - i) / (2 * n - i) for i in range(1, k + 1))
    for found, value in (
        ([score.coverage for score in scores], expected),
        ([score.density for score in scores], 1),
    ):
        assert np.mean(found) == pytest.approx(value, abs=4 * np.std(found) / math.sqrt(repeats))


def test_equal_sets_and_sets_far_apart():
    real = draws(40, 3, 0)
    same, far = precision_recall(real, real), precision_recall(real, real + 100)
    assert (same.precision, same.recall, far.precision, far.recall) == (1, 1, 0, 0)
    assert density_coverage(real, real).coverage == 1
    far_too = density_coverage(real, real + 100)
    assert (far_too.density, far_too.coverage) == (0, 0)


def test_a_collapsed_generator_is_precise_and_recalls_only_what_it_repeats():
    real = 1000 + draws(40, 3, 0)  # far from the origin, where a matrix product would round
    collapsed = real[:1].repeat(30, 1)
    found = precision_recall(real, collapsed)
    assert (found.precision, found.recall) == (1, 1 / 40)


@pytest.mark.parametrize("measure", [precision_recall, density_coverage])
@pytest.mark.parametrize(
    ("real", "generated", "k", "message"),
    [
        (torch.zeros(5), torch.zeros(5, 2), 1, r"shape \(N, F\)"),
        (torch.randn(9, 2), torch.randn(9, 3), 1, "different networks"),
        (torch.randn(9, 2), torch.full((9, 2), math.nan), 1, "NaN or infinity"),
        (torch.randn(9, 2), torch.randn(3, 2), 3, "3 generated ones"),
        (torch.randn(3, 2), torch.randn(9, 2), 3, "3 real ones"),
        (torch.randn(9, 2), torch.randn(9, 2), 0, "at least 1"),
    ],
)
def test_bad_input_is_refused(measure, real, generated, k, message):
    with pytest.raises(CourseError, match=message):
        measure(real, generated, k)
