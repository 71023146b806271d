"""Figures: what is drawn is what was given, and nothing stays open in pyplot."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from aigc_lessons import plots
from aigc_lessons.errors import CourseError
from aigc_lessons.train.run import Step


def test_a_wall_holds_every_picture_in_its_place() -> None:
    pictures = torch.arange(7.0)[:, None, None, None].expand(7, 1, 14, 14) / 10
    figure = plots.image_grid(pictures, columns=3, row_labels=["a", "b", "c"])
    wall = figure.axes[0].images[0].get_array()
    assert wall.shape == (3 * 15 - 1, 3 * 15 - 1)
    for index in range(7):
        row, column = divmod(index, 3)
        tile = wall[row * 15 : row * 15 + 14, column * 15 : column * 15 + 14]
        assert np.allclose(tile, index / 10)
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["a", "b", "c"]
    assert plt.get_fignums() == []


def test_colours_are_kept_and_values_clipped() -> None:
    wall = plots.image_grid(2 * torch.ones(1, 3, 4, 4)).axes[0].images[0].get_array()
    assert wall.shape == (4, 4, 3)
    assert wall.max() == 1


@pytest.mark.parametrize("shape", [(0, 1, 4, 4), (4, 4), (2, 5, 4, 4), (1, 1, 1, 1, 1)])
def test_what_is_no_picture_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(CourseError, match="A wall of pictures needs"):
        plots.image_grid(torch.zeros(shape))


def test_long_curves_get_a_running_mean() -> None:
    values = np.arange(1000.0)
    figure = plots.curves({"a": values, "b": values[:10]}, ylabel="nats")
    lines = figure.axes[0].get_lines()
    assert len(lines) == 3  # raw and mean of a, b alone
    assert np.allclose(lines[1].get_ydata()[0], values[:20].mean())
    assert [t.get_text() for t in figure.axes[0].get_legend().get_texts()] == ["a", "b"]


def test_a_latent_map_names_every_class() -> None:
    points = torch.tensor([[0.0, 0.0], [2.0, 2.0], [5.0, 5.0]])
    figure = plots.latent_map(points, torch.tensor([3, 3, 7]))
    words = {text.get_text(): text.xy for text in figure.axes[0].texts}
    assert set(words) == {"3", "7"}
    assert np.allclose(words["3"], [1, 1])
    with pytest.raises(CourseError, match="points \\(N, 2\\)"):
        plots.latent_map(torch.zeros(3, 3), torch.zeros(3))


def test_live_curves_pass_everything_on(capsys: pytest.CaptureFixture[str]) -> None:
    steps = [Step(k, 10, {"loss": 1.0 / k}, 0.0) for k in range(1, 11)]
    assert list(plots.live_curves(iter(steps), every=4)) == steps
