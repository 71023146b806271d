"""Figures in the one style of the course: picture walls, curves, maps of a latent space.

Every function returns a figure that pyplot no longer holds: a cell that ends with the call shows it
exactly once.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from aigc_lessons.errors import CourseError
from aigc_lessons.train.run import Step


def set_style() -> None:
    """Give every figure from now on the look of the course."""
    plt.style.use(Path(__file__).parent / "assets" / "course.mplstyle")


# Ten colours for ten classes (Paul Tol's muted scheme, grey last), for colour-blind readers too.
CLASS_COLOURS = (
    *("#332288", "#88ccee", "#44aa99", "#117733", "#999933"),
    *("#ddcc77", "#cc6677", "#882255", "#aa4499", "#777777"),
)


def _as_pictures(images: Any) -> np.ndarray:
    """Return images as (N, H, W) or (N, H, W, 3) in [0, 1]."""
    array = np.asarray(torch.as_tensor(images).detach().cpu(), dtype=float)
    channels = array.shape[1] if array.ndim == 4 else 1
    if array.ndim not in (3, 4) or channels not in (1, 3) or len(array) == 0:
        raise CourseError(
            "A wall of pictures needs shape (N, H, W), (N, 1, H, W) or (N, 3, H, W) with N of at "
            f"least 1, not {array.shape}."
        )
    if array.ndim == 4:
        array = array[:, 0] if channels == 1 else array.transpose(0, 2, 3, 1)
    return array.clip(0, 1)


def image_grid(
    images: Any,
    columns: int = 10,
    title: str | None = None,
    row_labels: Sequence[str] | None = None,
    scale: float = 0.62,
) -> Figure:
    """Draw pictures as a wall, row by row.

    Args:
        images: (N, H, W), (N, 1, H, W) or (N, 3, H, W), values in [0, 1]; others are clipped.
        columns: pictures in a row.
        title: above the wall.
        row_labels: one for each row.
        scale: inches per picture.

    Raises:
        CourseError: the images are none, or of another shape.
    """
    pictures = _as_pictures(images)
    columns = min(columns, len(pictures))
    rows = -(-len(pictures) // columns)
    height, width = pictures.shape[1:3]
    gap = max(1, height // 14)
    wall = np.ones(
        (rows * (height + gap) - gap, columns * (width + gap) - gap, *pictures.shape[3:])
    )
    for index, picture in enumerate(pictures):
        row, column = divmod(index, columns)
        top, left = row * (height + gap), column * (width + gap)
        wall[top : top + height, left : left + width] = picture
    margin = 0.9 if row_labels else 0.1
    figure, axes = plt.subplots(
        figsize=(scale * columns + margin, scale * rows + (0.4 if title else 0.1))
    )
    axes.imshow(wall, vmin=0, vmax=1)
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    axes.set_xticks([])
    labels = list(row_labels or [])
    axes.set_yticks([row * (height + gap) + height / 2 for row in range(len(labels))], labels)
    axes.tick_params(length=0)
    if title:
        axes.set_title(title)
    plt.close(figure)
    return figure


def curves(
    lines: Mapping[str, ArrayLike],
    xlabel: str = "step",
    ylabel: str = "loss",
    x: ArrayLike | None = None,
    title: str | None = None,
) -> Figure:
    """Draw named curves over a common axis.

    Args:
        lines: values by name, each (T,).
        xlabel: with its unit.
        ylabel: with its unit.
        x: (T,) positions; the index from 1 if None.
        title: above the axes.
    """
    figure, axes = plt.subplots()
    for name, values in lines.items():
        _draw_curve(axes, np.asarray(values, dtype=float), name, x)
    axes.set(xlabel=xlabel, ylabel=ylabel)
    if title:
        axes.set_title(title)
    if len(lines) > 1:
        axes.legend()
    plt.close(figure)
    return figure


def _draw_curve(axes: Axes, values: np.ndarray, name: str, x: ArrayLike | None) -> None:
    """Draw one curve; a long and noisy one faintly, with its running mean on top."""
    positions = np.arange(1, len(values) + 1) if x is None else np.asarray(x)
    window = len(values) // 50
    if window < 2:
        axes.plot(positions, values, label=name)
        return
    (line,) = axes.plot(positions, values, alpha=0.25, linewidth=0.8)
    mean = np.convolve(values, np.full(window, 1 / window), mode="valid")
    axes.plot(positions[window - 1 :], mean, color=line.get_color(), label=name)


def latent_map(
    points: Any, labels: Any, axis_names: tuple[str, str] = ("$z_1$", "$z_2$")
) -> Figure:
    """Draw two-dimensional latents as points, one colour and one letter in the legend per class.

    Args:
        points: (N, 2).
        labels: (N,) classes 0 to 9.
        axis_names: of the two latents.

    Raises:
        CourseError: the points are not two-dimensional, or there is not one label for each.
    """
    array = np.asarray(torch.as_tensor(points).detach().cpu())
    classes = np.asarray(torch.as_tensor(labels).cpu())
    if array.ndim != 2 or array.shape[1] != 2 or classes.shape != (len(array),):
        raise CourseError(
            f"A latent map needs points (N, 2) and labels (N,), not {array.shape} and "
            f"{classes.shape}. Project the latents to two dimensions first."
        )
    figure, axes = plt.subplots(figsize=(5.4, 4.6))
    for name in np.unique(classes):
        chosen = array[classes == name]
        colour = CLASS_COLOURS[int(name) % len(CLASS_COLOURS)]
        axes.scatter(
            chosen[:, 0], chosen[:, 1], s=9, color=colour, alpha=0.75, linewidths=0, label=str(name)
        )
        # the digit itself stands at the centre of its cloud, for readers who see few colours
        axes.annotate(
            str(name),
            np.median(chosen, axis=0),
            fontsize=13,
            fontweight="bold",
            ha="center",
            va="center",
            bbox={"boxstyle": "circle,pad=0.2", "facecolor": "#fbfaf7", "edgecolor": colour},
        )
    axes.set(xlabel=axis_names[0], ylabel=axis_names[1], aspect="equal")
    plt.close(figure)
    return figure


def live_curves(
    updates: Iterator[Step], names: Sequence[str] | None = None, every: int = 100, unit: str = ""
) -> Iterator[Step]:
    """Pass ``updates`` on and redraw the curves of their losses; the last picture stays.

    Args:
        updates: from ``Run.fit``.
        names: the losses to draw; all if None.
        every: updates between two pictures.
        unit: of the losses, for the axis.
    """
    from IPython.display import display  # only notebooks draw while they train

    history: dict[str, list[float]] = {}
    handle: Any = None
    draw: Callable[[], Figure] = lambda: curves(history, ylabel=unit or "loss")  # noqa: E731
    try:
        for update in updates:
            for name in names or update.losses:
                history.setdefault(name, []).append(update.losses[name])
            if update.step % every == 0:
                if handle is None:
                    handle = display(draw(), display_id=True)
                else:
                    handle.update(draw())
            yield update
    finally:
        if history and handle is not None:
            handle.update(draw())
        elif history:
            display(draw())
