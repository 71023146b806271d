"""What changed copies of the digits do for a classifier and for a generative model.

Every change is applied to a picture with probability one half. The classifier learns from 300
digits, the variational autoencoder from 1,000; both stop where 500 validation digits like them
best, and both are judged on the held-out thousand.
"""

import copy
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from aigc_lessons.autoencoders import VAE, log_importance_weights
from aigc_lessons.batches import Batches
from aigc_lessons.data.images import binarize, mnist
from aigc_lessons.experiments import Experiment
from aigc_lessons.metrics.likelihood import likelihood_bounds
from aigc_lessons.training import Run

Change = Callable[[Tensor, torch.Generator], Tensor]

DEGREES = 15.0  # the largest turn
PIXELS = 2  # the largest shift
CHECKS = 20  # looks at the validation digits in one training


def unchanged(batch: Tensor, generator: torch.Generator) -> Tensor:
    """Return the batch as it is."""
    return batch


def turn(batch: Tensor, generator: torch.Generator) -> Tensor:
    """Turn each picture (N, 1, H, W) by its own angle, uniform up to 15 degrees either way."""
    angle = torch.deg2rad((2 * torch.rand(len(batch), generator=generator) - 1) * DEGREES)
    zero = torch.zeros_like(angle)
    rows = [[angle.cos(), -angle.sin(), zero], [angle.sin(), angle.cos(), zero]]
    matrix = torch.stack([torch.stack(row, 1) for row in rows], 1)  # (N, 2, 3)
    grid = F.affine_grid(matrix, list(batch.shape), align_corners=False)
    return F.grid_sample(batch, grid, align_corners=False).clamp(0, 1)


def shift(batch: Tensor, generator: torch.Generator) -> Tensor:
    """Move each picture by up to 2 whole pixels in both directions; background moves in."""
    offset = torch.randint(0, 2 * PIXELS + 1, (len(batch), 2), generator=generator).tolist()
    padded = F.pad(batch, (PIXELS,) * 4)
    height, width = batch.shape[-2:]
    moved = [
        p[:, y : y + height, x : x + width] for p, (y, x) in zip(padded, offset, strict=True)
    ]
    return torch.stack(moved)


def flip(batch: Tensor, generator: torch.Generator) -> Tensor:
    """Mirror each picture, left to right."""
    return batch.flip(-1)


def turn_and_shift(batch: Tensor, generator: torch.Generator) -> Tensor:
    """Turn, then shift."""
    return shift(turn(batch, generator), generator)


CHANGES: dict[str, Change] = {
    "as they are": unchanged,
    "turned": turn,
    "shifted": shift,
    "turned and shifted": turn_and_shift,
    "flipped": flip,
}


def sometimes(change: Change, batch: Tensor, generator: torch.Generator) -> Tensor:
    """Apply a change to each picture with probability one half."""
    chosen = torch.rand(len(batch), generator=generator) < 0.5
    return torch.where(chosen[:, None, None, None], change(batch, generator), batch)


def small_classifier() -> nn.Module:
    """Build a convolutional network of two layers for digits of 28×28 pixels."""
    return nn.Sequential(
        nn.Conv2d(1, 16, 5, stride=2, padding=2),
        nn.ReLU(),
        nn.Conv2d(16, 32, 5, stride=2, padding=2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(32 * 7 * 7, 64),
        nn.ReLU(),
        nn.Linear(64, 10),
    )


def train(
    model: nn.Module,
    loss: Callable[..., Tensor],
    batches: Batches,
    validation: Callable[[], float],
    steps: int,
) -> None:
    """Train with Adam and leave the model as it was when the validation loss was lowest.

    Args:
        model: trained in place.
        loss: of a batch, the mean over its pictures.
        batches: a function of the step.
        validation: the validation loss of the model now, looked at 20 times.
        steps: updates.
    """
    run = Run({"model": model}, {"loss": torch.optim.Adam(model.parameters(), 1e-3)})

    def update(batch: Tensor | tuple[Tensor, ...]) -> dict[str, Tensor]:
        parts = batch if isinstance(batch, tuple) else (batch,)
        value = loss(*(part for part in parts))
        run.descend(value, "loss")
        return {"loss": value}

    lowest, kept = float("inf"), copy.deepcopy(model.state_dict())
    for step in run.fit(update, batches, steps):
        if step.step % max(1, steps // CHECKS) == 0:
            with torch.no_grad():
                now = validation()
            if now < lowest:
                lowest, kept = now, copy.deepcopy(model.state_dict())
    model.load_state_dict(kept)
