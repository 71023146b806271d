"""Finer grids for three methods of the comparison on 300 digits (chapter 4), with ten seeds.

In ``regularisation`` the classifier's dropout chose the largest share of its grid, and the grids of
weight decay and of L2 are coarse. Here each strength is a case of its own.
"""

from collections.abc import Callable

from aigc_lessons.errors import CourseError
from aigc_lessons.experiments import Experiment
from aigc_lessons.small_trainings.regularisation import TASKS, Setting, train

STRENGTHS = {
    "classifier, dropout": (0.5, 0.7, 0.8, 0.9, 0.95),
    "generator, weight decay": (0.7, 1.0, 1.5, 2.0),
    "generator, L2 in the loss": (0.01, 0.015, 0.02, 0.03),
}
SETTINGS: dict[str, Callable[[float], Setting]] = {
    "dropout": lambda share: Setting(dropout=share),
    "weight decay": lambda decay: Setting(decay=decay),
    "L2 in the loss": lambda penalty: Setting(penalty=penalty),
}


def measure(case: str, seed: int) -> dict[str, float]:
    """Train once, to the end, with one strength of one method."""
    if case not in EXPERIMENT.cases:
        raise CourseError(f"There is no case {case!r}. There are: {', '.join(EXPERIMENT.cases)}.")
    method, _, strength = case.rpartition(" ")
    task, _, name = method.partition(", ")
    outcome = train(TASKS[task], SETTINGS[name](float(strength)), seed)
    return {name: outcome[name] for name in ("validation", "held-out", "train")}


EXPERIMENT = Experiment(
    summary="dropout, weight decay and L2 on 300 digits, each strength alone (chapter 4)",
    cases=tuple(f"{method} {each:g}" for method, grid in STRENGTHS.items() for each in grid),
    seeds=tuple(range(10)),
    measure=measure,
)
