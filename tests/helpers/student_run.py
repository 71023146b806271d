"""Work through the student edition of a chapter as a learner does, in one kernel."""

import copy
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell

from aigc_lessons.cli import student

Cell = dict[str, Any]


@dataclass(frozen=True)
class Heard:
    """What the check of one exercise printed, after each thing that a learner may do."""

    check: str  # the name of its function
    untouched: str  # in the run from top to bottom
    wrong: str  # every function of the answer returns None
    right: str  # the shipped solution
    broken: str  # the answer's cell has a syntax error, after the right one ran


def work_through(path: Path, seconds: int = 120) -> list[Heard]:
    """Run the self-study edition of a chapter from top to bottom, then answer every exercise.

    Args:
        path: of the instructor's notebook.
        seconds: that a cell may take.

    Raises:
        CellExecutionError: a cell of the untouched edition stops "Run All".
    """
    given = json.loads(path.read_text(encoding="utf8"))
    notebook = student.edition(given, "self-study")
    shipped = [student.solution_of(c) for c in given["cells"] if student.has(c, "solution")]
    heard = []
    with _kernel(notebook, path.parent, seconds) as run:
        untouched = {index: run(cell) for index, cell in enumerate(notebook["cells"])}
        # By check: its answers, each with its stub, and the solutions in the same order.
        for index, exercise, solutions in _exercises(notebook["cells"], shipped):
            check, stubs = notebook["cells"][index], list(map(student.source, exercise))

            def after(cells: list[str], check: Cell = check) -> str:
                for cell in cells:
                    run(_code(cell))
                return run(check)

            heard.append(
                Heard(
                    check=student.source(check).partition("def ")[2].partition("(")[0],
                    untouched=untouched[index],
                    wrong=after([stub.replace(student.STUB, "return None") for stub in stubs]),
                    right=after(solutions),
                    broken=after([stubs[0].replace(student.STUB, "return (")]),
                )
            )
    return heard


def _exercises(
    cells: list[Cell], shipped: list[str]
) -> Iterator[tuple[int, list[Cell], list[str]]]:
    waiting: list[Cell] = []
    for index, cell in enumerate(cells):
        if student.has(cell, "answer"):
            waiting.append(cell)
        elif student.has(cell, "self-check"):
            yield index, waiting, [shipped.pop(0) for _ in waiting]
            waiting = []


def _code(source: str) -> Cell:
    """Return a cell that may end with an error, as a learner's may."""
    return {"cell_type": "code", "source": source, "metadata": {"tags": ["raises-exception"]}}


@contextmanager
def _kernel(notebook: Cell, folder: Path, seconds: int) -> Iterator[Any]:
    """Start a kernel; give a function that runs a cell in it and returns what it printed."""
    client = NotebookClient(
        nbformat.from_dict(copy.deepcopy(notebook)),
        timeout=seconds,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
    )

    def run(cell: Cell) -> str:
        if cell["cell_type"] != "code":
            return ""
        code = new_code_cell(student.source(cell), metadata=cell["metadata"])
        client.nb.cells.append(code)
        client.execute_cell(code, len(client.nb.cells) - 1)
        return "".join(out["text"] for out in code["outputs"] if out.get("name") == "stdout")

    with client.setup_kernel():
        yield run
