"""Measure how long each chapter is, as ``tests/book/test_lengths.py`` limits it.

Usage: python tools/chapter_lengths.py [NOTEBOOK...]
"""

import ast
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

Cell = dict[str, Any]

ROOT = Path(__file__).resolve().parents[1]
# Cells that the page folds, and those of the exercises, which test as much as they must.
FOLDED = {"plumbing", "check"}
ANSWERS = {"solution", "self-check", "mutants"}
# What a chapter may have at most; an excursion may have half.
LIMITS = {"words": 4_500, "visible": 480, "lines": 600, "cells": 75, "asserts": 20}
WIDTH = 88


def measure(cells: Sequence[Cell]) -> dict[str, int]:
    """Count what a reader has before them.

    Args:
        cells: of a notebook, each with its source as one text.

    Returns:
        words: of the Markdown cells, what a ``<details>`` folds and tables included. A formula and
            a piece of code count as one word each, a link counts as its text.
        visible: lines of code that are not folded. Empty lines do not count, here and below.
        lines: lines of code, folded or not, without the cells of the exercises.
        cells: what is not folded, Markdown and code; of an exercise, its task.
        asserts: assertions in visible cells.
    """
    shown = [cell for cell in cells if not ANSWERS & _tags(cell)]
    path = [cell for cell in shown if not FOLDED & _tags(cell)]
    code = [cell["source"] for cell in path if cell["cell_type"] == "code"]
    parts = [node for source in code for node in ast.walk(ast.parse(source))]
    prose = [cell["source"] for cell in path if cell["cell_type"] == "markdown"]
    return {
        "words": sum(map(_words, prose)),
        "visible": sum(map(_lines, code)),
        "lines": sum(_lines(cell["source"]) for cell in shown if cell["cell_type"] == "code"),
        "cells": len(path),
        "asserts": sum(isinstance(node, ast.Assert) for node in parts),
    }


def _tags(cell: Cell) -> set[str]:
    return set(cell["metadata"].get("tags", []))


def _lines(source: str) -> int:
    return sum(bool(line.strip()) for line in source.splitlines())


def _words(markdown: str) -> int:
    formula = r"```.*?```|`[^`]+`|\$\$.*?\$\$|\$[^$]+\$"
    text = re.sub(formula, "formula", markdown, flags=re.S)
    text = re.sub(r"\]\([^)]*\)|<[^>]*>", " ", text)
    return sum(bool(re.search(r"\w", word)) for word in text.split())


def main(argv: Sequence[str] | None = None) -> int:
    """Print a table of the notebooks; a number over its limit has an exclamation mark.

    Returns:
        0.
    """
    named = [Path(name) for name in (sys.argv[1:] if argv is None else argv)]
    print("chapter", *(f"{name:>9}" for name in LIMITS))
    for path in named or sorted((ROOT / "notebooks").glob("*/*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        numbers = measure([cell | {"source": "".join(cell["source"])} for cell in cells])
        part = 1 if re.match(r"\d\d-", path.name) else 2
        marked = (f"{n}{'!' if n > LIMITS[k] / part else ' '}" for k, n in numbers.items())
        print(f"{path.stem.partition('-')[0]:<7}", *(f"{each:>9}" for each in marked))
    return 0


if __name__ == "__main__":
    sys.exit(main())
