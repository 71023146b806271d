"""What a classifier sees in generated photographs, class by class (chapter 10).

A share of samples says as much as the classifier that counts it: so each stands beside the share
of real test photographs that get the same name, and beside how often that name is right.
"""

from functools import cache

import torch
from torch import Tensor

from aigc_lessons import zoo
from aigc_lessons.data.images import CIFAR, ImageSet, cifar10
from aigc_lessons.errors import CourseError
from aigc_lessons.experiments import Experiment
from aigc_lessons.scoring import accuracy, named

SAMPLES = 2_000


@cache
def _samples(seed: int) -> Tensor:
    """Return the class that the classifier sees in each sample of the shipped generator, (N,)."""
    torch.manual_seed(seed)
    return named(zoo.load("cifar10-features"), zoo.load("gan-cifar10").sample(SAMPLES))


@cache
def _photographs() -> tuple[ImageSet, Tensor, float]:
    """Return the test photographs, what the classifier sees in each, and its accuracy in %."""
    classifier = zoo.load("cifar10-features")
    test = cifar10("test")
    return test, named(classifier, test.images), accuracy(classifier, test)


def measure(case: str, seed: int) -> dict[str, float]:
    """Count one class among samples and among real test photographs, all in per cent.

    Args:
        case: the name of a class of CIFAR-10.
        seed: of the samples.

    Returns:
        the shares of "samples" and of "real photographs" that get its name; how many of the real
        ones with this "name" are "right", and how many real ones of this class are "found"; the
        "accuracy" on all.

    Raises:
        CourseError: there is no such class.
    """
    if case not in CIFAR:
        raise CourseError(f"There is no class {case!r}. There are: {', '.join(CIFAR)}.")
    label = CIFAR.index(case)
    test, seen, all_right = _photographs()
    is_named, is_one = seen == label, test.labels == label
    both = float((is_named & is_one).sum())
    return {
        "samples": 100 * float((_samples(seed) == label).float().mean()),
        "real photographs": 100 * float(is_named.float().mean()),
        "right": 100 * both / max(float(is_named.sum()), 1),
        "found": 100 * both / float(is_one.sum()),
        "accuracy": all_right,
    }


EXPERIMENT = Experiment(
    summary="what a classifier sees in generated photographs, class by class (chapter 10)",
    cases=CIFAR,
    seeds=(0, 1, 2),
    measure=measure,
)
