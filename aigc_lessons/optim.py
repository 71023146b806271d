"""Learning-rate schedules: pure functions from the step to a factor on the base rate."""

import math
from collections.abc import Callable

from aigc_lessons.errors import CourseError

Schedule = Callable[[int], float]


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
