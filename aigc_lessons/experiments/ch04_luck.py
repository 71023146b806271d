"""How much of a result is luck: 20 seeds of each random choice in a training (chapter 4).

A generator learns from 300 digits for 120 updates. A case varies one of the three choices and keeps
the two others, or varies all three.
"""

from aigc_lessons.errors import CourseError
from aigc_lessons.experiments import Experiment
from aigc_lessons.small_trainings.overfitting import Choice, held_out_cost, train_generator

CASES = {
    "digits": lambda seed: Choice(digits=seed),
    "weights": lambda seed: Choice(weights=seed),
    "order": lambda seed: Choice(order=seed),
    "all of them": lambda seed: Choice(seed, seed, seed),
}


def measure(case: str, seed: int) -> dict[str, float]:
    """Train once; return the cost of the held-out digits in nats per image."""
    if case not in CASES:
        raise CourseError(f"There is no case {case!r}. There are: {', '.join(CASES)}.")
    [(_, model)] = train_generator((120,), CASES[case](seed))
    return {"held-out": held_out_cost(model)}


EXPERIMENT = Experiment(
    summary="the luck of digits, initial weights and order, 20 seeds each (chapter 4)",
    cases=tuple(CASES),
    seeds=tuple(range(1, 21)),  # 0 is the run of the chapter, which all cases would share
    measure=measure,
)
