"""What mirrored digits among its training digits do to a generator: to its likelihood, its samples.

The generator is the mixture of Gaussians of chapter 1, with groups found by k-means. It learns from
digits as they are, with one turned copy of each, or with one mirrored copy of each. Pseudo-images
and resolution are chosen by the likelihood of 500 validation digits, never changed.
"""

from itertools import product

import torch
from torch import Tensor

from aigc_lessons.data.augmentation import CHANGES
from aigc_lessons.data.images import mnist
from aigc_lessons.errors import CourseError
from aigc_lessons.experiments import Experiment
from aigc_lessons.small_trainings import gaussian_mixtures as gaussian

COPIES = {"as they are": None, "turned": "turned", "mirrored": "flipped"}
SIZES = (1000, 3000)
CASES = tuple(f"{size} digits, {copies}" for size in SIZES for copies in COPIES)
GROUPS, SAMPLES, CONTRAST = 30, 1000, 4
PSEUDO_IMAGES, RESOLUTIONS = (10, 30, 100), (4, 8)


def share_mirrored(pictures: Tensor, upright: Tensor) -> float:
    """Return the share of pictures (M, D) that are nearer to a mirrored digit than to an upright.

    Args:
        pictures: rows of pixels.
        upright: digits (N, 1, H, W); the mirrored ones are made of them.
    """
    both = torch.cat([upright, upright.flip(-1)]).flatten(1)
    nearest = torch.cdist(pictures.flatten(1), both).argmin(1)
    return float((nearest >= len(upright)).double().mean())


def train(pictures: Tensor, validation: Tensor, seed: int) -> gaussian.Mixture:
    """Fit the mixture with each setting; return the one that the validation digits cost least."""
    x, x_validation = gaussian.dequantise(pictures, seed), gaussian.dequantise(validation, 1)
    groups = gaussian.k_means(x, GROUPS, seed)
    models = (
        gaussian.fit(x, groups, gaussian.target_covariance(x, resolution), amount)
        for resolution, amount in product(RESOLUTIONS, PSEUDO_IMAGES)
    )
    cost = gaussian.negative_log_likelihood
    return min(models, key=lambda model: float(cost(model, x_validation).mean()))


def measure(case: str, seed: int) -> dict[str, float]:
    """Measure one case with one seed, which draws the digits, their changes and the samples.

    Returns:
        "upright" and "in the mirror": nats per image of the held-out thousand; "samples mirrored"
        and "real digits mirrored", shares in percent.

    Raises:
        CourseError: there is no such case.
    """
    if case not in CASES:
        raise CourseError(f"There is no case {case!r}. There are: {', '.join(CASES)}.")
    count, _, copies = case.replace(" digits", "").partition(", ")
    generator = torch.Generator().manual_seed(seed)
    tuning, validation, test = (mnist(split) for split in ("tuning", "validation", "held-out"))
    few = tuning.images[torch.randperm(len(tuning), generator=generator)[: int(count)]]
    change = COPIES[copies]
    more = [] if change is None else [CHANGES[change](few, generator)]
    model = train(torch.cat([few, *more]), validation.images[::2], seed)
    costs = {
        name: gaussian.negative_log_likelihood(model, gaussian.dequantise(pictures, 2)).mean()
        for name, pictures in (
            ("upright", test.images),
            ("in the mirror", test.images.flip(-1)),
        )
    }
    drawn = gaussian.contrast(gaussian.sample(model, SAMPLES, 100 + seed), CONTRAST)
    return {name: float(cost) for name, cost in costs.items()} | {
        "samples mirrored": 100 * share_mirrored(drawn, few),
        "real digits mirrored": 100 * share_mirrored(test.images, few),
    }


EXPERIMENT = Experiment(
    summary="mirrored copies among the digits of a generator: its likelihood and its samples",
    cases=CASES,
    seeds=(0, 1, 2),
    measure=measure,
)
