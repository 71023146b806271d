"""The explorer's markup, read back by a parser and an image decoder of its own."""

import base64
import io
import json
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from aigc_lessons.errors import CourseError
from aigc_lessons.plots import CLASS_COLOURS
from aigc_lessons.widgets import Explorer

ROWS, COLUMNS, HEIGHT, WIDTH = 3, 5, 4, 6


class Page(HTMLParser):
    """Collects every element with its attributes, and the text of each kind of element.

    The elements that the explorer's script adds stand in a script element, and are read, too.
    """

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: dict[str, str] = {}
        self.open = ""
        self.is_stage = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open = tag
        self.elements.append((tag, dict(attrs)))
        self.is_stage = dict(attrs).get("class") == "explorer-template"

    def handle_data(self, data: str) -> None:
        self.text[self.open] = self.text.get(self.open, "") + data
        if self.is_stage:
            self.elements += Page(data).elements

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for found, attributes in self.elements if found == tag]


@pytest.fixture
def frames() -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (ROWS, COLUMNS, HEIGHT, WIDTH), dtype=np.uint8)


def explorer(frames, points=None, labels=None, **changes) -> Explorer:
    settings = {"x_range": (-2, 2), "y_range": (-1, 1), "title": "Map", "description": "Digits."}
    return Explorer(frames, points=points, labels=labels, **(settings | changes))


def test_sheet_holds_every_frame_with_z2_upwards(frames):
    source = Page(explorer(frames)._repr_html_()).all("img")[0]["src"]
    sheet = np.asarray(Image.open(io.BytesIO(base64.b64decode(source.partition(",")[2]))))
    for row in range(ROWS):
        for column in range(COLUMNS):
            top, left = (ROWS - 1 - row) * HEIGHT, column * WIDTH
            cell = sheet[top : top + HEIGHT, left : left + WIDTH]
            assert np.array_equal(cell, frames[row, column])


def test_grid_reaches_the_script(frames):
    (figure,) = Page(explorer(frames)._repr_html_()).all("figure")
    grid = json.loads(figure["data-explorer"])
    names = ["z1", "z2"]
    assert grid == {"rows": ROWS, "columns": COLUMNS, "x": [-2, 2], "y": [-1, 1], "names": names}


def test_text_alternative_and_escaping(frames):
    page = Page(explorer(frames, title='<b>"A"', description="One & all.")._repr_html_())
    alt = page.all("img")[0]["alt"]
    assert alt.startswith("One & all.")
    assert "3 by 5 pictures" in alt
    assert len(page.all("b")) == 2, "only the axes are bold: the title's markup stays text"
    assert page.text["strong"].startswith('<b>"A"')


def test_no_address_of_another_host(frames):
    html = explorer(frames, np.zeros((1, 2)), [0])._repr_html_()
    assert "http" not in html
    assert "//" not in Page(html).text["style"]


def test_points_fall_in_the_cell_of_their_picture(frames):
    # z1 = -2 is the middle of the first of five columns, z2 = 1 that of the highest of three rows.
    page = Page(explorer(frames, [[-2, 1], [0, 0], [9, 0]])._repr_html_())
    dots = next(path["d"] for path in page.all("path") if path.get("class") == "explorer-points")
    assert dots == "M10.0 16.7h0M50.0 50.0h0", "a point outside the map is left out"


def test_one_colour_and_one_name_a_class(frames):
    labels = np.array([7, 3, 7, 1])
    page = Page(explorer(frames, np.zeros((4, 2)), labels)._repr_html_())
    strokes = [path["stroke"] for path in page.all("path") if "stroke" in path]
    assert strokes == list(CLASS_COLOURS[:3])
    assert len(page.all("li")) == len(page.all("text")) == 3


def test_same_input_same_output(frames):
    points, labels = np.random.default_rng(1).normal(size=(20, 2)), np.arange(20) % 4
    first = explorer(frames, points, labels)._repr_html_()
    assert first == explorer(frames.copy(), points.copy(), labels.copy())._repr_html_()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"frames": np.zeros((2, 2, 3, 3))}, "uint8"),
        ({"frames": np.zeros((2, 2, 3), np.uint8)}, "rows, columns, H, W"),
        ({"frames": np.zeros((1, 2, 3, 3), np.uint8)}, "at least two rows"),
        ({"x_range": (2, -2)}, "x_range"),
        ({"x_range": "ab"}, "x_range"),
        ({"y_range": (0, float("nan"))}, "y_range"),
        ({"points": np.zeros((4, 3))}, r"\(N, 2\)"),
        ({"points": [[0, float("inf")]]}, "not finite"),
        ({"labels": [1]}, "without points"),
        ({"points": np.zeros((4, 2)), "labels": [1, 2]}, "one label a point"),
        ({"points": np.zeros((11, 2)), "labels": range(11)}, "11 classes"),
        ({"title": " "}, "title"),
        ({"description": None}, "description"),
    ],
)
def test_bad_input_is_one_clear_error(frames, changes, message):
    with pytest.raises(CourseError, match=message):
        explorer(**({"frames": frames} | changes))


def test_axes_carry_their_names(frames):
    page = Page(explorer(frames, axis_names=("mean", "a < b"))._repr_html_())
    assert "mean grows from -2" in page.all("img")[0]["alt"]
    assert "a < b from -1" in page.all("img")[0]["alt"]
    assert json.loads(page.all("figure")[0]["data-explorer"])["names"] == ["mean", "a < b"]
    with pytest.raises(CourseError, match="the name of y"):
        explorer(frames, axis_names=("mean", " "))
