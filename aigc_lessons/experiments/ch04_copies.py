"""Does an overfitted generator copy? Distances of its samples to digits, three seeds (chapter 4).

A generator learns from 300 digits for 120, 600 or 6,000 updates. Its samples, and real digits,
are compared with the 300 that it learnt from and with 300 new ones.
"""

import torch

from aigc_lessons.errors import CourseError
from aigc_lessons.experiments import Experiment
from aigc_lessons.small_trainings.overfitting import (
    Choice,
    held_out_cost,
    held_out_parts,
    nearest,
    train_generator,
    training_digits,
)

STEPS = {"120 updates": 120, "600 updates": 600, "6,000 updates": 6_000}


def measure(case: str, seed: int) -> dict[str, float]:
    """Return two distances, each a share of pixels, and the held-out cost of a generator."""
    choice, (new, rest) = Choice(seed, seed, seed), held_out_parts()
    if case == "real digits":
        pictures, cost = rest, {}
    elif case in STEPS:
        [(_, model)] = train_generator((STEPS[case],), choice)
        pictures = model.sample(700, torch.Generator().manual_seed(seed + 1))
        cost = {"held-out": held_out_cost(model)}
    else:
        raise CourseError(f"There is no case {case!r}. There are: {', '.join(EXPERIMENT.cases)}.")
    to_new, to_training = nearest(pictures, new)[0], nearest(pictures, training_digits(choice))[0]
    return {"to new": to_new.mean().item(), "to training": to_training.mean().item()} | cost


EXPERIMENT = Experiment(
    summary="how near the samples of an overfitted generator are to its digits (chapter 4)",
    cases=("real digits", *STEPS),
    seeds=tuple(range(3)),
    measure=measure,
)
