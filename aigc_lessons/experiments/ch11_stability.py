"""Ten ways to keep a GAN stable, on one budget and with three seeds (chapter 11).

The same small networks learn digits for the same number of updates of both players; what differs is
the game, the penalty or the learning rates. A method's learning rate is the better of two in a
short trial with a seed of its own, so that no method is handicapped by another one's rate. The
trials learn and are scored without the digits of the table: by a second thousand of the training
digits. Two rates are a coarse grid: read the rows as verdicts on these settings.
"""

import time
from collections.abc import Mapping
from functools import cache
from typing import cast

import torch
from torch import nn

from aigc_lessons.data.images import ImageSet, mnist
from aigc_lessons.errors import CourseError
from aigc_lessons.experiments import Experiment
from aigc_lessons.metrics.images import class_shares, modes_covered
from aigc_lessons.models.gan.networks import Discriminator, Generator
from aigc_lessons.models.gan.objectives import normalize_spectra
from aigc_lessons.models.gan.stabilisers import METHODS, Method
from aigc_lessons.models.gan.update import GENERATOR, compete
from aigc_lessons.scoring import fid_and_classes, fid_to
from aigc_lessons.train.batches import Batches
from aigc_lessons.train.run import Run

STEPS = 1_500  # updates of each player
BATCH_SIZE = 32
CHANNELS = 32  # of both networks: half of those of the course's recipe, in less than half its time
SAMPLES = 5_000
RATES = (1e-3, 3e-3)  # of the generator, tried for every method
TRIAL_STEPS, TRIAL_SAMPLES, TRIAL_SEED = 500, 2_000, 100


def train(method: Method, digits: ImageSet, rate: float, seed: int, steps: int) -> Run:
    """Play for some steps with constant learning rates; return the run with both players.

    Raises:
        CourseError: a loss is not finite.
    """
    torch.manual_seed(seed)
    generator, discriminator = Generator(channels=CHANNELS), Discriminator(channels=CHANNELS)
    if method.spectral:
        normalize_spectra(discriminator)
    return compete(
        generator,
        discriminator,
        Batches(digits.images, batch_size=BATCH_SIZE, seed=seed),
        method.rules,
        steps,
        rates=(rate, method.ratio * rate),
        seed=seed,
    )


def _generator(players: Mapping[str, nn.Module]) -> Generator:
    return cast(Generator, players[GENERATOR].eval())


@cache
def trials(case: str, steps: int) -> dict[float, float]:
    """Try each learning rate once, with a seed that the table does not use.

    Returns:
        by rate, the better FID of live and averaged weights.
    """
    found = {}
    digits, validation = mnist("tuning", full=True), mnist("validation", full=True)
    for rate in RATES:
        try:
            run = train(METHODS[case], digits, rate, TRIAL_SEED, steps)
            players = (_generator(run.models), _generator(run.averaged))
            found[rate] = min(fid_to(player, validation, TRIAL_SAMPLES) for player in players)
        except CourseError:  # a loss that is not finite
            found[rate] = float("inf")
    return found


def measure(
    case: str, seed: int, steps: int = STEPS, trial_steps: int = TRIAL_STEPS
) -> dict[str, float]:
    """Play by one method with one seed, which draws the weights, the digits and the noise.

    Returns:
        the learning rate and its trials; "failed", 1 if a loss was not finite, and then nothing
        else; the "seconds" of the processor in the training; and for "live" and "averaged" weights
        "FID", "modes covered", "rarest class" and "share of 0" to "share of 9", in per cent.

    Raises:
        CourseError: there is no such method.
    """
    if case not in METHODS:
        raise CourseError(f"There is no method {case!r}. There are: {', '.join(METHODS)}.")
    tried = trials(case, trial_steps)
    rate = min(tried, key=lambda choice: tried[choice])
    quantities = {"learning rate": rate}
    quantities |= {f"trial at {choice:g}": score for choice, score in tried.items()}
    began = time.process_time()
    try:
        run = train(METHODS[case], mnist("train", full=True), rate, seed, steps)
    except CourseError:  # a loss that is not finite
        return quantities | {"failed": 1.0}
    quantities |= {"failed": 0.0, "seconds": time.process_time() - began}
    for weights, players in (("live", run.models), ("averaged", run.averaged)):
        score, labels = fid_and_classes(_generator(players), "digits", SAMPLES)
        shares = 100 * class_shares(labels, 10)
        quantities |= {
            f"FID, {weights}": score,
            f"modes covered, {weights}": float(modes_covered(labels, 10)),
            f"rarest class, {weights}": float(shares.min()),
        }
        quantities |= {f"share of {d}, {weights}": float(shares[d]) for d in range(10)}
    return quantities


EXPERIMENT = Experiment(
    summary="ten ways to keep a GAN of digits stable, on one budget (chapter 11)",
    cases=tuple(METHODS),
    seeds=(0, 1, 2),
    measure=measure,
)
