"""How far a set of pictures is from another: the Fréchet distance of their features."""

import warnings
from collections.abc import Callable

import torch
from torch import Tensor

from aigc_lessons.errors import CourseError

FeatureNetwork = Callable[[Tensor], Tensor]  # images (N, C, H, W) -> features (N, F)


@torch.no_grad()
def extract_features(network: FeatureNetwork, images: Tensor, batch_size: int = 50) -> Tensor:
    """Run the feature network over all images.

    Returns:
        (N, F), 64 bits, on the CPU.
    """
    return torch.cat([network(batch).cpu().double() for batch in images.split(batch_size)])


def frechet_distance(
    mean_a: Tensor, covariance_a: Tensor, mean_b: Tensor, covariance_b: Tensor
) -> float:
    """The squared Fréchet (2-Wasserstein) distance of two Gaussians.

    |m_a - m_b|^2 + tr(C_a + C_b - 2 (C_a C_b)^(1/2)), where the trace of the square root is the sum
    of the square roots of the eigenvalues of C_a C_b: real and non-negative, since the product is
    similar to C_a^(1/2) C_b C_a^(1/2).

    Args:
        mean_a: (F,), like mean_b.
        covariance_a: (F, F), symmetric and positive semi-definite, like covariance_b.
        mean_b: see mean_a.
        covariance_b: see covariance_a.

    Source: Dowson and Landau (1982).
    """
    eigenvalues = torch.linalg.eigvals(covariance_a @ covariance_b).real.clamp(min=0)
    trace = covariance_a.trace() + covariance_b.trace() - 2 * eigenvalues.sqrt().sum()
    return float((mean_a - mean_b).square().sum() + trace)


def fid(features_a: Tensor, features_b: Tensor) -> float:
    """The Fréchet distance of two sets of features, each seen as a Gaussian.

    It has no unit, is 0 for equal sets and grows with the distance. Finite sets bias it upwards,
    so compare scores of equally many samples only, on one feature network, and read each beside
    its floor: the score of real data against other real data.

    Args:
        features_a: (N, F), as :func:`extract_features` makes them.
        features_b: (M, F).

    Raises:
        CourseError: shapes do not fit, values are not finite, or there are fewer than two samples.

    Source: Heusel et al. (2017).
    """
    for name, features in (("first", features_a), ("second", features_b)):
        if features.dim() != 2 or len(features) < 2:
            raise CourseError(
                f"FID needs features of shape (N, F) with N of at least 2; the {name} set has "
                f"shape {tuple(features.shape)}."
            )
        if not bool(features.isfinite().all()):
            raise CourseError(f"The {name} set of features holds NaN or infinity; look upstream.")
        if len(features) <= features.shape[1]:
            warnings.warn(
                f"FID on {len(features)} samples of {features.shape[1]} features: the covariance "
                "is singular and the score far too noisy. Use several times more samples.",
                UserWarning,
                stacklevel=2,
            )
    if features_a.shape[1] != features_b.shape[1]:
        raise CourseError(
            f"The sets have {features_a.shape[1]} and {features_b.shape[1]} features: they come "
            "from different networks and cannot be compared."
        )
    a, b = features_a.double(), features_b.double()
    return frechet_distance(a.mean(0), torch.cov(a.T), b.mean(0), torch.cov(b.T))
