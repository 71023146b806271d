"""Copies of the chapters for nbval, in which every exercise is tried as a learner would.

A copy is the self-study edition, run from top to bottom. Each check first finds nothing attempted;
then come a wrong answer, the cells of the instructor's edition, and an answer with a syntax error.
So one run of a chapter tests both editions, and compares all outputs.

Usage: python tests/helpers/tried_chapters.py NOTEBOOKS FOLDER
"""

import json
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aigc_lessons.cli import editions

Cell = dict[str, Any]

# Hears what a check prints in the self-study edition, and compares it with what it should say.
HEAR = """
def _hear(check, expected, unexpected="$^"):
    import re

    from IPython.utils.capture import capture_output

    with capture_output() as heard:  # figures, too
        self_check(check)
    said = heard.stdout
    assert re.fullmatch(expected, said) and not re.search(unexpected, said), said
"""


@dataclass
class Exercise:
    """The cells of an exercise in the instructor's edition."""

    solutions: list[Cell] = field(default_factory=list)
    check: Cell = field(default_factory=dict)
    mutants: list[Cell] = field(default_factory=list)


def exercises(cells: list[Cell]) -> Iterator[Exercise]:
    """Give the exercises of the instructor's edition, in order."""
    exercise = Exercise()
    for cell in cells:
        if editions.has(cell, "solution"):
            if exercise.check:
                yield exercise
                exercise = Exercise()
            exercise.solutions.append(cell)
        elif editions.has(cell, "self-check"):
            exercise.check = cell
        elif editions.has(cell, "mutants"):
            exercise.mutants.append(cell)
    if exercise.check:
        yield exercise


def tried(notebook: Cell) -> Cell:
    """Return the copy of a notebook of the repository, which stays as it is.

    Raises:
        CourseError: an exercise is not whole.
    """
    made = editions.edition(notebook, "self-study")
    whole = exercises(notebook["cells"])
    cells: list[Cell] = []
    answers: list[str] = []
    for cell in made["cells"]:
        cells.append(cell)
        if editions.has(cell, "answer"):
            answers.append(editions.source(cell))
        elif editions.has(cell, "self-check"):
            cells += _trial(cell, answers, next(whole))
            answers = []
        elif "self_check = SelfStudy(" in editions.source(cell):
            cells.append(_code(HEAR))
    made["cells"] = [cell | {"id": f"cell-{index}"} for index, cell in enumerate(cells)]
    return made


def _trial(check: Cell, answers: list[str], whole: Exercise) -> Iterator[Cell]:
    """Give the cells that follow an untouched check, and write down what it will print."""
    name = re.search(r"def (check_(\w+)_(\d+))\(", editions.source(check))
    assert name is not None, editions.source(check)
    title = f"Exercise {name[2]}.{name[3]}"
    text = f"{title}: not attempted yet.\n"
    check["outputs"] = [{"output_type": "stream", "name": "stdout", "text": [text]}]
    check["execution_count"] = 1  # nbval calls a cell without it "unrun"
    check["metadata"]["tags"] = ["self-check"]  # nbval compares, even where it ignores a figure

    for answer in answers:
        yield _code(answer.replace(editions.STUB, "return None"))
    yield _code(f"_hear({name[1]}, r'{title}: .+\\n', r'{title}: right')")
    yield from (*whole.solutions, whole.check)
    yield _code(f"_hear({name[1]}, r'(?s){title}: right\\..*')")
    broken = answers[0].replace(editions.STUB, "return (")
    yield _code(broken, "raises-exception", "nbval-ignore-output")
    yield _code(f"_hear({name[1]}, r'{title}: \\w+ is not defined. Its .+ SyntaxError .+\\n')")
    yield from (_code(editions.source(solution)) for solution in whole.solutions)
    yield from whole.mutants


def _code(source: str, *tags: str) -> Cell:
    tagged = {"tags": list(tags)} if tags else {}
    made: Cell = {"cell_type": "code", "execution_count": 1, "metadata": tagged}
    return made | {"outputs": [], "source": source}


def write(notebooks: Path, folder: Path) -> None:
    """Write the copies of all notebooks below one folder into another, which is made anew."""
    shutil.rmtree(folder, ignore_errors=True)
    for path in sorted(notebooks.glob("*/*.ipynb")):
        copied = folder / path.relative_to(notebooks)
        copied.parent.mkdir(parents=True, exist_ok=True)
        notebook = json.loads(path.read_text(encoding="utf8"))
        copied.write_text(json.dumps(tried(notebook)), encoding="utf8")


if __name__ == "__main__":
    write(*map(Path, sys.argv[1:]))
