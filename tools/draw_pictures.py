"""Draw the pictures of the landing page with the course's own models.

usage: python tools/draw_pictures.py
"""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.figure import Figure

from aigc_lessons import plots, recipes, zoo
from aigc_lessons.data.images import mnist

FOLDER = Path(__file__).parents[1] / "book" / "images"


def hero() -> Figure:
    """Random samples of the VAE of chapter 6, not a selection."""
    return plots.image_grid(recipes.sample(zoo.load("vae-mnist"), 96, seed=1), columns=16)


def first_models() -> Figure:
    """Samples of chapter 1's simplest generators above real digits."""
    digits = mnist()
    generator = torch.Generator().manual_seed(0)
    flat = digits.images.flatten(1)
    rate = flat.mean(0)
    pixels = torch.bernoulli(rate.expand(10, -1), generator=generator)
    gaussian = []
    for label in range(10):
        own = flat[digits.labels == label]
        covariance = torch.cov(own.T) + 1e-3 * torch.eye(784)
        draw = torch.randn(784, generator=generator)
        gaussian.append(own.mean(0) + torch.linalg.cholesky(covariance) @ draw)
    real = digits.images[::400].flatten(1)
    rows = torch.cat([pixels, torch.stack(gaussian), real]).unflatten(1, (28, 28))
    labels = ["independent pixels", "Gaussian per class", "real"]
    return plots.image_grid(rows, row_labels=labels, scale=0.5)


@torch.no_grad()
def latent_plane() -> Figure:
    """What the decoder with two latents draws at the places of a square of its latent plane."""
    axis = torch.linspace(2.4, -2.4, 12)
    rows, columns = torch.meshgrid(axis, axis.flip(0), indexing="ij")
    z = torch.stack([columns, rows], -1).flatten(0, 1)
    pictures = zoo.load("vae-mnist-2d").decode(z).sigmoid()[:, 0].unflatten(0, (12, 12))
    wall = np.concatenate(np.concatenate(pictures.numpy(), 1), 1)
    figure, axes = plt.subplots(figsize=(4.4, 4.4))
    axes.imshow(wall, vmin=0, vmax=1)
    axes.set_axis_off()
    plt.close(figure)
    return figure


def main() -> None:
    """Draw all pictures; the same weights give the same pictures."""
    FOLDER.mkdir(exist_ok=True)
    for name, draw in (
        ("hero", hero),
        ("chapter-01", first_models),
        ("chapter-06", latent_plane),
    ):
        draw().savefig(FOLDER / f"{name}.png", dpi=110, metadata={"Software": None})
        print(f"drew {name}.png")


if __name__ == "__main__":
    main()
