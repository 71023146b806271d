"""Synthetic digits for a classifier with few real ones (chapter 12), with five seeds.

A classifier learns from 10 or 500 real digits of each class, as they are or shifted and turned.
Beside them it may see the digits of a conditional GAN that was trained on these same few, as they
are or shifted and turned, or those of the shipped ``gan-mnist-conditional``. The last is no method
but outside knowledge: that generator has seen 59,000 digits, which the classifier is denied.

The settings were tried with a different seed on the tuning digits and scored on the validation
thousand. Classifiers train until twice the steps change little there, and two cases with more steps
show what is left; the GANs of the few train for as long as the budget allows, about an hour for
everything on one core. Classifiers are scored on the official test digits.
"""

from dataclasses import dataclass, replace
from functools import cache, partial

import torch
from torch import nn

from aigc_lessons import zoo
from aigc_lessons.data.augmentation import sometimes, turn_and_shift
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

CLASSES = 10
STEPS = {10: 800, 500: 1_000}  # of a classifier, by the real digits of each class
SYNTHETIC = 1_000  # synthetic digits of each class
GAN_STEPS, GAN_BATCH_SIZE, GAN_RATE, CHANNELS = 1_500, 32, 3e-3, 32
SHIPPED = "gan-mnist-conditional"


@dataclass(frozen=True)
class Case:
    """What a classifier sees, and for how long it trains."""

    count: int  # real digits of each class
    changed: bool = False  # turned and shifted copies of them
    generator: str | None = None  # half of each batch comes from the GAN of the "few" or "shipped"
    share: int = 1  # times the steps


CASES = {
    f"{count} {real}{name}": Case(count, real == "shifted", generator)
    for count in STEPS
    for name, generator in (("", None), (" + GAN", "few"), (" + shipped GAN", "shipped"))
    for real in ("real", "shifted")
} | {
    "10 shifted, four times the steps": Case(10, True, share=4),
    "500 shifted, twice the steps": Case(500, True, share=2),
}
ALONE = "shipped GAN alone"


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


@cache
def generator_of(count: int, changed: bool, seed: int, steps: int) -> Generator:
    """Train a conditional GAN on few digits; return the generator with averaged weights.

    Cases that share one train it once. As in the shipped one, the discriminator begins blind.
    """
    digits = few_digits(count, seed)
    torch.manual_seed(mixed_seed(seed, 1))
    discriminator = Discriminator(channels=CHANNELS, classes=CLASSES)
    assert discriminator.embedding is not None
    nn.init.zeros_(discriminator.embedding.weight)
    batches = Batches(
        digits.images,
        digits.labels,
        batch_size=GAN_BATCH_SIZE,
        seed=seed,
        transform=partial(sometimes, turn_and_shift) if changed else None,
    )
    run = compete(
        Generator(channels=CHANNELS, classes=CLASSES),
        discriminator,
        batches,
        LAZY_R1,
        steps,
        rates=(GAN_RATE, GAN_RATE),
        seed=seed,
        schedule=warmup_then_cosine(steps),
    )
    generator = run.averaged[GENERATOR]
    assert isinstance(generator, Generator)
    return generator


@cache
def shipped_digits(each: int, seed: int, changed: bool) -> ImageSet:
    """Draw from the shipped generator; half of the digits are turned and shifted, if they may."""
    generator = zoo.load(SHIPPED)
    assert isinstance(generator, Generator)
    drawn = draw_digits(generator, each, seed)
    if changed:
        source = torch.Generator().manual_seed(mixed_seed(seed, 2))
        drawn = replace(drawn, images=sometimes(turn_and_shift, drawn.images, source))
    return drawn


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
    name: str,
    seed: int,
    gan_steps: int = GAN_STEPS,
    classifier_steps: int | None = None,
    each: int = SYNTHETIC,
) -> dict[str, float]:
    """Measure one case with one seed, which draws the real digits, the weights and the noise.

    Returns:
        "accuracy" on the 10,000 official test digits, in per cent; with a GAN of the few also what
        :func:`synthetic_quality` finds.

    Raises:
        CourseError: there is no such case.
    """
    test = mnist("test", full=True)
    if name == ALONE:
        steps = classifier_steps or max(STEPS.values())
        model = train_classifier(None, shipped_digits(each, seed, True), False, seed, steps)
        return {"accuracy": accuracy(model, test)}
    if name not in CASES:
        raise CourseError(f"There is no case {name!r}. There are: {', '.join([*CASES, ALONE])}.")
    case = CASES[name]
    real = few_digits(case.count, seed)
    synthetic, found = None, {}
    if case.generator == "shipped":
        synthetic = shipped_digits(each, seed, case.changed)
    elif case.generator == "few":
        generator = generator_of(case.count, case.changed, seed, gan_steps)
        synthetic = draw_digits(generator, each, seed)
        some = synthetic.rows(torch.arange(0, len(synthetic), 5))
        found = synthetic_quality(some, real)
    steps = case.share * (classifier_steps or STEPS[case.count])
    model = train_classifier(real, synthetic, case.changed, seed, steps)
    return {"accuracy": accuracy(model, test), **found}


EXPERIMENT = Experiment(
    summary="classifiers of digits with few real examples, and with synthetic ones (chapter 12)",
    cases=(*CASES, ALONE),
    seeds=(0, 1, 2, 3, 4),
    measure=measure,
)
