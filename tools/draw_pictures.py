"""Draw the pictures of the landing page and of the parts with the course's models.

usage: python tools/draw_pictures.py
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor, nn
from torch.distributions import Normal
from torch.nn import functional as F  # noqa: N812

from aigc_lessons import plots, recipes, results, zoo
from aigc_lessons.data.augmentation import CHANGES
from aigc_lessons.data.grammar import Grammar, animal_rules
from aigc_lessons.data.images import mnist
from aigc_lessons.data.toy import GaussianMixture

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


def part_one() -> Figure:
    """Data, a sense of nearness, and training: the three questions of part 1."""
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(9.2, 2.7))
    digits = mnist().images[::62][:64, 0].unflatten(0, (8, 8)).numpy()
    left.imshow(np.concatenate(np.concatenate(digits, 1), 1), vmin=0, vmax=1)
    left.set(title="which data?", xticks=[], yticks=[])
    left.grid(visible=False)
    _draw_fits(middle)
    _draw_training(right)
    plt.close(figure)
    return figure


def _draw_fits(axes: Axes) -> None:
    """Draw two humps and the Gaussian nearest to them by either Kullback-Leibler divergence."""
    target = GaussianMixture([[-2.0], [2.0]], 0.6, [0.6, 0.4])
    x = torch.linspace(-5, 5, 1001)
    p = target.log_density(x[:, None]).exp()
    # forward KL is least where mean and variance agree
    mean = (p * x).sum() / p.sum()
    scale = ((p * (x - mean) ** 2).sum() / p.sum()).sqrt()
    axes.fill_between(x, p, color=plots.CLASS_COLOURS[9], alpha=0.35, linewidth=0)
    axes.plot(x, Normal(mean, scale).log_prob(x).exp(), label="covers")
    grid = [(m, s) for m in torch.linspace(-3, 3, 121) for s in torch.linspace(0.3, 3, 109)]
    m, s = min(grid, key=lambda fit: _reverse_kl(Normal(*fit), x, p))
    axes.plot(x, Normal(m, s).log_prob(x).exp(), "--", label="seeks")
    axes.set(title="near in which sense?", xlabel="x", ylabel="density")
    axes.legend()


def _reverse_kl(q: Normal, x: Tensor, p: Tensor) -> float:
    log_q = q.log_prob(x)
    return float((log_q.exp() * (log_q - p.log())).sum() * (x[1] - x[0]))


def _draw_training(axes: Axes) -> None:
    """Draw the losses of a small network that learns 200 digits by heart."""
    torch.manual_seed(0)
    digits, others = mnist(), mnist("held-out")
    x, y = digits.images[::20].flatten(1), digits.labels[::20]
    network = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
    optimizer = torch.optim.Adam(network.parameters(), 1e-3)
    losses: dict[str, list[float]] = {"training": [], "held out": []}
    for _ in range(200):
        loss = F.cross_entropy(network(x), y)
        held_out = F.cross_entropy(network(others.images.flatten(1)), others.labels)
        losses["training"].append(float(loss.detach()))
        losses["held out"].append(float(held_out.detach()))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    for (name, values), style in zip(losses.items(), ("-", "--"), strict=True):
        axes.plot(values, style, label=name)
    axes.set(title="when to stop?", xlabel="step", ylabel="loss (nats)", yscale="log")
    axes.legend()


def changes() -> Figure:
    """The same ten digits as they are and as chapter 2 changes them."""
    digits = mnist().images[::400]
    generator = torch.Generator().manual_seed(3)
    names = ("as they are", "turned", "shifted", "flipped")
    rows = [CHANGES[name](digits, generator) for name in names]
    return plots.image_grid(torch.cat(rows), row_labels=names, scale=0.5)


def alone(draw: Callable[[Axes], None]) -> Figure:
    """One panel of the picture of part 1 as a picture of its own."""
    figure, axes = plt.subplots(figsize=(5.2, 2.9))
    draw(axes)
    plt.close(figure)
    return figure


@torch.no_grad()
def part_two() -> Figure:
    """Where held-out digits lie on the latent plane, and what the decoder draws there."""
    digits = mnist("held-out")
    means = zoo.load("vae-mnist-2d").encode(digits.images)[0]
    return plots.latent_map(means, digits.labels)


def _draw_paths(axes: Axes) -> None:
    """Draw how three ways of stepping play f(x, y) = xy: x descends it, y climbs it."""
    rate, steps = 0.15, 90
    paths = {}
    x, y = 1.0, 0.0
    paths["both at once"] = [(x, y)]
    for _ in range(steps // 3):
        x, y = x - rate * y, y + rate * x
        paths["both at once"].append((x, y))
    x, y = 1.0, 0.0
    paths["by turns"] = [(x, y)]
    for _ in range(steps):
        x -= rate * y
        y += rate * x
        paths["by turns"].append((x, y))
    now = before = torch.tensor([1.0, 0.0])
    turn = torch.tensor([[0.0, -1.0], [1.0, 0.0]])  # the direction in which both players step
    paths["optimistic"] = [tuple(now.tolist())]
    for _ in range(2 * steps):
        now, before = now + rate * turn @ (2 * now - before), now
        paths["optimistic"].append(tuple(now.tolist()))
    for (name, path), style in zip(paths.items(), ("-", ":", "--"), strict=True):
        axes.plot(*zip(*path, strict=True), style, label=name)
    axes.plot(0, 0, "k*")
    axes.set(title="who converges?", xlabel="x", ylabel="y", aspect="equal")
    axes.legend(loc="upper left", bbox_to_anchor=(1.02, 1))


def from_noise() -> Figure:
    """Random samples of chapter 10's generators, not a selection: a row of each."""
    names = {"digits": "mnist", "clothes": "fashion", "sprites": "sprites", "photos": "cifar10"}
    walls = []
    for name in names.values():
        pictures = recipes.sample(zoo.load(f"gan-{name}"), 10, seed=0)
        margin = (32 - pictures.shape[-1]) // 2
        walls.append(F.pad(pictures, [margin] * 4).expand(-1, 3, -1, -1))
    return plots.image_grid(torch.cat(walls), row_labels=list(names), scale=0.5)


def collapse() -> Figure:
    """The modes of chapter 11's games over time, with faults and mended, from the stored result."""
    table = results.load("collapse").cases
    figure, panels = plt.subplots(1, 2, figsize=(5.2, 2.4), sharey=True)
    rows = {"nothing": "two faults", "no momentum, equal rates, R1 + R2": "mended"}
    for panel, (case, title) in zip(panels, rows.items(), strict=True):
        curves = {int(k[9:]): v.values for k, v in table[case].items() if k.startswith("modes at ")}
        panel.plot(list(curves), list(curves.values()), color="C0", linewidth=1, alpha=0.6)
        panel.set(title=title, xlabel="updates", ylim=(-0.3, 8.3), yticks=(0, 4, 8))
    panels[0].set_ylabel("modes covered, of 8")
    plt.close(figure)
    return figure


@torch.no_grad()
def chosen_digits() -> Figure:
    """Six latents, each drawn with all ten labels by the conditional GAN of chapter 12."""
    generator = zoo.load("gan-mnist-conditional")
    torch.manual_seed(0)
    z = torch.randn(6, generator.latents).repeat_interleave(10, 0)
    return plots.image_grid(generator(z, torch.arange(10).repeat(6)), columns=10)


def quality_and_diversity() -> Figure:
    """Chapter 13's writers of the grammar with three seeds, from the stored result."""
    table = results.load("text_gans").cases
    temperatures = (" at 0.3", " at 0.5", " at 0.7", " at 0.85", "", " at 1.2")
    row = table["grammar, likelihood"]
    figure, axes = plt.subplots(figsize=(5.2, 3.2))
    for seed in range(3):
        curve = [
            [row[quantity + at].values[seed] for at in temperatures]
            for quantity in ("valid", "entropy")
        ]
        label = None if seed else "likelihood, six temperatures"
        axes.plot(*curve, "C0.-", linewidth=1, label=label)
    for case, style, name in (
        ("a third of the likelihood", "C7x", "a third of its updates"),
        ("a third, then straight-through", "C3D", "... then straight-through"),
        ("a third, then REINFORCE", "C4v", "... then REINFORCE"),
    ):
        points = table[f"grammar, {case}"]
        found = [points[quantity].values for quantity in ("valid", "entropy")]
        axes.plot(*found, style, markersize=5, label=name)
    axes.axhline(Grammar(animal_rules()).entropy(), color="k", linestyle=":", linewidth=1)
    axes.set(xlabel="quality: share of correct texts", ylabel="diversity (nats per text)")
    axes.legend(fontsize=8, loc="lower left")
    plt.close(figure)
    return figure


def counting_and_memory() -> Figure:
    """What unseen names cost models that learnt from the same names, from the stored result."""
    table = results.load("memory").cases
    figure, axes = plt.subplots(figsize=(5.2, 3.2))
    sizes = ("1,000", "5,000", "25,000")
    x = [int(size.replace(",", "")) for size in sizes]
    for model, style, name in (("Kneser-Ney", "C1s--", "counting"), ("GRU", "C0o-", "memory")):
        costs = [table[f"{model}, {size} names"]["nats per character"].mean for size in sizes]
        axes.plot(x, costs, style, label=name)
    axes.set(xscale="log", xlabel="names learnt from", ylabel="nats per character")
    axes.set_xticks(x, sizes)
    axes.minorticks_off()
    axes.legend()
    plt.close(figure)
    return figure


def main() -> None:
    """Draw all pictures; the same weights give the same pictures."""
    plots.set_style()
    FOLDER.mkdir(exist_ok=True)
    for name, draw in (
        ("hero", hero),
        ("chapter-01", first_models),
        ("chapter-02", changes),
        ("chapter-03", partial(alone, _draw_fits)),
        ("chapter-04", partial(alone, _draw_training)),
        ("chapter-06", latent_plane),
        ("chapter-09", partial(alone, _draw_paths)),
        ("chapter-10", from_noise),
        ("chapter-11", collapse),
        ("chapter-12", chosen_digits),
        ("chapter-13", quality_and_diversity),
        ("chapter-14", counting_and_memory),
        ("part-1", part_one),
        ("part-2", part_two),
    ):
        draw().savefig(
            FOLDER / f"{name}.png", dpi=110, bbox_inches="tight", metadata={"Software": None}
        )
        print(f"drew {name}.png")


if __name__ == "__main__":
    main()
