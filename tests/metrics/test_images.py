"""KID, classifier score, modes, components and copies: closed forms, torchmetrics, scikit-learn."""

import math

import numpy as np
import pytest
import torch
from scipy import stats
from sklearn.neighbors import NearestNeighbors
from torch import Tensor
from torchmetrics.image.kid import KernelInceptionDistance, poly_mmd

from aigc_lessons.data.toy import GaussianMixture, grid
from aigc_lessons.errors import CourseError
from aigc_lessons.metrics.copies import nearest_training_distance
from aigc_lessons.metrics.images import (
    class_shares,
    classifier_score,
    kid,
    modes_covered,
    polynomial_mmd,
)
from aigc_lessons.metrics.toy import component_coverage


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def draws(*shape: int, seed: int) -> Tensor:
    return torch.randn(*shape, generator=generator(seed), dtype=torch.float64)


class Flat(torch.nn.Module):
    num_features = 12

    def forward(self, images: Tensor) -> Tensor:
        return images.flatten(1)


@pytest.mark.filterwarnings("ignore:Metric `Kernel")
def test_kernel_distance_equals_torchmetrics_on_equal_sets():
    a, b = draws(200, 12, seed=0), 1.2 * draws(200, 12, seed=1) + 0.3
    reference = KernelInceptionDistance(feature=Flat(), subsets=1, subset_size=200, normalize=True)
    reference.set_dtype(torch.float64)
    reference.inception = Flat()
    reference.update(a.view(-1, 3, 2, 2), real=True)
    reference.update(b.view(-1, 3, 2, 2), real=False)
    assert polynomial_mmd(a, b) == pytest.approx(float(reference.compute()[0]), rel=1e-4)


def test_kid_is_the_mean_over_subsets_that_share_no_sample():
    a, b = draws(400, 12, seed=2), draws(380, 12, seed=3) + 0.2
    ours = kid(a, b, subset_size=90, subsets=4, generator=generator(7))
    same = generator(7)
    orders = [torch.randperm(len(x), generator=same)[:360].view(4, 90) for x in (a, b)]
    values = [float(poly_mmd(a[i], b[j])) for i, j in zip(*orders, strict=True)]
    assert ours.mean == pytest.approx(np.mean(values), rel=1e-4)
    assert ours.standard_error == pytest.approx(np.std(values, ddof=1) / 2, rel=1e-4)


def test_kernel_distance_of_unequal_sets_is_the_double_sum():
    a, b = draws(5, 3, seed=4).numpy(), draws(7, 3, seed=5).numpy()

    def k(x: np.ndarray, y: np.ndarray) -> float:
        return float((x @ y / 3 + 1) ** 3)

    within = [
        np.mean([k(x[i], x[j]) for i in range(len(x)) for j in range(len(x)) if i != j])
        for x in (a, b)
    ]
    expected = sum(within) - 2 * np.mean([k(x, y) for x in a for y in b])
    assert polynomial_mmd(torch.tensor(a), torch.tensor(b)) == pytest.approx(expected, rel=1e-10)


def test_kid_of_equal_distributions_is_zero_within_its_standard_error():
    scores = []
    for seed in range(60):
        a, b = draws(200, 4, seed=100 + seed), draws(200, 4, seed=300 + seed)
        estimate = kid(a, b, subset_size=25, subsets=8, generator=generator(seed))
        scores.append(estimate.mean / estimate.standard_error)
    # Student's t with 7 degrees of freedom has variance 7/5; overlapping subsets would be far off.
    assert abs(np.mean(scores)) < 4 * math.sqrt(1.4 / 60)
    assert 0.6 < np.std(scores) < 2
    shifted = kid(a, b + 1, subset_size=25, subsets=8, generator=generator())
    assert shifted.mean > 4 * shifted.standard_error


def test_a_small_estimate_shows_its_error():
    a, b = draws(200, 4, seed=8) / 10, draws(200, 4, seed=9) / 10
    estimate = kid(a, b, subset_size=25, subsets=8, generator=generator())
    shown = str(estimate).split(" ± ")
    assert estimate.standard_error < 0.01
    assert float(shown[1]) == pytest.approx(estimate.standard_error, rel=0.5)


@pytest.mark.parametrize(
    ("a", "b", "sizes", "message"),
    [
        (torch.zeros(30), torch.zeros(30, 2), (5, 5), r"shape \(N, F\)"),
        (torch.zeros(30, 2), torch.zeros(30, 3), (5, 5), "different networks"),
        (torch.zeros(30, 2), torch.full((30, 2), math.inf), (5, 5), "NaN or infinity"),
        (torch.zeros(30, 2), torch.zeros(24, 2), (5, 5), "need 25 samples"),
        (torch.zeros(30, 2), torch.zeros(30, 2), (1, 5), "subset_size must be"),
        (torch.zeros(30, 2), torch.zeros(30, 2), (5, 1), "subsets must be"),
    ],
)
def test_kid_refuses(a, b, sizes, message):
    with pytest.raises(CourseError, match=message):
        kid(a, b, *sizes, generator=generator())


def test_classifier_score_from_one_to_the_number_of_classes():
    certain = 1000 * torch.eye(7).repeat(3, 1)
    assert classifier_score(certain) == pytest.approx(7, rel=1e-9)
    assert classifier_score(certain[[2, 2, 2]]) == pytest.approx(1, rel=1e-9)
    assert classifier_score(torch.zeros(4, 7)) == pytest.approx(1, rel=1e-9)
    assert classifier_score(draws(1, 7, seed=0).repeat(5, 1)) == pytest.approx(1, rel=1e-9)


def test_classifier_score_equals_the_mean_divergence():
    logits = 2 * draws(50, 6, seed=1)
    conditional = logits.softmax(1).numpy()
    divergences = [stats.entropy(row, conditional.mean(0)) for row in conditional]
    assert classifier_score(logits) == pytest.approx(math.exp(np.mean(divergences)), rel=1e-9)


@pytest.mark.parametrize(
    ("logits", "message"),
    [
        (torch.zeros(5), r"shape \(N, F\)"),
        (torch.zeros(1, 5), "at least 2"),
        (torch.full((3, 2), math.nan), "NaN or infinity"),
    ],
)
def test_classifier_score_refuses(logits, message):
    with pytest.raises(CourseError, match=message):
        classifier_score(logits)


def test_classes_are_shared_out_and_counted():
    predicted = torch.tensor([0] * 90 + [2] * 9 + [3])
    shares = class_shares(predicted, 5)
    assert shares.tolist() == pytest.approx([0.9, 0, 0.09, 0.01, 0])
    assert modes_covered(predicted, 5) == 3
    assert modes_covered(predicted, 5, least=0.02) == 2
    assert modes_covered(predicted, 5, least=1) == 0


@pytest.mark.parametrize(
    ("predicted", "least", "message"),
    [
        (torch.tensor([0.0, 1.0]), 0.1, "argmax"),
        (torch.zeros(2, 3, dtype=torch.long), 0.1, "row of integers"),
        (torch.tensor([], dtype=torch.long), 0.1, "row of integers"),
        (torch.tensor([0, 3]), 0.1, "from 0 to 2"),
        (torch.tensor([-1, 2]), 0.1, "from -1 to 2"),
        (torch.tensor([0, 2]), 0.0, "above 0 and at most 1"),
        (torch.tensor([0, 2]), 1.5, "above 0 and at most 1"),
    ],
)
def test_modes_covered_refuses(predicted, least, message):
    with pytest.raises(CourseError, match=message):
        modes_covered(predicted, 3, least)


def test_true_samples_of_a_grid_reach_the_closed_form():
    mixture = grid()
    found = component_coverage(mixture.sample(20_000, generator()), mixture.means, mixture.scales)
    expected = stats.chi2.cdf(9, df=2)
    assert (found.covered, found.components) == (25, 25)
    assert found.high_quality == pytest.approx(expected, abs=4 * math.sqrt(0.011 / 20_000))
    assert float(found.shares.sum()) == pytest.approx(found.high_quality)
    collapsed = component_coverage(mixture.means[:3].repeat(10, 1), mixture.means, 0.1)
    assert (collapsed.covered, collapsed.high_quality) == (3, 1)
    between = component_coverage(torch.ones(9, 2), mixture.means, 0.1)
    assert (between.covered, between.high_quality) == (0, 0)


def test_the_nearest_component_is_measured_in_its_own_standard_deviations():
    mixture = GaussianMixture([[0.0, 0.0], [4.0, 0.0]], [1.0, 0.1])
    found = component_coverage(torch.tensor([[2.9, 0.0]]), mixture.means, mixture.scales)
    assert found.shares.tolist() == [1, 0]


@pytest.mark.parametrize(
    ("samples", "scales", "message"),
    [
        (torch.zeros(4), 0.1, r"samples of shape \(N, F\)"),
        (torch.zeros(4, 3), 0.1, "3 dimensions"),
        (torch.full((4, 2), math.nan), 0.1, "NaN or infinity"),
        (torch.zeros(4, 2), 0.0, "positive scale"),
        (torch.zeros(4, 2), torch.ones(3), "positive scale"),
    ],
)
def test_component_coverage_refuses(samples, scales, message):
    with pytest.raises(CourseError, match=message):
        component_coverage(samples, torch.zeros(2, 2), scales)


def test_nearest_training_pictures_equal_those_of_scikit_learn(monkeypatch):
    monkeypatch.setattr("aigc_lessons.metrics.copies.ROWS", 16)
    training, generated, held_out = (
        torch.rand(n, 1, 4, 4, generator=generator(n)) for n in (300, 70, 110)
    )
    found = nearest_training_distance(generated, training, held_out)
    search = NearestNeighbors(n_neighbors=1).fit(training.flatten(1).numpy())
    distances, nearest = search.kneighbors(generated.flatten(1).numpy())
    assert found.nearest.tolist() == nearest[:, 0].tolist()
    assert np.allclose(found.distances, distances[:, 0], rtol=1e-5)
    reference = search.kneighbors(held_out.flatten(1).numpy())[0][:, 0]
    assert np.allclose(found.reference, reference, rtol=1e-5)
    assert found.median == pytest.approx(np.median(distances), rel=1e-5)
    assert found.reference_median == pytest.approx(np.median(reference), rel=1e-5)
    u = stats.mannwhitneyu(reference, distances[:, 0]).statistic
    assert found.probability_closer == pytest.approx(u / (70 * 110), abs=1e-9)
    closer = np.mean(distances[:, 0] < np.quantile(reference, 0.01))
    assert found.share_closer == pytest.approx(closer)


def test_copies_are_found_and_fresh_pictures_are_not():
    training, fresh, held_out = (
        torch.rand(n, 1, 4, 4, generator=generator(n)) for n in (500, 2000, 2001)
    )
    honest = nearest_training_distance(fresh, training, held_out)
    assert honest.probability_closer == pytest.approx(0.5, abs=4 * math.sqrt(1 / 24_000))
    assert honest.share_closer < 0.02
    copies = nearest_training_distance(training[:50], training, held_out)
    assert copies.distances.tolist() == [0] * 50
    assert copies.nearest.tolist() == list(range(50))
    assert (copies.share_closer, copies.probability_closer) == (1, 1)


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        (((5, 1, 4, 4), (9, 1, 4, 4), (99, 1, 4, 4)), "99 held-out pictures are too few"),
        (((5, 1, 4, 5), (9, 1, 4, 4), (100, 1, 4, 4)), "generated pictures have shape"),
        (((5, 1, 4, 4), (9, 1, 4, 4), (100, 4, 4)), "held-out pictures have shape"),
        (((0, 1, 4, 4), (9, 1, 4, 4), (100, 1, 4, 4)), "at least one"),
    ],
)
def test_nearest_training_distance_refuses_shapes(shapes, message):
    with pytest.raises(CourseError, match=message):
        nearest_training_distance(*(torch.zeros(*shape) for shape in shapes))


def test_nearest_training_distance_refuses_nan():
    held_out = torch.zeros(100, 1, 2, 2)
    with pytest.raises(CourseError, match="NaN or infinity in the generated"):
        nearest_training_distance(held_out / 0, held_out, held_out)
