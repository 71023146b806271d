"""A chapter fits one sitting and a half, and its code fits the page.

The limits, and what counts, stand in ``tools/chapter_lengths.py``, which prints the table of all
chapters.
"""

import pytest
from chapter_lengths import LIMITS, WIDTH, main, measure

from notebooks import NOTEBOOKS, code, label, markdown, python, read


def limits(name: str) -> dict[str, int]:
    """Return what a chapter may have; an excursion, such as 03x, may have half."""
    return {key: most if name.isdigit() else most // 2 for key, most in LIMITS.items()}


def too_long(numbers: dict[str, int], name: str) -> list[str]:
    """Say which of a notebook's numbers lies above its limit."""
    most = limits(name)
    over = [key for key in most if numbers[key] > most[key]]
    return [f"{numbers[key]} {key}, not {most[key]} at most" for key in over]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=label)
def test_no_notebook_is_too_long(path):
    assert not too_long(measure(read(path)), label(path))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=label)
def test_code_is_as_wide_as_the_page(path):
    lines = [line for cell in code(read(path)) for line in cell["source"].splitlines()]
    assert not [line for line in lines if len(line) > WIDTH]


def test_what_is_too_long_is_found():
    cells = [
        markdown("One two $x + y$ `f(x)` [three](a.md).\n<details>Four words are here.</details>"),
        python("assert True\n\nx = 1"),
        python("assert x == 1", "check"),
        python("def f(): return 1", "solution"),
        python("f()", "mutants"),
    ]
    numbers = measure(cells)
    assert numbers == {"words": 9, "visible": 2, "lines": 3, "cells": 2, "asserts": 1}
    assert not too_long(numbers, "99")
    assert too_long(numbers | {"cells": 80}, "99") == ["80 cells, not 75 at most"]
    assert too_long(numbers | {"cells": 40}, "99x") == ["40 cells, not 37 at most"]


def test_the_table_marks_what_is_too_long(capsys, tmp_path):
    path = tmp_path / "99-long.ipynb"
    words = '{"cells": [{"cell_type": "markdown", "metadata": {}, "source": ["word "]}]}'
    path.write_text(words.replace("word ", "word " * 5_000), encoding="utf-8")
    assert main([str(path)]) == 0
    assert "5000!" in capsys.readouterr().out
