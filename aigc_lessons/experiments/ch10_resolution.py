"""What larger maps bring to each player of a GAN (chapter 10), with three seeds.

A generator may paint 4 x 4 pixels of each place at once, or double its maps twice. A discriminator
may take 4 x 4 pixels for one place, or begin with maps of half the picture's size. Four pairs learn
digits with the game and the settings of the recipe ``gan-mnist-short``, for fewer steps. These
settings were chosen in trials that were scored on the same test digits.
"""

import time
from typing import cast

import torch

from aigc_lessons import zoo
from aigc_lessons.data.images import mnist
from aigc_lessons.errors import CourseError
from aigc_lessons.experiments import Experiment
from aigc_lessons.metrics.images import class_shares
from aigc_lessons.models.gan.networks import Discriminator, Generator
from aigc_lessons.models.gan.update import GENERATOR, LAZY_R1, compete
from aigc_lessons.scoring import fid_and_classes
from aigc_lessons.train.batches import Batches
from aigc_lessons.train.schedules import warmup_then_cosine

STEPS, BATCH_SIZE, RATE = 2_000, 32, 3e-3
SAMPLES = 5_000
# Whether the generator doubles its maps, and whether the discriminator halves its own.
CASES = {
    "patches, patches": (False, False),
    "doubling, patches": (True, False),
    "patches, halving": (False, True),
    "doubling, halving": (True, True),
}


def measure(case: str, seed: int, steps: int = STEPS) -> dict[str, float]:
    """Train one pair with one seed, which draws the weights, the digits and the noise.

    Returns:
        the "FID" of the averaged generator in the features of the digit network; its "rarest
        class", in per cent; the "seconds" of the processor in the training; the "weights" of each
        player.

    Raises:
        CourseError: there is no such pair.
    """
    if case not in CASES:
        raise CourseError(f"There is no case {case!r}. There are: {', '.join(CASES)}.")
    doubles, halves = CASES[case]
    torch.manual_seed(seed)
    generator = Generator(blocks=3, doubling=(24, 12) if doubles else None)
    discriminator = Discriminator(halving=32 if halves else None)
    weights = {
        "weights of the generator": float(zoo.parameter_count(generator)),
        "weights of the discriminator": float(zoo.parameter_count(discriminator)),
    }
    began = time.process_time()
    run = compete(
        generator,
        discriminator,
        Batches(mnist("train", full=True).images, batch_size=BATCH_SIZE, seed=seed),
        LAZY_R1,
        steps,
        rates=(RATE, RATE),
        seed=seed,
        schedule=warmup_then_cosine(steps),
    )
    seconds = time.process_time() - began
    trained = cast(Generator, run.averaged[GENERATOR])
    score, labels = fid_and_classes(trained, "digits", SAMPLES)
    rarest = 100 * float(class_shares(labels, 10).min())
    return weights | {"FID": score, "rarest class": rarest, "seconds": seconds}


EXPERIMENT = Experiment(
    summary="what larger maps bring to each player of a GAN (chapter 10)",
    cases=tuple(CASES),
    seeds=(0, 1, 2),
    measure=measure,
)
