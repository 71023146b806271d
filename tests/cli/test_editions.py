"""The editions of a chapter: what a learner gets, and what the learner is told."""

import copy
from typing import Any

import nbformat
import pytest
from small_chapter import CHECK_DOUBLE, DOUBLE, small_chapter

from aigc_lessons.cli import editions
from aigc_lessons.errors import CourseError

Cell = dict[str, Any]


def texts(notebook: Cell) -> list[str]:
    return [editions.source(cell) for cell in notebook["cells"]]


def by_id(notebook: Cell) -> dict[str, Cell]:
    return {cell["id"]: cell for cell in notebook["cells"]}


@pytest.mark.parametrize("kind", ["self-study", "class", "graded"])
def test_every_edition_is_a_notebook_without_what_gives_answers_away(kind: Any) -> None:
    given = small_chapter()
    made = editions.edition(given, kind)
    nbformat.validate(nbformat.from_dict(made))
    assert given == small_chapter(), "the instructor's notebook has changed"
    code = [editions.source(cell) for cell in made["cells"] if cell["cell_type"] == "code"]
    assert "self.total += x" not in "".join(code) and "BEGIN SOLUTION" not in "".join(code)
    assert not [cell for cell in made["cells"] if editions.has(cell, "mutants")]
    assert made["metadata"] == given["metadata"] | {"aigc_lessons": {"edition": kind}}
    assert editions.edition_of(made) == kind and editions.edition_of(given) == "instructor's"


def test_an_answer_is_open_has_not_run_and_keeps_its_head() -> None:
    cells = by_id(editions.edition(small_chapter(), "self-study"))
    answer = cells["cell-5"]
    assert editions.source(answer) == (
        'def double(x):\n    """Twice the number."""\n'
        "    raise NotImplementedError  # write your answer here"
    )
    assert answer["metadata"] == {"tags": ["answer"], "mystnb": {"image": {"alt": "A figure."}}}
    for name in ("cell-5", "cell-6", "cell-9", "cell-10"):
        assert cells[name]["outputs"] == [] and cells[name]["execution_count"] is None
    pair = editions.source(cells["cell-9"])
    assert pair.count("    raise NotImplementedError") == 2 and "\n        raise" in pair


def test_what_is_no_exercise_stays_as_it_is() -> None:
    given, cells = by_id(small_chapter()), by_id(editions.edition(small_chapter(), "self-study"))
    for name in ("cell-0", "cell-1", "cell-3", "cell-4", "cell-8", "cell-11"):
        assert cells[name] == given[name]
    assert cells["cell-6"]["source"] == given["cell-6"]["source"]


def test_the_shipped_solution_is_folded_below_its_check_in_self_study_alone() -> None:
    made = editions.edition(small_chapter(), "self-study")
    places = list(by_id(made))
    assert places.index("cell-6-solution") == places.index("cell-6") + 1
    folded = by_id(made)["cell-6-solution"]
    clean = editions.solution_of({"source": DOUBLE.strip()})
    assert folded["cell_type"] == "markdown"
    assert f"Show solution</summary>\n\n```python\n{clean}\n```\n" in editions.source(folded)
    for kind in ("class", "graded"):
        assert not [i for i in by_id(editions.edition(small_chapter(), kind)) if "solution" in i]


def test_a_solution_with_fences_gets_a_longer_one() -> None:
    given = small_chapter()
    given["cells"][5]["source"] = DOUBLE.replace("2 * x", 'x + x  # not """```"""')
    assert "\n````python\n" in editions.source(
        by_id(editions.edition(given, "self-study"))["cell-6-solution"]
    )


def test_the_wrapper_follows_the_imports_and_names_all_answers() -> None:
    lines = (
        "from aigc_lessons.checks import SelfStudy\n"
        'self_check = SelfStudy(get_ipython(), ["double", "Sum", "least"])'
    )
    for kind, wrapped in [("self-study", True), ("class", True), ("graded", False)]:
        source = editions.source(by_id(editions.edition(small_chapter(), kind))["cell-2"])
        assert source.endswith(")\n\n" + lines) == wrapped
        assert ("SelfStudy" in "".join(texts(editions.edition(small_chapter(), kind)))) == wrapped


def test_a_notebook_without_exercises_is_only_marked() -> None:
    given = {"cells": [small_chapter()["cells"][3]], "metadata": {}}
    made = editions.edition(copy.deepcopy(given), "self-study")
    assert made["cells"] == given["cells"]


BEGIN, END = "    ### BEGIN SOLUTION\n", "    ### END SOLUTION\n"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (DOUBLE.replace(BEGIN, ""), "'### END SOLUTION' where the other"),
        (DOUBLE.replace(END, ""), "lacks the marker '### END SOLUTION'"),
        (DOUBLE.replace(END, BEGIN), "'### BEGIN SOLUTION' where the other"),
        (DOUBLE.replace(BEGIN, "").replace(END, ""), "lacks the marker '### BEGIN SOLUTION'"),
        ("### BEGIN SOLUTION\nanswer = 1\n### END SOLUTION", "outside of a function"),
        (DOUBLE.replace("(x):", "(x:"), "does not parse"),
    ],
)
def test_a_solution_that_is_not_marked_well_is_refused(source: str, message: str) -> None:
    given = small_chapter()
    given["cells"][5]["source"] = source.strip("\n")
    with pytest.raises(CourseError, match=message) as error:
        editions.edition(given, "class")
    assert "\n" not in str(error.value) and "The cell '" in str(error.value)


@pytest.mark.parametrize(
    ("place", "cell", "message"),
    [
        (3, {"source": [DOUBLE]}, "markers of a solution but not its tag"),
        (10, {"source": ["assert least"]}, "no @self_check function"),
        (10, {"metadata": {}}, "No self-check follows the solution"),
        (2, {"source": ["import math"]}, "no cell imports self_check"),
    ],
)
def test_an_exercise_that_is_not_whole_is_refused(place: int, cell: Cell, message: str) -> None:
    given = small_chapter()
    given["cells"][place] |= cell
    with pytest.raises(CourseError, match=message):
        editions.edition(given, "self-study")


def test_a_grader_is_told_by_an_error() -> None:
    made = by_id(editions.edition(small_chapter(), "graded"))
    names: dict[str, Any] = {}
    for name in ("cell-1", "cell-2", "cell-5"):
        exec(editions.source(made[name]), names)
    with pytest.raises(NotImplementedError):
        exec(CHECK_DOUBLE, names)
    exec("def double(x): return x", names)
    with pytest.raises(AssertionError, match="Twice 3"):
        exec(CHECK_DOUBLE, names)
