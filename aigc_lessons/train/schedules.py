"""What steers an optimiser from outside: learning-rate schedules and averaged weights."""

import math
from collections.abc import Callable
from typing import Any

from torch import Tensor
from torch.optim.swa_utils import get_ema_multi_avg_fn

from aigc_lessons.errors import CourseError

Schedule = Callable[[int], float]
Weights = tuple[Tensor, ...] | list[Tensor]


def warmup_then_cosine(steps: int, warmup: int = 0) -> Schedule:
    """Rise linearly from 0 to 1 over ``warmup`` steps, then fall to 0 along half a cosine.

    Args:
        steps: all updates of the run.
        warmup: updates of the rise, fewer than ``steps``.

    Returns:
        a function of the number of updates already done, with values in (0, 1].

    Raises:
        CourseError: the two numbers contradict each other.

    Source: Loshchilov and Hutter (2017), without restarts.
    """
    if not 0 <= warmup < steps:
        raise CourseError(
            f"A schedule needs 0 <= warmup < steps, but warmup is {warmup} and steps is {steps}."
        )

    def factor(step: int) -> float:
        if step < warmup:
            return (step + 1) / (warmup + 1)
        done = min((step - warmup) / (steps - warmup), 1.0)
        return 0.5 * (1 + math.cos(math.pi * done))

    return factor


def warmup_then_plateau(steps: int, warmup: int = 0, end: float = 0.4) -> Schedule:
    """Rise as :func:`warmup_then_cosine`, stay at 1, then fall to 0 along a straight line.

    Args:
        steps: all updates of the run.
        warmup: updates of the rise.
        end: the part of the updates over which the rate falls, in (0, 1].

    Raises:
        CourseError: the numbers contradict each other.

    Source: Zhai et al. (2022); Hägele et al. (2024).
    """
    fall = round(end * steps)
    if not 0 <= warmup <= steps - fall or not fall:
        raise CourseError(
            f"A schedule of {steps} steps cannot rise over {warmup} of them and fall over {fall}."
        )

    def factor(step: int) -> float:
        return min((step + 1) / (warmup + 1), 1.0, max(steps - step, 0) / fall)

    return factor


def exponential_average(decay: float) -> Callable[[Weights, Weights, Any], None]:
    """Make the rule by which averaged weights follow the weights.

    The window grows with the run, (1 + t) / (10 + t), until it reaches ``decay``; otherwise the
    weights of the first steps would weigh on a short run.
    """

    def follow(averages: Weights, weights: Weights, updates: Any) -> None:
        now = min(decay, (1 + int(updates)) / (10 + int(updates)))
        get_ema_multi_avg_fn(now)(averages, weights, updates)

    return follow
