"""Ten ways to keep a GAN stable, on one budget and with three seeds (chapter 11).

The same small networks learn digits for the same number of updates of both players; what differs is
the game, the penalty or the learning rates. A method's learning rate is the better of two in a
short trial with a seed of its own, so that no method is handicapped by another one's rate. The
trials are scored on the test digits of the table, and two rates are a coarse grid: read the rows as
verdicts on these settings.
"""

import time
from dataclasses import dataclass
from functools import cache
from typing import cast

import torch
from torch import Tensor, nn

from aigc_lessons import gan, zoo
from aigc_lessons.batches import Batches
from aigc_lessons.data.images import mnist
from aigc_lessons.errors import CourseError
from aigc_lessons.experiments import Experiment
from aigc_lessons.gan_networks import Discriminator, Generator
from aigc_lessons.gan_training import GENERATOR, LAZY_R1, Rules, compete
from aigc_lessons.metrics.images import class_shares, extract_features, fid, modes_covered
from aigc_lessons.training import Run

STEPS = 1_500  # updates of each player
BATCH_SIZE = 32
CHANNELS = 32  # of both networks: half of those of the course's recipe, in less than half its time
SAMPLES = 5_000
RATES = (1e-3, 3e-3)  # of the generator, tried for every method
TRIAL_STEPS, TRIAL_SAMPLES, TRIAL_SEED = 500, 2_000, 100


@dataclass(frozen=True)
class Method:
    """What one row of the table does differently."""

    rules: Rules
    spectral: bool = False  # spectral normalisation of the discriminator
    ratio: float = 1.0  # the discriminator's learning rate over the generator's


METHODS = {
    "non-saturating": Method(Rules("non-saturating")),
    "two time scales": Method(Rules("non-saturating"), ratio=4.0),
    "R1": Method(Rules("non-saturating", penalty="R1", weight=0.125)),
    "hinge": Method(Rules("hinge")),
    "hinge, spectral norm": Method(Rules("hinge"), spectral=True),
    "Wasserstein, clipping": Method(Rules("wasserstein", clip=0.01)),
    "Wasserstein, gradient penalty": Method(
        Rules("wasserstein", penalty="one-centred", weight=10.0)
    ),
    "relativistic": Method(Rules("relativistic")),
    "relativistic, R1 + R2": Method(Rules("relativistic", penalty="R1 + R2", weight=0.125)),
    "relativistic, lazy R1": Method(LAZY_R1),
}


def train(method: Method, rate: float, seed: int, steps: int) -> Run:
    """Play for some steps with constant learning rates; return the run with both players.

    Raises:
        CourseError: a loss is not finite.
    """
    torch.manual_seed(seed)
    generator, discriminator = Generator(channels=CHANNELS), Discriminator(channels=CHANNELS)
    if method.spectral:
        gan.normalize_spectra(discriminator)
    return compete(
        generator,
        discriminator,
        Batches(mnist("train", full=True).images, batch_size=BATCH_SIZE, seed=seed),
        method.rules,
        steps,
        rates=(rate, method.ratio * rate),
        seed=seed,
    )


@cache
def real_features() -> Tensor:
    """Return the features of the 10,000 official test digits, (N, F)."""
    return extract_features(zoo.load("digit-features").features, mnist("test", full=True).images)


@torch.no_grad()
def judge(player: nn.Module, samples: int) -> tuple[float, Tensor]:
    """Return the FID of a generator's samples, and their labels by the classifier, (N,)."""
    generator = cast(Generator, player).eval()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        pictures = torch.cat([generator.sample(500) for _ in range(samples // 500)])
    classifier = zoo.load("digit-features")
    features = extract_features(classifier.features, pictures)
    labels = torch.cat([classifier(batch).argmax(1) for batch in pictures.split(500)])
    return fid(features, real_features()), labels


@cache
def trials(case: str, steps: int) -> dict[float, float]:
    """Try each learning rate once, with a seed that the table does not use.

    Returns:
        by rate, the better FID of live and averaged weights.
    """
    found = {}
    for rate in RATES:
        try:
            run = train(METHODS[case], rate, TRIAL_SEED, steps)
            players = (run.models[GENERATOR], run.averaged[GENERATOR])
            found[rate] = min(judge(player, TRIAL_SAMPLES)[0] for player in players)
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
        run = train(METHODS[case], rate, seed, steps)
    except CourseError:  # a loss that is not finite
        return quantities | {"failed": 1.0}
    quantities |= {"failed": 0.0, "seconds": time.process_time() - began}
    for weights, players in (("live", run.models), ("averaged", run.averaged)):
        score, labels = judge(players[GENERATOR], SAMPLES)
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
