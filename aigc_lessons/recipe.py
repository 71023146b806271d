"""What a recipe is: data, model, objective, optimiser and budget in steps, as one frozen value."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from aigc_lessons.batches import Batch
from aigc_lessons.score import Score

# Returns the losses by name; the one called "loss" is descended.
Objective = Callable[[nn.Module, Batch, float], dict[str, Tensor]]


@dataclass(frozen=True)
class Recipe:
    """All that determines a training, so that one name repeats it."""

    name: str  # also the name of its network and its weights in the zoo
    summary: str
    data: Callable[[], tuple[Tensor, ...]]  # the training set
    objective: Objective  # of the model, a batch and the part of the run that is done, in [0, 1]
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
    seed: int = 0
