"""What a recipe is: data, model, objective, optimiser and budget in steps, as one frozen value."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from aigc_lessons.batches import Batch
from aigc_lessons.score import Score
from aigc_lessons.training import Run

# Of the model, a batch and the part of the run that is done, in [0, 1]: the losses by name.
Objective = Callable[[nn.Module, Batch, float], dict[str, Tensor]]
# One update, of the run, the name of its model, a batch and the part that is done.
Update = Callable[[Run, str, Batch, float], dict[str, Tensor]]


def descending(objective: Objective) -> Update:
    """Make the update that descends the loss called "loss" of an objective."""

    def update(run: Run, name: str, batch: Batch, done: float) -> dict[str, Tensor]:
        losses = objective(run.models[name], batch, done)
        run.descend(losses["loss"], name)
        return losses

    return update


def alone() -> dict[str, nn.Module]:
    """No opponents."""
    return {}


@dataclass(frozen=True)
class Recipe:
    """All that determines a training, so that one name repeats it."""

    name: str  # also the name of its network and its weights in the zoo
    summary: str
    data: Callable[[], tuple[Tensor, ...]]  # the training set
    update: Update
    scores: Callable[[Any], list[Score]]  # of the trained model
    steps: int
    batch_size: int
    learning_rate: float
    weight_decay: float
    warmup: int  # updates over which the learning rate rises
    average: float  # decay of the averaged weights, which are the result
    transform: Callable[[Tensor, torch.Generator], Tensor] | None = None
    prepare: Callable[[Any, Tensor], None] | None = None  # the new model, from the first tensor
    clip: float | None = None  # largest norm of a gradient
    opponents: Callable[[], dict[str, nn.Module]] = alone  # trained beside it, then thrown away
    betas: tuple[float, float] = (0.9, 0.999)  # of AdamW
    seed: int = 0
