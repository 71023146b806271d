"""What labels are worth to a mixture of Gaussians, with as many groups as one without labels.

With labels the groups are found inside each digit, without them among all digits, both by k-means.
Each case chooses its pseudo-images by the likelihood and its contrast by the FID of a thousand
validation digits. Both are scored once, on the held-out thousand.
"""

import torch
from torch import Tensor

from aigc_lessons import zoo
from aigc_lessons.data.images import DIGITS, ImageSet, mnist
from aigc_lessons.errors import CourseError
from aigc_lessons.experiments import Experiment
from aigc_lessons.metrics.images import extract_features, fid
from aigc_lessons.small_trainings import gaussian_mixtures as gaussian

COUNTS = (10, 30, 100)
CASES = tuple(f"{count} groups, {with_} labels" for count in COUNTS for with_ in ("with", "no"))
RESOLUTION = 4  # grey levels, as chapter 1 chooses it
PSEUDO_IMAGES, CONTRASTS = (3, 10, 30, 100), (2, 4, 8, 16)
SAMPLES = 1000


def groups_of(x: Tensor, labels: Tensor, count: int, labelled: bool, seed: int) -> Tensor:
    """Sort pictures (N, D) into ``count`` groups, (N,); with labels, equally many in each digit."""
    if not labelled:
        return gaussian.k_means(x, count, seed)
    groups, found = torch.empty_like(labels), 0
    for digit in range(len(DIGITS)):
        rows = labels == digit
        groups[rows] = found + gaussian.k_means(x[rows], count // len(DIGITS), seed)
        found = int(groups[rows].max()) + 1
    return groups


def score(model: gaussian.Mixture, validation: ImageSet, test: ImageSet, seed: int) -> float:
    """Choose a contrast on the validation digits; return the FID to the test digits with it."""
    network = zoo.load("digit-features")

    def features(pictures: Tensor) -> Tensor:
        return extract_features(network.features, pictures.reshape(-1, 1, 28, 28))

    drawn, known = gaussian.sample(model, SAMPLES, 100 + seed), features(validation.images)
    by_factor = {g: fid(features(gaussian.contrast(drawn, g)), known) for g in CONTRASTS}
    factor = min(by_factor, key=by_factor.__getitem__)
    fresh = gaussian.contrast(gaussian.sample(model, SAMPLES, 200 + seed), factor)
    return fid(features(fresh), features(test.images))


def saved_by_labels(
    joint: Tensor, groups: Tensor, labels: Tensor, asked: Tensor
) -> dict[str, float]:
    """Return by how many nats -log p(x | y) is lower than -log p(x), its mean and median.

    Args:
        joint: log p(x, group), (M, k).
        groups: of the training pictures, (N,).
        labels: of the training pictures, (N,).
        asked: the labels of the M pictures, (M,).
    """
    digit_of = torch.stack([labels[groups == j][0] for j in range(joint.shape[1])])
    own = joint.masked_fill(digit_of != asked[:, None], -torch.inf)
    share = torch.bincount(labels) / len(labels)
    saved = torch.logsumexp(own, 1) - share.log()[asked] - torch.logsumexp(joint, 1)
    return {
        "saved by the label": float(saved.mean()),
        "saved by the label, median": float(saved.median()),
    }


def measure(case: str, seed: int, training: int = 3000) -> dict[str, float]:
    """Measure one case with one seed, which starts k-means and draws the samples.

    Returns:
        "nats per image" and "FID" of the held-out thousand; "nearest", the median distance from a
        sample to its nearest training digit, divided by that of the held-out digits; "groups",
        those that k-means left; with labels also "saved by the label", the nats by which
        -log p(x | y) is lower than -log p(x).

    Raises:
        CourseError: there is no such case.
    """
    if case not in CASES:
        raise CourseError(f"There is no case {case!r}. There are: {', '.join(CASES)}.")
    tuning, validation, test = (mnist(split) for split in ("tuning", "validation", "held-out"))
    tuning = tuning.rows(torch.arange(len(tuning))[:: len(tuning) // training])
    sets = enumerate((tuning, validation, test))
    x, x_validation, x_test = (gaussian.dequantise(digits.images, i) for i, digits in sets)
    labelled = case.endswith("with labels")
    groups = groups_of(x, tuning.labels, int(case.split()[0]), labelled, seed)
    target = gaussian.target_covariance(x, RESOLUTION)
    fitted = [gaussian.fit(x, groups, target, amount) for amount in PSEUDO_IMAGES]
    costs = [gaussian.negative_log_likelihood(model, x_validation).mean() for model in fitted]
    best = int(torch.stack(costs).argmin())
    model, joint = fitted[best], gaussian.joint_log_density(fitted[best], x_test)
    drawn = gaussian.contrast(gaussian.sample(model, SAMPLES, 200 + seed), CONTRASTS[1])
    near, usual = (
        torch.cdist(rows, tuning.images.flatten(1)).min(1).values.median()
        for rows in (drawn, test.images.flatten(1))
    )
    return {
        "nats per image": float(-torch.logsumexp(joint, 1).mean()),
        "FID": score(model, validation, test, seed),
        "nearest": float(near / usual),
        "groups": len(model.means),
        "pseudo-images": PSEUDO_IMAGES[best],
        **(saved_by_labels(joint, groups, tuning.labels, test.labels) if labelled else {}),
    }


EXPERIMENT = Experiment(
    summary="what labels are worth to a mixture of Gaussians, with equally many groups",
    cases=CASES,
    seeds=(0, 1, 2, 3, 4),
    measure=measure,
)
