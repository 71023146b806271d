"""Changed copies of pictures: turned, shifted, mirrored, scaled."""

from collections.abc import Callable
from itertools import permutations

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

Change = Callable[[Tensor, torch.Generator], Tensor]  # pictures (N, C, H, W), and its randomness

DEGREES = 15.0  # the largest turn
PIXELS = 2  # the largest shift


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
    moved = [p[:, y : y + height, x : x + width] for p, (y, x) in zip(padded, offset, strict=True)]
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


def shift_and_turn(batch: Tensor, generator: torch.Generator) -> Tensor:
    """Move each picture by up to 2 pixels, turn it by up to 10 degrees, scale it by up to 8 %.

    Args:
        batch: (N, C, H, W), background 0.
        generator: of the random amounts.
    """
    shift, turn, scale = torch.rand(3, len(batch), 2, generator=generator).mul(2).sub(1)
    angle = turn[:, 0] * torch.pi * 10 / 180
    size = 1 + 0.08 * scale[:, 0]
    offset = shift * 2 * 2 / batch.shape[-1]  # affine_grid measures in half pictures
    matrix = torch.stack(
        [
            torch.stack([angle.cos() * size, -angle.sin() * size, offset[:, 0]], 1),
            torch.stack([angle.sin() * size, angle.cos() * size, offset[:, 1]], 1),
        ],
        1,
    )
    grid = F.affine_grid(matrix, list(batch.shape), align_corners=False)
    return F.grid_sample(batch, grid, align_corners=False)


def mirror(batch: Tensor, generator: torch.Generator) -> Tensor:
    """Swap left and right of every other picture, on average.

    Args:
        batch: (N, C, H, W).
        generator: of the choice.
    """
    chosen = torch.rand(len(batch), 1, 1, 1, generator=generator) < 0.5
    return torch.where(chosen, batch.flip(-1), batch)


def mirror_and_recolour(batch: Tensor, generator: torch.Generator) -> Tensor:
    """Mirror by chance, and put red, green and blue of each picture into any order.

    What is grey, black or white stays so; a red potion may become a blue one.

    Args:
        batch: (N, 3, H, W).
        generator: of the choices.
    """
    order = torch.rand(len(batch), 3, generator=generator).argsort(1)
    mirrored = mirror(batch, generator)
    return mirrored.gather(1, order[:, :, None, None].expand_as(mirrored))


def mirrored_and_recoloured(pictures: Tensor) -> Tensor:
    """Every picture that :func:`mirror_and_recolour` can make of (N, 3, H, W): (12 N, 3, H, W)."""
    both = torch.cat([pictures, pictures.flip(-1)])
    return torch.cat([both[:, list(order)] for order in permutations(range(3))])
