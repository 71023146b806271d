"""A GAN that collapses, and what brings its modes back: eight seeds each (chapter 11).

A small generator learns a ring of eight Gaussians, with two faults: Adam has its default momentum,
beta_1 = 0.9, and the discriminator learns at a third of the generator's rate. Three known methods
are tried against them as they are, with the generator's rate and their weight tuned; the other rows
take one fault away, or let the discriminator step more often. Each row gets the same trials: six
settings, two games each, with seeds of their own. The best setting then plays with eight other
seeds. The rows with five steps of the discriminator get half of the updates of the generator, and
still take longer than the others. What counts are the live weights in the last quarter of the
rounds, since a generator that wanders may look whole for a moment.
"""

from dataclasses import replace
from functools import cache

from aigc_lessons.errors import CourseError
from aigc_lessons.experiments import Experiment
from aigc_lessons.models.gan.update import Rules
from aigc_lessons.small_trainings.collapse_games import (
    PENALISED,
    PLAIN,
    Method,
    Setting,
    play,
)

ROUNDS = 3_000
TRIAL_ROUNDS, TRIAL_SEEDS = 1_200, (100, 101)
SEEDS = tuple(range(8))

THREE = (1e-3, 2e-3, 4e-3)  # where two weights are tried with each


METHODS = {
    "nothing": Method(PLAIN),
    "hinge, spectral norm": Method(Rules("hinge"), spectral=True),
    "relativistic, R1 + R2": Method(PENALISED, rates=THREE, weights=(0.05, 0.2)),
    "Wasserstein, gradient penalty, 5 steps": Method(
        Rules("wasserstein", penalty="one-centred", rounds=5),
        rates=THREE,
        weights=(0.1, 1.0),
        part=0.5,
    ),
    "5 steps": Method(replace(PLAIN, rounds=5), part=0.5),
    "no momentum": Method(PLAIN, momentum=0.0),
    "no momentum, equal rates": Method(PLAIN, momentum=0.0, ratio=1.0),
    "no momentum, equal rates, R1 + R2": Method(
        PENALISED, momentum=0.0, ratio=1.0, rates=THREE, weights=(0.05, 0.2)
    ),
}


@cache
def trials(case: str, rounds: int) -> dict[Setting, float]:
    """Try each setting of a method with seeds that the table does not use.

    Returns:
        by setting, the modes and the good share of live weights, added, in the mean.
    """
    method = METHODS[case]
    settings = [Setting(rate, weight) for rate in method.rates for weight in method.weights]
    found = {}
    for setting in settings:
        games = play(method, setting, TRIAL_SEEDS, rounds)
        scores = [game["modes, live"] + game["good share, live"] for game in games]
        found[setting] = sum(scores) / len(scores)
    return found


@cache
def games(case: str, rounds: int, trial_rounds: int) -> list[dict[str, float]]:
    """Play all seeds of a case at once, in the best of its settings."""
    tried = trials(case, trial_rounds)
    best = max(tried, key=lambda setting: tried[setting])
    chosen = {"rate": best.rate, "weight": best.weight}
    chosen |= {f"trial {s.rate:g}, {s.weight:g}": value for s, value in tried.items()}
    return [chosen | game for game in play(METHODS[case], best, SEEDS, rounds)]


def measure(
    case: str, seed: int, rounds: int = ROUNDS, trial_rounds: int = TRIAL_ROUNDS
) -> dict[str, float]:
    """Play by one method with one seed.

    Returns:
        the setting: "rate" of the generator and "weight"; its trials, as "trial RATE, WEIGHT"; and
        what ``play`` returns.

    Raises:
        CourseError: there is no such method.
    """
    if case not in METHODS:
        raise CourseError(f"There is no method {case!r}. There are: {', '.join(METHODS)}.")
    return games(case, rounds, trial_rounds)[SEEDS.index(seed)]


EXPERIMENT = Experiment(
    summary="a GAN that collapses, and what brings its modes back (chapter 11)",
    cases=tuple(METHODS),
    seeds=SEEDS,
    measure=measure,
)
