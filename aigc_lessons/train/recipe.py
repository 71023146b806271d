"""What a recipe is: network, data, rule, optimiser and budget in steps, as one frozen value."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from aigc_lessons.metrics.measures import Score
from aigc_lessons.train.batches import Batch
from aigc_lessons.train.run import Run, Update
from aigc_lessons.train.schedules import Schedule, warmup_then_cosine

# Of the model, a batch and the part of the run that is done, in [0, 1]: the losses by name.
Objective = Callable[[nn.Module, Batch, float], Mapping[str, Tensor]]
# Of a run and the name of its model: the update of that model.
Rule = Callable[[Run, str], Update]


def descending(objective: Objective) -> Rule:
    """Make the rule that descends the loss called "loss" of an objective."""

    def rule(run: Run, name: str) -> Update:
        def update(batch: Batch) -> Mapping[str, Tensor]:
            losses = objective(run.models[name], batch, run.done)
            run.descend(losses["loss"], *optimizers_of(run, name))
            return losses

        return update

    return rule


def optimizers_of(run: Run, model: str) -> list[str]:
    """The names of the optimisers of a model, "model" or "model/part"."""
    return [name for name in run.optimizers if name.partition("/")[0] == model]


def adamw(recipe: "Recipe", network: nn.Module) -> dict[str, torch.optim.Optimizer]:
    """One optimiser for all weights (Loshchilov and Hutter, 2019)."""
    return {
        "": torch.optim.AdamW(
            network.parameters(),
            lr=recipe.learning_rate,
            betas=recipe.betas,
            weight_decay=recipe.weight_decay,
            fused=True,  # one pass over all weights: a fifth of the time of a small step
        )
    }


def alone() -> dict[str, nn.Module]:
    """No opponents."""
    return {}


@dataclass(frozen=True)
class Recipe:
    """All that determines a training, so that one name repeats it."""

    name: str  # also the name of its weights in the zoo
    summary: str
    network: partial[Any]  # makes the model with fresh weights
    data: Callable[[bool], tuple[Tensor, ...]]  # the training set; True: of what is installed
    rule: Rule
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
    # Of the recipe and a network: its optimisers, by the part of its weights that each moves.
    optimizers: Callable[["Recipe", nn.Module], dict[str, torch.optim.Optimizer]] = adamw
    schedule: Callable[[int, int], Schedule] = warmup_then_cosine  # of steps and warmup
    decode: Callable[[Tensor], str] | None = None  # a sample that is a text, (T,)
    opponents: Callable[[], dict[str, nn.Module]] = alone  # trained beside it, then thrown away
    betas: tuple[float, float] = (0.9, 0.999)  # of AdamW
    seed: int = 0

    @property
    def generates(self) -> bool:
        """Whether the model can be sampled."""
        return hasattr(self.network.func, "sample")
