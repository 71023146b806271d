"""A small chapter with two exercises, in the instructor's edition."""

import json
from typing import Any

GUARD = """
try:
    import aigc_lessons  # noqa: F401
except ModuleNotFoundError:
    raise SystemExit("Install the course first.") from None
"""
IMPORTS = "from aigc_lessons.checks import (\n    refuses,\n    self_check,\n)"
DOUBLE = '''
def double(x):
    """Twice the number."""
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION
'''
CHECK_DOUBLE = """
@self_check
def check_7_1(double):
    assert double(3) == 6, "Twice 3 is 6."
"""
PAIR = '''
def least(values):
    """The least value, or None."""
    ### BEGIN SOLUTION
    smallest = None
    for value in values:
        smallest = value if smallest is None else min(value, smallest)
    return smallest
    ### END SOLUTION


class Sum:
    """A sum that grows."""

    total = 0

    def add(self, x):
        """Add a number and return the sum."""
        ### BEGIN SOLUTION
        self.total += x
        return self.total
        ### END SOLUTION
'''
CHECK_PAIR = """
@self_check
def check_7_2(Sum, least):
    assert least([2, 1]) == 1, "The least of 2 and 1 is 1."
    assert Sum().add(2) == 2, "0 and 2 are 2."
    return "Both."
"""
PROSE = """
# 7 · Small

See [the notation](../../book/notation.md#units), [chapter 6](06-other.ipynb#idea),
![a picture](../../book/images/a%20hero.png), [the web](https://example.org/a.md), [below](#small)
and `[no](../link.md)`.
"""


def cell(number: int, source: str, *tags: str, kind: str = "code", **data: Any) -> dict[str, Any]:
    text = source.strip("\n").splitlines(keepends=True)
    made = {"cell_type": kind, "id": f"cell-{number}", "metadata": data, "source": text}
    if tags:
        data["tags"] = list(tags)
    if kind == "code":
        made |= {"execution_count": number, "outputs": []}
    return made


def printed(text: str) -> dict[str, Any]:
    return {"output_type": "stream", "name": "stdout", "text": [text]}


def small_chapter() -> dict[str, Any]:
    """Return the notebook as its file holds it."""
    folded = {"jupyter": {"source_hidden": True}, "mystnb": {"code_prompt_show": "Show solution"}}
    cells = [
        cell(0, PROSE, "section-title", kind="markdown"),
        cell(1, GUARD, "plumbing", "hide-input"),
        cell(2, IMPORTS, "plumbing", "hide-input"),
        cell(3, "print('shown')"),
        cell(4, "**Exercise 7.1 (A).** Double.", "exercise", kind="markdown"),
        cell(5, DOUBLE, "solution", "hide-input", **folded),
        cell(6, CHECK_DOUBLE, "self-check", "hide-cell"),
        cell(7, 'refuses(check_7_1, "Twice", double=lambda x: x)', "mutants", "remove-cell"),
        cell(8, "**Exercise 7.2 (B).** A pair.", "exercise", kind="markdown"),
        cell(9, PAIR, "solution", "hide-input"),
        cell(10, CHECK_PAIR, "self-check", "hide-cell"),
        cell(11, "after = 'the exercises'"),
    ]
    cells[3]["outputs"] = [printed("shown\n")]
    cells[5]["metadata"]["mystnb"]["image"] = {"alt": "A figure."}
    cells[6]["outputs"] = [printed("Exercise 7.1: right.\n")]
    cells[9]["outputs"] = [printed("a secret\n")]
    data = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return {"cells": cells, "metadata": data, "nbformat": 4, "nbformat_minor": 5}


def as_text(notebook: dict[str, Any]) -> str:
    return json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
