"""A generator that learns from 300 digits, and how near its samples are to them (chapter 4)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from aigc_lessons.models.autoregressive.networks import MaskedMLP
from aigc_lessons.small_trainings import regularisation as study
from aigc_lessons.train.batches import Batches
from aigc_lessons.train.run import Run

TASK = study.TASKS["generator"]


@dataclass(frozen=True)
class Choice:
    """The seeds of the three things that are random in a training."""

    digits: int = 0
    weights: int = 0
    order: int = 0


def training_digits(choice: Choice) -> Tensor:
    """Return the 300 digits of a choice, (300, 196)."""
    return study.halved(study.data()[0].images[study.training_rows(choice.digits, 300)])


def train_generator(steps: Sequence[int], choice: Choice) -> Iterator[tuple[int, MaskedMLP]]:
    """Train once, and yield the same model after each of some numbers of updates."""
    x = training_digits(choice)
    torch.manual_seed(choice.weights)
    model = MaskedMLP()
    optimizer = torch.optim.Adam(model.parameters(), lr=TASK.learning_rate)
    run = Run({"net": model}, {"net": optimizer})

    def update(batch: tuple[Tensor, Tensor]) -> dict[str, Tensor]:
        loss = TASK.cost(model, *batch).mean()
        run.descend(loss, "net")
        return {"loss": loss}

    batches = Batches(x, torch.zeros(300), batch_size=study.BATCH_SIZE, seed=choice.order)
    for step in run.fit(update, batches, max(steps)):
        if step.step in steps:
            model.cpu().eval()
            yield step.step, model


def held_out_cost(model: MaskedMLP) -> float:
    """Return the mean cost of the held-out digits, nats per image."""
    held_out = study.data()[2]
    return study.costs(TASK, model, held_out.images, held_out.labels)[0]


def held_out_parts() -> tuple[Tensor, Tensor]:
    """Cut the held-out digits, shuffled, into 300 and 700: as many new ones as were learnt from."""
    pixels = study.halved(study.data()[2].images)
    mixed = torch.randperm(len(pixels), generator=torch.Generator().manual_seed(0))
    return pixels[mixed[:300]], pixels[mixed[300:]]


def nearest(pictures: Tensor, others: Tensor) -> tuple[Tensor, Tensor]:
    """Find for each picture (N, D) of zeros and ones the nearest of the others (M, D).

    The distance is the share, of the pixels white in either, that is white in one only (Jaccard's).
    An empty picture is at 1 from every other.

    Returns:
        Distances and indices, (N,) each.
    """
    both = pictures @ others.T
    either = pictures.sum(1)[:, None] + others.sum(1) - both
    smallest = (1 - both / either.clamp(min=1)).min(1)
    return smallest.values, smallest.indices
