"""Fidelity and diversity told apart: which samples lie inside balls around other samples.

All distances are Euclidean, between features that one network computed, and in 64 bits. They are
taken a few rows at a time, so memory grows with the number of samples and not with its square.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from aigc_lessons.errors import CourseError, count
from aigc_lessons.metrics.inputs import check_features

ROWS = 500  # rows of distances at once: 20 MB for 5,000 samples


@dataclass(frozen=True)
class PrecisionRecall:
    """Two shares between 0 and 1; higher is better."""

    precision: float
    recall: float


@dataclass(frozen=True)
class DensityCoverage:
    """Density, from 0 up and about 1 for equal distributions, and coverage, between 0 and 1."""

    density: float
    coverage: float


def _distances(rows: Tensor, points: Tensor) -> Tensor:
    # The faster way, by a matrix product, would not give two equal points the distance 0.
    return torch.cdist(rows, points, compute_mode="donot_use_mm_for_euclid_dist")


def _radii(points: Tensor, k: int) -> Tensor:
    """Return the distance of each point to its k-th nearest other point, (N,)."""
    # Each point is its own nearest, at distance 0.
    return torch.cat([_distances(r, points).kthvalue(k + 1).values for r in points.split(ROWS)])


def _checked(measure: str, real: Tensor, generated: Tensor, k: int) -> tuple[Tensor, Tensor]:
    count(k, "k, the number of neighbours,")
    check_features(measure, real, generated)
    for name, points in (("real", real), ("generated", generated)):
        if len(points) <= k:
            raise CourseError(
                f"{measure} with k = {k} needs more than {k} samples of each kind; there are "
                f"{len(points)} {name} ones. Give more samples or a smaller k."
            )
    return real.double(), generated.double()


def precision_recall(real: Tensor, generated: Tensor, k: int = 3) -> PrecisionRecall:
    """The improved precision and recall of a generator.

    Around each real sample stands a ball that just reaches its k-th nearest real neighbour; the
    union of the balls stands for the real data. Precision is the share of generated samples inside
    it. Recall is the same with the roles exchanged: the share of real samples inside the balls of
    the generated ones.

    No unit; 0 to 1; higher is better. The ceiling is what other real data score against the same
    real data, and lies below 1. One outlier with a large ball raises the score, and so do more
    samples: compare equally many only, on one network.

    Args:
        real: (N, F), N above k.
        generated: (M, F), M above k; M = N is the usual choice.
        k: the neighbour that sets the radius; the paper takes 3.

    Raises:
        CourseError: shapes do not fit, values are not finite, or there are not more than k samples.

    Source: Kynkäänniemi et al. (2019).
    """
    real, generated = _checked("Precision and recall", real, generated, k)
    real_radii, generated_radii = _radii(real, k), _radii(generated, k)
    precise = 0
    recalled = torch.zeros(len(real), dtype=torch.bool, device=real.device)
    for rows, radii in zip(generated.split(ROWS), generated_radii.split(ROWS), strict=True):
        distances = _distances(rows, real)  # (rows, N)
        precise += int((distances <= real_radii).any(1).sum())
        recalled |= (distances <= radii[:, None]).any(0)
    return PrecisionRecall(precise / len(generated), float(recalled.double().mean()))


def density_coverage(real: Tensor, generated: Tensor, k: int = 5) -> DensityCoverage:
    """Density and coverage of a generator, which outliers disturb less than precision and recall.

    The balls are those of the real samples in :func:`precision_recall`. Density counts in how many
    of them a generated sample lies, on average, divided by k. Coverage is the share of the balls
    that hold at least one generated sample.

    No unit; higher is better. Density starts at 0, has no upper end and an expected value of 1 for
    equal distributions. Coverage lies between 0 and 1; for N = M samples of equal distributions it
    is expected to be 1 - (N-1)...(N-k) / ((2N-1)...(2N-k)), which tends to 1 - 2^-k: 0.969 for
    k = 5.

    Args:
        real: (N, F), N above k.
        generated: (M, F), M above k.
        k: the neighbour that sets the radius; the paper takes 5.

    Raises:
        CourseError: shapes do not fit, values are not finite, or there are not more than k samples.

    Source: Naeem et al. (2020).
    """
    real, generated = _checked("Density and coverage", real, generated, k)
    radii = _radii(real, k)
    inside = 0
    covered = torch.zeros(len(real), dtype=torch.bool, device=real.device)
    for rows in generated.split(ROWS):
        hits = _distances(rows, real) <= radii  # (rows, N)
        inside += int(hits.sum())
        covered |= hits.any(0)
    return DensityCoverage(inside / (k * len(generated)), float(covered.double().mean()))
