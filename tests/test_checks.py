"""Checks of exercises: what they accept, what they refuse, and what a learner is told."""

from typing import Any

import pytest
import torch
from IPython.core.interactiveshell import InteractiveShell

from aigc_lessons import checks
from aigc_lessons.errors import CourseError

ANSWER = """
import torch
from aigc_lessons.checks import self_check, accepts, refuses, refuses_distortions
def centre(x):
    return x - x.mean(0)
"""
STUB = "def centre(x):\n    raise NotImplementedError"
CHECK = """
@self_check
def check_1_2(centre):
    x = torch.tensor([[1.0, 5.0], [3.0, 6.0]])
    assert centre(x).shape == x.shape, "Keep the shape."
    assert torch.allclose(centre(x), torch.tensor([[-1.0, -0.5], [1.0, 0.5]])), "The mean of rows?"
    return "Each column adds up to zero."
"""


class Notebook:
    """Runs cells as a notebook does."""

    def __init__(self) -> None:
        self.shell = InteractiveShell()

    def __call__(self, source: str) -> Any:
        result = self.shell.run_cell(source)
        return result.error_in_exec or result.error_before_exec


@pytest.fixture
def notebook() -> Notebook:
    made = Notebook()
    assert made(ANSWER) is None
    return made


@pytest.fixture
def student(notebook: Notebook) -> Notebook:
    notebook.shell.user_ns["self_check"] = checks.SelfStudy(notebook.shell, ["centre"])
    return notebook


def test_a_right_answer_is_praised_in_both_editions(notebook: Notebook, capsys: Any) -> None:
    assert notebook(CHECK) is None
    notebook.shell.user_ns["self_check"] = checks.SelfStudy(notebook.shell, ["centre"])
    assert notebook(CHECK) is None
    line = "Exercise 1.2: right. Each column adds up to zero.\n"
    assert capsys.readouterr().out == 2 * line


def test_a_wrong_answer_raises_where_it_is_graded(notebook: Notebook) -> None:
    notebook("def centre(x): return x - x.mean()")
    assert isinstance(notebook(CHECK), AssertionError)
    notebook(STUB)
    assert isinstance(notebook(CHECK), NotImplementedError)
    notebook("del centre")
    assert isinstance(notebook(CHECK), checks.NotDefined)


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        (STUB, "not attempted yet."),
        ("def centre(x):\n    return x[0]", "not yet. Keep the shape."),
        ("def centre(x):\n    return x - x.mean()", "not yet. The mean of rows?"),
        (
            "def centre(x):\n    return x\n    -)",
            "centre is not defined. Its cell ended with SyntaxError (line 3).",
        ),
        ("centre = torch.nosuch", "centre is not defined. Its cell ended with AttributeError."),
        (
            "def centre(x):\n    y = x\n    return y.men(0)",
            "AttributeError in line 3 of your cell: 'Tensor' object has no attribute 'men'",
        ),
        ("del centre", "centre is not defined. Run the cell of your answer first."),
    ],
)
def test_self_study_says_one_line_and_goes_on(
    student: Notebook, capsys: Any, answer: str, line: str
) -> None:
    student(answer)
    capsys.readouterr()
    assert student(CHECK) is None
    assert capsys.readouterr().out == f"Exercise 1.2: {line}\n"


def test_an_answer_mended_after_an_error_counts(student: Notebook, capsys: Any) -> None:
    student("def centre(x) return")
    student("other = nosuch(centre)")
    assert student("centre = lambda x: x - x.mean(0, keepdim=True)") is None
    capsys.readouterr()
    student(CHECK)
    assert "right" in capsys.readouterr().out


def test_wrong_answers_must_be_refused_with_their_message(notebook: Notebook) -> None:
    notebook(CHECK)
    good = (
        'refuses(check_1_2, "rows", centre=lambda x: x - x.mean())\n'
        "accepts(check_1_2, centre=lambda x: x - x.sum(0) / len(x))\n"
        'refuses_distortions(check_1_2, "centre")'
    )
    assert notebook(good) is None
    for cell, message in (
        ('refuses(check_1_2, "rows", centre=lambda x: x[0])', "says: Keep the shape"),
        ('refuses(check_1_2, "rows", centre=lambda x: x - x.mean(0))', "accepts a wrong answer"),
        ("accepts(check_1_2, centre=lambda x: x)", "refuses a right answer"),
    ):
        error = notebook(cell)
        assert isinstance(error, CourseError) and message in str(error)


def test_distortions_find_a_check_that_looks_at_shapes_alone(notebook: Notebook) -> None:
    notebook(CHECK.replace("torch.allclose(centre(x)", "x.shape == x.shape or (centre(x)"))
    error = notebook('refuses_distortions(check_1_2, "centre")')
    assert isinstance(error, CourseError) and "accepts zero results of centre" in str(error)
    kinds = {kind: "reason" for kind in checks.DISTORTIONS}
    assert notebook(f'refuses_distortions(check_1_2, "centre", but={kinds})') is None


def test_distortions_reach_into_every_form_of_result() -> None:
    zero = checks.DISTORTIONS["zero"]
    result = {"a": [torch.ones(2), (1, 2.5)], "b": True, "c": "text"}
    changed = checks._each(zero, result)
    assert changed["a"][0].tolist() == [0, 0]
    assert changed["a"][1] == (0, 0.0) and changed["b"] is False and changed["c"] == "text"


def test_numbers_outside_their_bounds_are_named() -> None:
    checks.check_bounds({"loss": (1.0, 0.5, 1.5)})
    with pytest.raises(CourseError, match="loss is nan, not between 0 and 1; share is 2, not"):
        checks.check_bounds({"loss": (float("nan"), 0, 1), "share": (2, 0, 1), "fine": (0, 0, 0)})


def test_a_check_has_the_name_of_its_exercise() -> None:
    with pytest.raises(CourseError, match="named like check_6_3"):
        checks.title_of(test_a_check_has_the_name_of_its_exercise)
