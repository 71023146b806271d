"""Measures of pictures through the eyes of a network: FID, KID, classifier score, modes covered.

The caller passes the network in, and values can be compared on this one network only.
"""

import math
import warnings
from collections.abc import Callable

import torch
from torch import Tensor

from aigc_lessons.errors import CourseError, count
from aigc_lessons.metrics.inputs import check_features, check_points, check_share
from aigc_lessons.metrics.likelihood import Estimate

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
    check_features("FID", features_a, features_b)
    for features in (features_a, features_b):
        if len(features) <= features.shape[1]:
            warnings.warn(
                f"FID on {len(features)} samples of {features.shape[1]} features: the covariance "
                "is singular and the score far too noisy. Use several times more samples.",
                UserWarning,
                stacklevel=2,
            )
    a, b = features_a.double(), features_b.double()
    return frechet_distance(a.mean(0), torch.cov(a.T), b.mean(0), torch.cov(b.T))


def polynomial_mmd(features_a: Tensor, features_b: Tensor) -> float:
    """The unbiased estimate of the squared maximum mean discrepancy, kernel (x·y / F + 1)^3.

    No unit; expected to be 0 for equal distributions, around which it may be negative; lower is
    better.

    Args:
        features_a: (N, F), N at least 2.
        features_b: (M, F), M at least 2.

    Raises:
        CourseError: shapes do not fit, values are not finite, or there are fewer than two samples.

    Source: Bińkowski et al. (2018).
    """
    check_features("The maximum mean discrepancy", features_a, features_b)
    a, b = features_a.double(), features_b.double()

    def kernel(x: Tensor, y: Tensor) -> Tensor:
        return (x @ y.T / x.shape[1] + 1) ** 3

    def mean_of_pairs(x: Tensor) -> Tensor:
        # A sample paired with itself would bias the estimate.
        values = kernel(x, x)
        return (values.sum() - values.trace()) / (len(x) * (len(x) - 1))

    return float(mean_of_pairs(a) + mean_of_pairs(b) - 2 * kernel(a, b).mean())


def kid(
    features_a: Tensor,
    features_b: Tensor,
    subset_size: int = 500,
    subsets: int = 10,
    *,
    generator: torch.Generator,
) -> Estimate:
    """The kernel distance of two sets of features, with its standard error.

    It is the mean of :func:`polynomial_mmd` over subsets. No unit; lower is better. Unlike FID it
    is unbiased for any number of samples: the floor is 0, which real data against other real data
    reach within the standard error, and a value below 0 is noise.

    The subsets share no sample, so that they are independent and the standard error is one. The
    paper draws subsets that overlap: the same mean, and an error that looks smaller than it is.

    Args:
        features_a: (N, F), N at least ``subset_size * subsets``.
        features_b: (M, F), M as large.
        subset_size: samples of each set in a subset.
        subsets: their number, at least 2.
        generator: chooses the subsets.

    Raises:
        CourseError: shapes do not fit, values are not finite, or there are too few samples.

    Source: Bińkowski et al. (2018).
    """
    needed = count(subset_size, "subset_size", 2) * count(subsets, "subsets", 2)
    check_features("KID", features_a, features_b)
    fewest = min(len(features_a), len(features_b))
    if fewest < needed:
        raise CourseError(
            f"{subsets} subsets of {subset_size} samples need {needed} samples of each kind and "
            f"there are {fewest}. Use smaller subsets or fewer of them."
        )
    parts = [
        features[torch.randperm(len(features), generator=generator)[:needed]].split(subset_size)
        for features in (features_a, features_b)
    ]
    values = [polynomial_mmd(a, b) for a, b in zip(*parts, strict=True)]
    return Estimate.of(torch.tensor(values, dtype=torch.float64))


def classifier_score(logits: Tensor) -> float:
    """exp of the mean KL(p(y|x) || p(y)): sure of each picture, unsure of all of them together.

    With the Inception network as classifier it is the Inception score. Any other has another scale,
    hence the other name. No unit; from 1 (all predictions equal) to the number of classes (each
    certain, all classes equally often); higher is better. The ceiling is what real data score. It
    never sees real data: one perfect picture per class gets the highest score.

    Args:
        logits: (N, K), those of the classifier for the generated pictures.

    Raises:
        CourseError: the shape does not fit, or values are not finite.

    Source: Salimans et al. (2016).
    """
    check_points("The classifier score", "logits", logits)
    log_conditional = logits.double().log_softmax(1)
    conditional = log_conditional.exp()
    log_marginal = log_conditional.logsumexp(0) - math.log(len(logits))  # p(y) = mean of p(y|x)
    return float((conditional * (log_conditional - log_marginal)).sum(1).mean().exp())


def class_shares(predicted: Tensor, classes: int) -> Tensor:
    """The share of each class among predicted labels.

    No unit; each 0 to 1, together 1. Hold them against the shares that the same classifier finds in
    real data.

    Args:
        predicted: (N,), integers from 0 to ``classes - 1``.
        classes: K.

    Returns:
        (K,), 64 bits.

    Raises:
        CourseError: the labels are not a row of such integers.
    """
    count(classes, "classes")
    whole = not (predicted.is_floating_point() or predicted.is_complex())
    if predicted.dim() != 1 or len(predicted) < 1 or not whole:
        raise CourseError(
            f"Predicted labels are a row of integers, (N,), not {predicted.dtype} of shape "
            f"{tuple(predicted.shape)}. Take the argmax of the logits."
        )
    if int(predicted.min()) < 0 or int(predicted.max()) >= classes:
        raise CourseError(
            f"Labels of {classes} classes go from 0 to {classes - 1}; these go from "
            f"{int(predicted.min())} to {int(predicted.max())}."
        )
    return predicted.long().bincount(minlength=classes).double() / len(predicted)


def modes_covered(predicted: Tensor, classes: int, least: float = 0.01) -> int:
    """The number of classes that have at least the share ``least`` of the samples.

    A count from 0 to ``classes``; higher is better; the ceiling is what real data score. A share
    is asked for, and not one sample as in the paper, because a classifier that errs now and then
    finds every class everywhere.

    Args:
        predicted: see :func:`class_shares`.
        classes: see there.
        least: above 0 and at most 1; say it beside the score.

    Raises:
        CourseError: see :func:`class_shares`; or ``least`` is no share.

    Source: Srivastava et al. (2017).
    """
    check_share("least", least)
    return int((class_shares(predicted, classes) >= least).sum())
