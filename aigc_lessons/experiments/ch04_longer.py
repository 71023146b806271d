"""Dropout against early stopping with ten times the updates (chapter 4), three seeds.

``strengths`` compares dropout with early stopping after 300 updates. Does its verdict last?
"""

from dataclasses import replace

from aigc_lessons.errors import CourseError
from aigc_lessons.experiments import Experiment
from aigc_lessons.small_trainings.regularisation import TASKS, Setting, train

SETTINGS = {
    "nothing": Setting(),
    "dropout 0.9": Setting(dropout=0.9),
    "dropout 0.9, early stopping": Setting(dropout=0.9, early=True),
}


def measure(case: str, seed: int, steps: int = 3_000) -> dict[str, float]:
    """Train the classifier for 3,000 updates; return its costs in nats per label."""
    if case not in SETTINGS:
        raise CourseError(f"There is no case {case!r}. There are: {', '.join(EXPERIMENT.cases)}.")
    outcome = train(replace(TASKS["classifier"], steps=steps), SETTINGS[case], seed)
    return {name: outcome[name] for name in ("validation", "held-out", "train", "step")}


EXPERIMENT = Experiment(
    summary="the classifier's dropout with ten times the updates (chapter 4)",
    cases=tuple(SETTINGS),
    seeds=(0, 1, 2),
    measure=measure,
)
