"""Do the verdicts of chapter 4 last? Ten times the updates, three seeds.

``regularisation`` and ``strengths`` train the classifier for 300 updates and the generator for 400.
"""

from dataclasses import replace

from aigc_lessons.errors import CourseError
from aigc_lessons.experiments import Experiment
from aigc_lessons.small_trainings.regularisation import TASKS, Setting, train

TIMES = 10
SETTINGS = {
    "classifier, nothing": Setting(),
    "classifier, dropout 0.9": Setting(dropout=0.9),
    "classifier, dropout 0.9, early stopping": Setting(dropout=0.9, early=True),
    "generator, weight decay 0.7": Setting(decay=0.7),
    "generator, L2 in the loss 0.03": Setting(penalty=0.03),
}


def measure(case: str, seed: int) -> dict[str, float]:
    """Train ten times as long; return costs in nats and the update they belong to."""
    if case not in SETTINGS:
        raise CourseError(f"There is no case {case!r}. There are: {', '.join(SETTINGS)}.")
    task = TASKS[case.partition(",")[0]]
    outcome = train(replace(task, steps=TIMES * task.steps), SETTINGS[case], seed)
    return {name: outcome[name] for name in ("validation", "held-out", "train", "step")}


EXPERIMENT = Experiment(
    summary="dropout, weight decay and L2 with ten times the updates (chapter 4)",
    cases=tuple(SETTINGS),
    seeds=(0, 1, 2),
    measure=measure,
)
