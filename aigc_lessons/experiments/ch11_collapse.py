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

from dataclasses import dataclass, replace
from functools import cache

import torch

from aigc_lessons.errors import CourseError
from aigc_lessons.experiments import Experiment
from aigc_lessons.models.gan.update import Rules
from aigc_lessons.small_trainings.point_games import Players, coverage, play_points, ring

ROUNDS, LOOKS = 3_000, 20
TRIAL_ROUNDS, TRIAL_SEEDS = 1_200, (100, 101)
SEEDS = tuple(range(8))
COLLAPSED = 4  # modes of eight, at most

PLAIN = Rules("non-saturating")
PENALISED = Rules("relativistic", penalty="R1 + R2")
SIX = (3e-4, 5e-4, 1e-3, 2e-3, 3e-3, 5e-3)  # learning rates of the generator
THREE = (1e-3, 2e-3, 4e-3)  # where two weights are tried with each


@dataclass(frozen=True)
class Method:
    """One row of the table, and what is tried for it."""

    rules: Rules
    spectral: bool = False
    momentum: float = 0.9
    ratio: float = 0.3  # the discriminator's learning rate over the generator's
    rates: tuple[float, ...] = SIX
    weights: tuple[float, ...] = (0.0,)  # of the penalty
    part: float = 1.0  # of the updates of the generator


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


@dataclass(frozen=True)
class Setting:
    """What the trials decide."""

    rate: float  # of the generator
    weight: float


def play(
    method: Method, setting: Setting, seeds: tuple[int, ...], rounds: int
) -> list[dict[str, float]]:
    """Play a game for each seed, for the method's part of the rounds; return what was seen of each.

    Returns:
        for each seed "seconds" of the processor, its part of those of all games; "modes at N" after
        each N rounds; "collapsed", 1 if at most four modes are left at the end, else 0; and for
        "live" and "averaged" weights "modes" and "good share", means of the last quarter.
    """
    target, rounds = ring(), int(method.part * rounds)
    rules = replace(method.rules, weight=setting.weight)
    rates = setting.rate, method.ratio * setting.rate
    players = Players(rates, method.momentum, method.spectral)
    seen: list[dict[str, float]] = [{} for _ in seeds]
    numbers = []  # of each look: (games, live or averaged, modes or share)
    for look in play_points(target, rules, players, seeds, rounds, rounds // LOOKS):
        found = [coverage(network, target) for network in (look.generator, look.average)]
        for game, live, average in zip(seen, *found, strict=True):
            game[f"modes at {look.round}"] = float(live.covered)
            game["collapsed"] = float(live.covered <= COLLAPSED)
            game["seconds"] = look.seconds / len(seeds)
            numbers.append([[c.covered, c.high_quality] for c in (live, average)])
    late = torch.tensor(numbers).view(LOOKS, len(seeds), 2, 2)[-LOOKS // 4 :].mean(0)
    for game, means in zip(seen, late.tolist(), strict=True):
        for weights, (modes, share) in zip(("live", "averaged"), means, strict=True):
            game[f"modes, {weights}"] = modes
            game[f"good share, {weights}"] = share
    return seen


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
