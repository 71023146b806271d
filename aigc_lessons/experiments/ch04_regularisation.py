"""Weight decay, dropout and early stopping on 300 digits (chapter 4), with ten seeds.

The strength of a method is chosen on validation digits, and what is reported is measured on the
held-out thousand.
"""

from aigc_lessons.errors import CourseError
from aigc_lessons.experiments import Experiment
from aigc_lessons.small_trainings.regularisation import METHODS, TASKS, train

SEEDS = tuple(range(10))


def measure(case: str, seed: int) -> dict[str, float]:
    """Train with every strength of a method; report the one that validation prefers."""
    name, _, method = case.partition(", ")
    if name not in TASKS or method not in METHODS:
        raise CourseError(f"There is no case {case!r}. There are: {', '.join(EXPERIMENT.cases)}.")
    settings = METHODS[method]
    outcomes = [train(TASKS[name], setting, seed) for setting in settings]
    chosen = min(range(len(outcomes)), key=lambda index: outcomes[index]["validation"])
    setting = settings[chosen]
    strength = {
        "decay": setting.decay,
        "penalty": setting.penalty,
        "dropout": setting.dropout,
    }
    return outcomes[chosen] | strength


EXPERIMENT = Experiment(
    summary="weight decay, L2, dropout and early stopping on 300 digits (chapter 4)",
    cases=tuple(f"{task}, {method}" for task in TASKS for method in METHODS),
    seeds=SEEDS,
    measure=measure,
)
