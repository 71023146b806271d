"""How much of a known mixture in a few dimensions a generator covers."""

from dataclasses import dataclass

import torch
from torch import Tensor

from aigc_lessons.errors import CourseError
from aigc_lessons.metrics.inputs import check_points, check_share

NEAR = 3.0  # standard deviations


@dataclass(frozen=True, eq=False)
class ComponentCoverage:
    """What a set of samples covers of a mixture.

    Attributes:
        covered: the number of components covered.
        components: the number of components there are.
        high_quality: share of the samples within 3 standard deviations of a component.
        shares: (K,), share of all samples that are of high quality and nearest to the component.
    """

    covered: int
    components: int
    high_quality: float
    shares: Tensor


def component_coverage(
    samples: Tensor, means: Tensor, scales: Tensor | float, least: float = 0.01
) -> ComponentCoverage:
    """Count the components of a mixture of round Gaussians that samples cover.

    A sample belongs to the component that is nearest, measured in that component's standard
    deviations, and is of high quality within 3 of them. A component is covered if at least the
    share ``least`` of all samples are of high quality and belong to it.

    Covered components: a count from 0 to K, higher is better. High-quality share: no unit, 0 to 1,
    higher is better; samples of the mixture itself reach P(chi^2_D <= 9), which is 0.989 in two
    dimensions, and a bit more where components overlap. A generator that never leaves the means
    scores higher still, so read the share beside that of true samples.

    Args:
        samples: (N, D).
        means: (K, D), for example ``GaussianMixture.means``.
        scales: (K,), the standard deviations, or one for all.
        least: the share that counts as covered. The paper counts a single sample; a larger share
            keeps a stray one from counting.

    Raises:
        CourseError: shapes do not fit, values are not finite, a scale is not positive, or ``least``
            is no share.

    Source: Srivastava et al. (2017).
    """
    check_points("Component coverage", "samples", samples, at_least=1)
    check_points("Component coverage", "means", means, at_least=1)
    check_share("least", least)
    if samples.shape[1] != means.shape[1]:
        raise CourseError(
            f"The samples have {samples.shape[1]} dimensions and the means {means.shape[1]}."
        )
    deviations = torch.as_tensor(scales, dtype=torch.float64, device=samples.device)
    if deviations.shape not in ((), (len(means),)) or not bool((deviations > 0).all()):
        raise CourseError(
            f"{len(means)} means need one positive scale, or {len(means)} of them, not {scales}."
        )
    distances = torch.cdist(samples.double(), means.to(samples.device).double())  # (N, K)
    nearest, component = (distances / deviations).min(1)
    good = nearest <= NEAR
    shares = component[good].bincount(minlength=len(means)).double() / len(samples)
    covered = int((shares >= least).sum())
    return ComponentCoverage(covered, len(means), float(good.double().mean()), shares)
