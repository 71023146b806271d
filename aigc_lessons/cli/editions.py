"""The editions of a chapter, made from the instructor's notebook in the repository.

An exercise there is a code cell tagged ``solution``, whose secret lines stand between two markers;
a code cell tagged ``self-check``; and cells tagged ``mutants``, which test the check. An edition
takes the secret and the mutants out. Notebooks are dictionaries here, as their files hold them.
"""

import ast
import copy
import re
from typing import Any, Literal

from aigc_lessons.errors import CourseError

Notebook = dict[str, Any]
Cell = dict[str, Any]
# Self-study: a check prints one line and never stops "Run All", and the shipped solution is folded
# below it. Class: the same without solutions. Graded: a check raises, so that an autograder sees.
Kind = Literal["self-study", "class", "graded"]

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
STUB = "raise NotImplementedError  # write your answer here"
NOTE = "aigc_lessons"  # the key of the notebook's metadata under which an edition names itself
WRAPPER = """

from aigc_lessons.checks import SelfStudy
self_check = SelfStudy(get_ipython(), {answers})
"""


def edition(notebook: Notebook, kind: Kind) -> Notebook:
    """Make an edition of the instructor's notebook, which stays as it is.

    Args:
        notebook: of the repository, format 4.
        kind: "self-study", "class" or "graded".

    Raises:
        CourseError: the markers of a solution do not pair or stand in no function, a solution has
            no markers or no check, or no cell imports ``self_check``.
    """
    made = student(notebook, wrapper=kind != "graded", solutions=kind == "self-study")
    made["metadata"][NOTE] = {"edition": kind}
    return made


def edition_of(notebook: Notebook) -> str:
    """Return the kind of an edition, or "instructor's" for a notebook of the repository."""
    kind: str = notebook.get("metadata", {}).get(NOTE, {}).get("edition", "instructor's")
    return kind


def student(notebook: Notebook, wrapper: bool = True, solutions: bool = True) -> Notebook:
    """Turn solutions into stubs, and take out what gives them away.

    Args:
        notebook: the instructor's.
        wrapper: let a check print one line, instead of raising.
        solutions: put each shipped solution, folded, below its check.

    Raises:
        CourseError: see :func:`edition`.
    """
    notebook = copy.deepcopy(notebook)
    cells: list[Cell] = []
    shipped: list[str] = []  # of the exercise at hand
    for cell in notebook["cells"]:
        kept = [cell]
        if has(cell, "solution"):
            shipped.append(solution_of(cell))
            _hide_solution(cell)
        elif has(cell, "self-check"):
            _forget_run(cell)
            if solutions and shipped:
                kept.append(_folded(cell, "\n\n\n".join(shipped)))
            shipped = []
        elif has(cell, "mutants"):
            kept = []
        elif cell["cell_type"] == "code" and (BEGIN in source(cell) or END in source(cell)):
            raise CourseError(f"{_place(cell)} has the markers of a solution but not its tag.")
        cells += kept
    if shipped:
        raise CourseError(f"No self-check follows the solution {shipped[-1].splitlines()[0]!r}.")
    notebook["cells"] = cells
    names = answers(notebook)
    if wrapper and names:
        _wrap(notebook, names)
    notebook.setdefault("metadata", {})
    return notebook


def answers(notebook: Notebook) -> list[str]:
    """Return the names that the exercises ask for: the parameters of every check, in order."""
    names: dict[str, None] = {}
    for cell in notebook["cells"]:
        if has(cell, "self-check"):
            for check in _checks(cell):
                names |= dict.fromkeys(argument.arg for argument in check.args.args)
    return list(names)


def solution_of(cell: Cell) -> str:
    """Return the code of a solution without its markers.

    Raises:
        CourseError: the markers do not pair, or there are none.
    """
    lines, opened, pairs = [], False, 0
    for line in source(cell).splitlines():
        mark = line.strip()
        if mark not in (BEGIN, END):
            lines.append(line)
            continue
        if (mark == BEGIN) == opened:
            raise CourseError(f"{_place(cell)} has {mark!r} where the other marker should be.")
        opened = mark == BEGIN
        pairs += opened
    if opened or not pairs:
        missing = END if opened else BEGIN
        raise CourseError(f"{_place(cell)} is a solution and lacks the marker {missing!r}.")
    return "\n".join(lines)


def source(cell: Cell) -> str:
    """Return the text of a cell, which a file holds as one string or as a list of lines."""
    return "".join(cell["source"])


def has(cell: Cell, tag: str) -> bool:
    """Return whether a cell carries a tag."""
    return tag in cell.get("metadata", {}).get("tags", [])


def _hide_solution(cell: Cell) -> None:
    """Turn a solution into the cell of the reader's answer: open, not run, with a stub."""
    # From a first marker to the next second one; the stub stands where the marker stood.
    secret = re.compile(rf"^([ \t]*){BEGIN}[ \t]*$.*?^[ \t]*{END}[ \t]*$", re.M | re.S)
    stub = secret.sub(rf"\1{STUB}", source(cell))
    if _raises(_parsed(cell, stub)):  # the cell would stop "Run All"
        raise CourseError(f"{_place(cell)} keeps secret lines outside of a function.")
    _set_source(cell, stub)
    _forget_run(cell)
    data = cell["metadata"]
    tags = ["answer" if tag == "solution" else tag for tag in data["tags"]]
    data["tags"] = [tag for tag in tags if tag != "hide-input"]
    for key in ("jupyter", "mystnb"):
        folds = ("source_hidden", "code_prompt_show", "code_prompt_hide")
        left = {name: value for name, value in data.pop(key, {}).items() if name not in folds}
        data |= {key: left} if left else {}


def _forget_run(cell: Cell) -> None:
    cell["outputs"], cell["execution_count"] = [], None


def _folded(check: Cell, solution: str) -> Cell:
    """Return the cell that shows a solution on demand and never runs it."""
    fence = "`" * max(3, *(len(run) + 1 for run in re.findall("`+", solution) or [""]))
    text = f"<details><summary>Show solution</summary>\n\n{fence}python\n{solution}\n{fence}\n\n"
    cell: Cell = {"cell_type": "markdown", "metadata": {"tags": ["shipped-solution"]}}
    if "id" in check:
        cell["id"] = f"{check['id'][:50]}-solution"
    _set_source(cell, f"{text}</details>")
    return cell


def _wrap(notebook: Notebook, names: list[str]) -> None:
    """Append to the cell that imports ``self_check`` the lines that replace it."""
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code" and "self_check" in _imported(cell):
            listed = ", ".join(f'"{name}"' for name in names)
            lines = WRAPPER.format(answers=f"[{listed}]").rstrip("\n")
            _set_source(cell, source(cell).rstrip("\n") + lines)
            return
    raise CourseError("The notebook has checks, and no cell imports self_check.")


def _checks(cell: Cell) -> list[ast.FunctionDef]:
    """Return the functions of a self-check that check answers.

    Raises:
        CourseError: there is none.
    """
    found = [
        node
        for node in _parsed(cell, source(cell)).body
        if isinstance(node, ast.FunctionDef)
        and "self_check" in [ast.unparse(decorator) for decorator in node.decorator_list]
    ]
    if not found:
        raise CourseError(f"{_place(cell)} is a self-check and holds no @self_check function.")
    return found


def _imported(cell: Cell) -> set[str]:
    """Return the names that the code of a cell imports from other modules."""
    if "import" not in source(cell):
        return set()
    nodes = ast.walk(_parsed(cell, source(cell)))
    lists = [node.names for node in nodes if isinstance(node, ast.ImportFrom)]
    return {alias.asname or alias.name for names in lists for alias in names}


def _raises(node: ast.AST) -> bool:
    """Return whether code raises as it runs, rather than in a function that it defines."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        return False
    return isinstance(node, ast.Raise) or any(map(_raises, ast.iter_child_nodes(node)))


def _parsed(cell: Cell, code: str) -> ast.Module:
    try:
        return ast.parse(code)
    except SyntaxError as error:
        raise CourseError(f"{_place(cell)} does not parse: {error}.") from error


def _set_source(cell: Cell, text: str) -> None:
    cell["source"] = text.splitlines(keepends=True)


def _place(cell: Cell) -> str:
    """Name a cell by its first line of code."""
    lines = [line for line in source(cell).splitlines() if line.strip()] or ["(empty)"]
    first = next((line for line in lines if not line.lstrip().startswith(("@", "#"))), lines[0])
    return f"The cell {first.strip()!r}"
