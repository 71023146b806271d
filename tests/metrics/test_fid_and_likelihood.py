"""Measures against closed forms and against torchmetrics."""

import warnings

import numpy as np
import pytest
import scipy.linalg
import torch
from torch import Tensor, nn
from torchmetrics.image.fid import FrechetInceptionDistance

from aigc_lessons.errors import CourseError
from aigc_lessons.metrics.images import extract_features, fid, frechet_distance
from aigc_lessons.metrics.likelihood import Estimate, importance_weighted_bound, likelihood_bounds


def draws(count: int, features: int, seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(count, features, generator=generator, dtype=torch.float64)


def test_frechet_distance_of_diagonal_gaussians_has_a_closed_form() -> None:
    mean = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64)
    a, b = torch.tensor([[4.0, 1.0, 0.25], [1.0, 9.0, 0.25]], dtype=torch.float64)
    expected = mean.square().sum() + (a.sqrt() - b.sqrt()).square().sum()
    ours = frechet_distance(mean, a.diag(), torch.zeros(3, dtype=torch.float64), b.diag())
    assert ours == pytest.approx(expected.item(), rel=1e-10)


def test_frechet_distance_equals_the_matrix_square_root() -> None:
    root_a, root_b = draws(6, 6, 0), draws(6, 6, 1)
    a, b = root_a @ root_a.T, root_b @ root_b.T
    zero = torch.zeros(6, dtype=torch.float64)
    square_root = np.real(scipy.linalg.sqrtm(a.numpy() @ b.numpy()))
    expected = float(np.trace(a.numpy() + b.numpy() - 2 * square_root))
    assert frechet_distance(zero, a, zero, b) == pytest.approx(expected, rel=1e-8)


class Flat(nn.Module):
    """The identity as a feature network, so that torchmetrics measures the same features."""

    num_features = 12

    def forward(self, images: Tensor) -> Tensor:
        return images.flatten(1)


def test_fid_equals_torchmetrics() -> None:
    a, b = draws(400, 12, 2), 1.3 * draws(300, 12, 3) + 0.4
    reference = FrechetInceptionDistance(feature=Flat(), normalize=True)
    reference.set_dtype(torch.float64)
    reference.inception = Flat()
    reference.update(a.view(-1, 3, 2, 2), real=True)
    reference.update(b.view(-1, 3, 2, 2), real=False)
    assert fid(a, b) == pytest.approx(float(reference.compute()), rel=1e-4)


def test_fid_of_a_shift_is_its_squared_length_and_zero_for_equal_sets() -> None:
    a = draws(500, 5, 4)
    assert fid(a, a) == pytest.approx(0, abs=1e-6)
    shift = torch.tensor([1.0, 2.0, 0.0, 0.0, 2.0], dtype=torch.float64)
    assert fid(a, a + shift) == pytest.approx(9.0, rel=1e-6)
    assert fid(a, a + shift) == pytest.approx(fid(a + shift, a), rel=1e-9)


def test_fid_warns_when_there_are_fewer_samples_than_features() -> None:
    with pytest.warns(UserWarning, match="covariance is singular"):
        fid(draws(8, 10, 0), draws(100, 10, 1))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fid(draws(50, 10, 0), draws(50, 10, 1))


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        (torch.zeros(5), torch.zeros(5, 2), "shape \\(N, F\\)"),
        (torch.zeros(1, 2), torch.zeros(5, 2), "N of at least 2"),
        (torch.randn(9, 2), torch.randn(9, 3), "different networks"),
        (torch.full((9, 2), torch.nan), torch.randn(9, 2), "NaN or infinity"),
    ],
)
def test_fid_refuses_what_it_cannot_measure(a: Tensor, b: Tensor, message: str) -> None:
    with pytest.raises(CourseError, match=message):
        fid(a, b)


def test_features_are_the_same_in_batches_and_at_once() -> None:
    network = nn.Sequential(nn.Flatten(), nn.Linear(16, 3))
    images = torch.rand(23, 1, 4, 4)
    whole = extract_features(network, images)
    assert torch.allclose(extract_features(network, images, batch_size=5), whole)
    assert whole.dtype == torch.float64


def test_estimate_is_mean_and_standard_error() -> None:
    values = torch.tensor([1.0, 2.0, 3.0, 6.0])
    estimate = Estimate.of(values)
    assert estimate.mean == 3
    assert estimate.standard_error == pytest.approx(np.std(values.numpy(), ddof=1) / 2)
    assert str(estimate) == "3.00 ± 1.08"
    with pytest.raises(CourseError, match="two or more"):
        Estimate.of(values[:1])


def test_importance_weighted_bound_of_known_weights() -> None:
    log_weights = torch.tensor([[0.0, -1000.0], [float(np.log(3.0)), -1000.0]])
    expected = torch.tensor([float(np.log(2.0)), -1000.0])
    assert torch.allclose(importance_weighted_bound(log_weights), expected)


def test_likelihood_bounds_are_repeatable_and_leave_the_random_state_alone() -> None:
    def log_weights(images: Tensor, count: int) -> Tensor:
        return torch.randn(count, len(images)) - 3

    images = torch.ones(30, 1, 2, 2)
    torch.manual_seed(7)
    expected = torch.rand(1)
    torch.manual_seed(7)
    first = likelihood_bounds(log_weights, images, draws=25, batch_size=7)
    assert torch.equal(torch.rand(1), expected)
    assert first == likelihood_bounds(log_weights, images, draws=25, batch_size=7)
    assert first.negative_importance_weighted.mean < first.negative_elbo.mean
    # log E[w] of these log-normal weights is -3 + 1/2
    assert first.negative_importance_weighted.mean == pytest.approx(2.5, abs=0.15)


@pytest.mark.parametrize(
    ("images", "draws_", "message"),
    [
        (torch.full((4, 1, 2, 2), 0.5), 1, "zeros and ones"),
        (torch.ones(4, 1, 2, 2), 0, "at least 1"),
        (torch.ones(1, 1, 2, 2), 1, "two or more"),
    ],
)
def test_likelihood_bounds_refuse(images: Tensor, draws_: int, message: str) -> None:
    with pytest.raises(CourseError, match=message):
        likelihood_bounds(lambda x, k: torch.zeros(k, len(x)), images, draws=draws_)
