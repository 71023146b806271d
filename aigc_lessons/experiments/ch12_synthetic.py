"""Synthetic digits for a classifier with few real ones (chapter 12), with three seeds.

A classifier learns from 10, 50 or 500 real digits of each class. Beside them it may see changed
copies, the digits of a conditional GAN that was trained on these same few, or those of one that was
trained on all 59,000. The last is no method but a leak: it shows what a generator is worth that has
seen data which the classifier is denied.

The settings were fixed before any test digit was seen: the lengths of the trainings by the budget
(25 minutes on one core), the rest as in the other experiments and recipes, after a short trial with
a different seed on the held-out thousand. The classifiers are scored on the official test digits.
"""

from dataclasses import dataclass
from functools import cache

import torch

from aigc_lessons import zoo
from aigc_lessons.data.images import ImageSet, mnist
from aigc_lessons.errors import CourseError
from aigc_lessons.experiments import Experiment
from aigc_lessons.metrics.copies import nearest_training_distance
from aigc_lessons.models.gan.networks import Discriminator, Generator
from aigc_lessons.models.gan.update import GENERATOR, LAZY_R1, compete
from aigc_lessons.scoring import accuracy
from aigc_lessons.small_trainings.few_digits import draw_digits, train_classifier
from aigc_lessons.train.batches import Batches, mixed_seed
from aigc_lessons.train.schedules import warmup_then_cosine

COUNTS = (10, 50, 500)  # real digits of each class
CLASSES = 10
SYNTHETIC = 500  # synthetic digits of each class
GAN_BATCH_SIZE = 32
GAN_STEPS, CLASSIFIER_STEPS = 1_500, 400


@dataclass(frozen=True)
class Source:
    """What a classifier sees beside the real digits as they are."""

    changed: bool = False  # turned and shifted copies
    generated: bool = False  # half of each batch is sampled from a GAN
    leak: bool = False  # that GAN was trained on all digits


SOURCES = {
    "": Source(),
    ", shifted and turned": Source(changed=True),
    " + GAN": Source(generated=True),
    " + GAN of all digits": Source(generated=True, leak=True),
}
CASES = {f"{n} real{name}": (n, source) for name, source in SOURCES.items() for n in COUNTS}


@cache
def all_digits() -> ImageSet:
    """Return the 59,000 official training digits less the held-out thousand."""
    return mnist("train", full=True)


def few_digits(count: int, seed: int) -> ImageSet:
    """Draw ``count`` digits of each class; those of a smaller count are among them."""
    data = all_digits()
    order = torch.randperm(len(data), generator=torch.Generator().manual_seed(seed))
    labels = data.labels[order]
    rows = torch.cat([order[labels == label][:count] for label in range(CLASSES)])
    return data.rows(rows)


def train_gan(digits: ImageSet, seed: int, steps: int) -> Generator:
    """Train a conditional GAN on digits; return the generator with averaged weights."""
    torch.manual_seed(seed)
    run = compete(
        Generator(classes=CLASSES),
        Discriminator(classes=CLASSES),
        Batches(digits.images, digits.labels, batch_size=GAN_BATCH_SIZE, seed=seed),
        LAZY_R1,
        steps,
        rates=(3e-3, 3e-3),
        seed=seed,
        schedule=warmup_then_cosine(steps),
    )
    generator = run.averaged[GENERATOR]
    assert isinstance(generator, Generator)
    return generator


@cache
def generator_of(count: int | None, seed: int, steps: int) -> Generator:
    """Train the GAN of a case; None stands for all digits. Cases that share one train it once."""
    digits = all_digits() if count is None else few_digits(count, seed)
    return train_gan(digits, mixed_seed(seed, 1), steps)


def synthetic_quality(synthetic: ImageSet, seen: ImageSet) -> dict[str, float]:
    """Measure synthetic digits by themselves.

    Returns:
        "class accuracy": how many the feature network names as they were ordered, in per cent;
        "close to a training digit": how many are closer to a digit of their training than 99 % of
        the held-out digits are, in per cent; without copying it is expected to be 1.
    """
    near = nearest_training_distance(synthetic.images, seen.images, mnist("held-out").images)
    return {
        "class accuracy": accuracy(zoo.load("digit-features"), synthetic),
        "close to a training digit": 100 * near.share_closer,
    }


def measure(
    case: str,
    seed: int,
    gan_steps: int = GAN_STEPS,
    classifier_steps: int = CLASSIFIER_STEPS,
    each: int = SYNTHETIC,
) -> dict[str, float]:
    """Measure one case with one seed, which draws the real digits, the weights and the noise.

    Returns:
        "accuracy" on the 10,000 official test digits, in per cent; where there is a GAN also
        "accuracy, synthetic alone", of a classifier that saw no real digit, and what
        :func:`synthetic_quality` finds.

    Raises:
        CourseError: there is no such case.
    """
    if case not in CASES:
        raise CourseError(f"There is no case {case!r}. There are: {', '.join(CASES)}.")
    count, source = CASES[case]
    test = mnist("test", full=True)
    real = few_digits(count, seed)
    synthetic, found = None, {}
    if source.generated:
        generator = generator_of(None if source.leak else count, seed, gan_steps)
        synthetic = draw_digits(generator, each, seed)
        found = synthetic_quality(synthetic, all_digits() if source.leak else real)
        alone = train_classifier(None, synthetic, False, seed, classifier_steps)
        found["accuracy, synthetic alone"] = accuracy(alone, test)
    model = train_classifier(real, synthetic, source.changed, seed, classifier_steps)
    return {"accuracy": accuracy(model, test), **found}


EXPERIMENT = Experiment(
    summary="classifiers of digits with few real examples, and with synthetic ones (chapter 12)",
    cases=tuple(CASES),
    seeds=(0, 1, 2),
    measure=measure,
)
