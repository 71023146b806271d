"""Explorers: pictures on a map that a reader can move through, in JupyterLab and on the page."""

import base64
import io
import json
from html import escape
from importlib import resources
from string import Template
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from aigc_lessons.errors import CourseError
from aigc_lessons.plots import CLASS_COLOURS

Range = tuple[float, float]

# JupyterLab drops scripts with their content from a notebook that it does not trust, which leaves
# the sheet. Of a <template> it would keep the content, out of place.
_PAGE = Template("""\
<style>$css</style>
<figure class="explorer" data-explorer="$data">
<figcaption><strong>$title</strong> <span>$description</span></figcaption>
<img class="explorer-sheet" src="data:image/png;base64,$sheet" alt="$sheet_text">
<script type="text/html" class="explorer-template">
<div class="explorer-stage">
<div class="explorer-map" tabindex="0" role="application" data-lm-suppress-shortcuts="true"
 aria-label="$title: map. Arrow keys move, with Shift further, Home goes to the origin.">
<svg viewBox="0 0 100 100" aria-hidden="true">
$points<g class="explorer-cursor"><path d="M-100 0H100M0 -100V100"/><circle r="3"/></g>
</svg>
<div class="explorer-axis explorer-x" aria-hidden="true">
<span>$x0</span><b>$x_name</b><span>$x1</span></div>
<div class="explorer-axis explorer-y" aria-hidden="true">
<span>$y1</span><b>$y_name</b><span>$y0</span></div>
</div>
<div class="explorer-side">
<canvas class="explorer-frame" role="img" width="$width" height="$height"></canvas>
<output class="explorer-text" aria-live="polite"></output>
<p class="explorer-hint">Drag on the map or use the arrow keys.</p>
$legend</div>
</div>
</script>
</figure>
<script>$script</script>
""")


class Explorer:
    """A map with a cursor and, beside it, the picture that belongs to the cursor's place.

    The pictures are computed beforehand, so that nothing but a browser is needed. Ending a cell
    with an explorer shows it. Without JavaScript it is a sheet of all pictures.
    """

    def __init__(
        self,
        frames: npt.ArrayLike,
        x_range: Range,
        y_range: Range,
        points: npt.ArrayLike | None = None,
        labels: npt.ArrayLike | None = None,
        *,
        title: str,
        description: str,
        axis_names: tuple[str, str] = ("z1", "z2"),
    ) -> None:
        """Check and keep what the explorer shows.

        Args:
            frames: Grey pictures, uint8, (rows, columns, H, W); `frames[i, j]` is the picture at
                x = `linspace(*x_range, columns)[j]` and y = `linspace(*y_range, rows)[i]`.
            x_range: First and last x.
            y_range: First and last y.
            points: Places on the map, (N, 2), columns x and y. Those outside are not drawn.
            labels: The class of each point, (N,); at most ten classes.
            title: Names the explorer in a few words.
            description: One sentence for readers who cannot see the pictures, too.
            axis_names: What x and y are, in a letter or a word each.

        Raises:
            CourseError: Something does not fit; the message says what.
        """
        self.frames = _checked_frames(frames)
        self.x_range = _checked_range("x_range", x_range)
        self.y_range = _checked_range("y_range", y_range)
        self.points = _checked_points(points)
        self.labels = _checked_labels(labels, self.points)
        x_name, y_name = axis_names
        for name, text in (
            ("title", title),
            ("description", description),
            ("the name of x", x_name),
            ("the name of y", y_name),
        ):
            if not isinstance(text, str) or not text.strip():
                raise CourseError(f"{name} is {text!r}; say in words what the explorer shows.")
        self.axis_names = axis_names
        self.title = title
        self.description = description

    @property
    def sheet(self) -> Image.Image:
        """All pictures as one, laid out like the map: x grows to the right, y upwards."""
        rows, columns, height, width = self.frames.shape
        upwards = self.frames[::-1].transpose(0, 2, 1, 3)  # (rows, H, columns, W)
        return Image.fromarray(upwards.reshape(rows * height, columns * width))

    def _repr_html_(self) -> str:
        rows, columns, height, width = self.frames.shape
        x0, x1, y0, y1 = (f"{value:g}" for value in self.x_range + self.y_range)
        x_name, y_name = self.axis_names
        data = {"rows": rows, "columns": columns, "x": self.x_range, "y": self.y_range}
        data["names"] = self.axis_names
        png = io.BytesIO()
        self.sheet.save(png, "PNG", optimize=True)
        sheet_text = (
            f"{self.description} A sheet of {rows} by {columns} pictures: "
            f"{x_name} grows from {x0} on the left to {x1} on the right, "
            f"{y_name} from {y0} at the bottom to {y1} at the top."
        )
        return _PAGE.substitute(
            css=_asset("explorer.css"),
            script=_asset("explorer.js"),
            data=escape(json.dumps(data)),
            title=escape(self.title),
            description=escape(self.description),
            sheet=base64.b64encode(png.getvalue()).decode(),
            sheet_text=escape(sheet_text),
            points=self._points_svg(),
            legend=self._legend(),
            x_name=escape(x_name),
            y_name=escape(y_name),
            **{"x0": x0, "x1": x1, "y0": y0, "y1": y1, "width": width, "height": height},
        )

    def _classes(self) -> list[Any]:
        return [] if self.labels is None else np.unique(self.labels).tolist()

    def _on_map(self) -> npt.NDArray[np.float64]:
        """Places of the points in a map of 100 by 100, (N, 2), the origin at the top left.

        The map is one grid step wider than the ranges: each picture owns the cell around its place.
        """
        assert self.points is not None
        rows, columns = self.frames.shape[:2]
        low = np.array([self.x_range[0], self.y_range[0]])
        high = np.array([self.x_range[1], self.y_range[1]])
        counts = np.array([columns, rows])
        cells = (self.points - low) / (high - low) * (counts - 1) + 0.5
        places: npt.NDArray[np.float64] = 100 * cells / counts
        places[:, 1] = 100 - places[:, 1]
        return places

    def _points_svg(self) -> str:
        if self.points is None:
            return ""
        places = self._on_map()
        if self.labels is None:
            return _dots(places, "currentColor")
        dots, names = [], []
        for name, colour in zip(self._classes(), CLASS_COLOURS, strict=False):
            own = places[self.labels == name]
            x, y = np.median(own, axis=0)
            dots.append(_dots(own, colour))
            names.append(f'<text x="{x:.1f}" y="{y:.1f}">{escape(str(name))}</text>\n')
        return "".join(dots + names)

    def _legend(self) -> str:
        items = [
            f'<li><span style="background:{colour}"></span>{escape(str(name))}</li>'
            for name, colour in zip(self._classes(), CLASS_COLOURS, strict=False)
        ]
        return f'<ul class="explorer-legend">{"".join(items)}</ul>\n' if items else ""


def _asset(name: str) -> str:
    return resources.files("aigc_lessons").joinpath("assets", name).read_text(encoding="utf-8")


def _dots(places: npt.NDArray[np.float64], colour: str) -> str:
    inside = places[((places >= 0) & (places <= 100)).all(axis=1)]
    path = "".join(f"M{x:.1f} {y:.1f}h0" for x, y in inside)
    return f'<path class="explorer-points" stroke="{colour}" d="{path}"/>\n'


def _checked_frames(frames: npt.ArrayLike) -> npt.NDArray[np.uint8]:
    array = np.asarray(frames)
    if array.dtype != np.uint8:
        raise CourseError(
            f"frames has the type {array.dtype}; it must be uint8. From numbers in [0, 1]: "
            "(255 * frames).round().to(torch.uint8)."
        )
    if array.ndim != 4 or min(array.shape) < 1 or min(array.shape[:2]) < 2:
        raise CourseError(
            f"frames has the shape {array.shape}; expected (rows, columns, H, W) "
            "with at least two rows and two columns."
        )
    return array


def _numbers(name: str, values: npt.ArrayLike) -> npt.NDArray[np.float64]:
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise CourseError(f"{name} is {values!r}; it must hold numbers alone.") from error


def _checked_range(name: str, limits: Range) -> Range:
    values = _numbers(name, limits)
    if values.shape != (2,) or not np.isfinite(values).all() or values[0] >= values[1]:
        raise CourseError(f"{name} is {limits!r}; expected two numbers, the smaller one first.")
    return float(values[0]), float(values[1])


def _checked_points(points: npt.ArrayLike | None) -> npt.NDArray[np.float64] | None:
    if points is None:
        return None
    array = _numbers("points", points)
    if array.ndim != 2 or array.shape[1] != 2 or not len(array):
        raise CourseError(f"points has the shape {array.shape}; expected (N, 2) with N ≥ 1.")
    if not np.isfinite(array).all():
        raise CourseError("points holds values that are not finite; check the encoder's output.")
    return array


def _checked_labels(
    labels: npt.ArrayLike | None, points: npt.NDArray[np.float64] | None
) -> npt.NDArray[Any] | None:
    if labels is None:
        return None
    if points is None:
        raise CourseError("labels are given without points; pass the points that they colour.")
    array = np.asarray(labels)
    if array.shape != (len(points),):
        raise CourseError(
            f"labels has the shape {array.shape}; expected ({len(points)},), one label a point."
        )
    classes = len(np.unique(array))
    if classes > len(CLASS_COLOURS):
        raise CourseError(
            f"labels holds {classes} classes; the map can tell {len(CLASS_COLOURS)} apart. "
            "Group some of them."
        )
    return array
