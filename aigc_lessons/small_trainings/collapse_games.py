"""Games of the ring in which the generator collapses, and what is counted of each (chapter 11)."""

from dataclasses import dataclass, replace

import torch

from aigc_lessons.models.gan.update import Rules
from aigc_lessons.small_trainings.point_games import Players, coverage, play_points, ring

LOOKS = 20
COLLAPSED = 4  # modes of eight, at most

PLAIN = Rules("non-saturating")
PENALISED = Rules("relativistic", penalty="R1 + R2")
SIX = (3e-4, 5e-4, 1e-3, 2e-3, 3e-3, 5e-3)  # learning rates of the generator


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
