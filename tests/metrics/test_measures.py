"""The table of measures: the same in the package and in the book, and complete."""

import importlib
import inspect
import pkgutil
from pathlib import Path

from aigc_lessons import metrics
from aigc_lessons.metrics.measures import MEASURES, Measure

PAGE = Path(__file__).parents[2] / "book" / "measures.md"
# Steps on the way to a measure, not measures.
STEPS = {
    "images.extract_features",
    "images.frechet_distance",
    "images.polynomial_mmd",
    "likelihood.importance_weighted_bound",
    "text.characters_predicted",
}


def row(measure: Measure) -> str:
    """The line of the page that shows the measure."""
    anchor = measure.source.lower().replace(" ", "-").translate(str.maketrans("", "", "()."))
    source = f"[{measure.source}](bibliography.md#{anchor})" if measure.source else "a count"
    cells = (
        f"**{measure.name}**<br>`{measure.function}`<br>{source}",
        f"{measure.unit}<br>{measure.range}",
        measure.better,
        measure.reference,
    )
    return f"| {' | '.join(cells)} |"


def test_page_and_package_hold_the_same_table():
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    shown = [line for line in lines if line.startswith("|")][2:]
    assert shown == [row(measure) for measure in MEASURES]


def test_every_measure_is_computed_somewhere_and_every_computation_is_a_measure():
    public = set()
    for found in pkgutil.iter_modules(metrics.__path__):
        module = importlib.import_module(f"aigc_lessons.metrics.{found.name}")
        public |= {
            f"{found.name}.{name}"
            for name, function in inspect.getmembers(module, inspect.isfunction)
            if function.__module__ == module.__name__ and not name.startswith(("_", "check_"))
        }
    assert {measure.function for measure in MEASURES} == public - STEPS
    assert public > STEPS


def test_no_measure_is_listed_twice_or_left_half_described():
    assert len({measure.name for measure in MEASURES}) == len(MEASURES)
    for measure in MEASURES:
        assert measure.better in ("lower", "higher", "like the reference")
        assert measure.unit and measure.range and measure.reference
        assert "|" not in "".join((measure.name, measure.unit, measure.range, measure.reference))
