"""Every exercise of the book keeps the rules of ``exercise_rules``, and these can find a fault."""

import pytest
from exercise_rules import LEVEL, faults, shared_names
from nbformat import NotebookNode
from normalize_notebooks import fold_cells

from notebooks import CHAPTERS, NOTEBOOKS, label, markdown, number, python, read, tagged


@pytest.mark.parametrize("path", NOTEBOOKS, ids=label)
def test_exercises_follow_the_pattern(path):
    assert not faults(read(path), number(path))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=label)
def test_there_are_enough_of_every_level(path):
    tasks = tagged(read(path), "exercise")
    levels = {m[1] or m[2] for task in tasks if (m := LEVEL.search(task["source"]))}
    assert len(tasks) >= (3 if path in CHAPTERS else 1)
    assert path not in CHAPTERS or levels == {"A", "B", "C"}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=label)
def test_nothing_else_uses_what_a_solution_defines(path):
    assert not shared_names(read(path))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=label)
def test_cells_are_folded_as_their_tags_say(path):
    cells = [{"cell_type": cell["cell_type"], "metadata": cell["metadata"]} for cell in read(path)]
    notebook = NotebookNode(cells=[NotebookNode(metadata=dict(cell["metadata"])) for cell in cells])
    fold_cells(notebook)
    assert [cell.metadata for cell in notebook.cells] == [cell["metadata"] for cell in cells]


GOOD = [
    markdown("**Exercise 3.1 (A).** Write `half(x)`.\n<details>Divide.</details>", "exercise"),
    python(
        'def half(x):\n    """Half of x."""\n'
        "    ### BEGIN SOLUTION\n    return x / 2\n    ### END SOLUTION",
        "solution",
    ),
    python(
        "@self_check\ndef check_3_1(half):\n    result = half(3)\n"
        '    assert result == 1.5, "Half of 3 is 1.5."',
        "self-check",
    ),
    python(
        'for wrong in (int, abs, str):\n    refuses(check_3_1, "Half", half=wrong)\n'
        "accepts(check_3_1, half=lambda x: 0.5 * x)",
        "mutants",
    ),
]


def test_a_right_exercise_has_no_fault():
    assert faults(GOOD, "3") == []


@pytest.mark.parametrize(
    ("cell", "old", "new", "message"),
    [
        (0, "3.1", "3.2", "does not begin with its number"),
        (0, "(A)", "", "lacks its level"),
        (1, "def", "x = 1\ndef", "only defines functions"),
        (1, "    ### BEGIN SOLUTION\n", "", "markers"),
        (1, "    ### BEGIN SOLUTION\n    return", "    y = 1\n    ### BEGIN SOLUTION\n    return",
         "only the first line"),
        (2, "@self_check\n", "", "@self_check"),
        (2, "check_3_1", "check_3_2", "should be called check_3_1"),
        (2, "(half)", "(half, more)", "no assertion depends on more"),
        (2, "result = half(3)", "result = 1.5", "no assertion depends on half"),
        (2, ', "Half of 3 is 1.5."', "", "say what is wrong"),
        (3, ", str)", ")", "fewer than three"),
        (3, "accepts(", "print(", "no right answer"),
        (3, "half=wrong", "other=wrong", "no wrong answer is tried for half"),
        (3, "refuses(check_3_1", "refuses(check_3_2", "another exercise"),
        (3, "for wrong in (int, abs, str):\n   ", "def never(wrong):\n   ", "fewer than three"),
    ],
)  # fmt: skip
def test_a_planted_fault_is_found(cell, old, new, message):
    cells = [dict(each) for each in GOOD]
    assert old in cells[cell]["source"]
    cells[cell]["source"] = cells[cell]["source"].replace(old, new)
    assert any(message in fault for fault in faults(cells, "3")), faults(cells, "3")


def test_cells_in_another_order_are_found():
    assert "stands apart" in faults([*GOOD[:2], markdown("Between."), *GOOD[2:]], "3")[0]
    assert "after" in faults([*GOOD[:2], GOOD[3]], "3")[0]
    assert "nothing after the self-check" in faults(GOOD[:3], "3")[0]
    assert shared_names([*GOOD, python("half(4)")])
    assert not shared_names(GOOD)
