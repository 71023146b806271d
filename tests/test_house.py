"""The house: imports point one way, files are short, and every family is found by its folder."""

import ast
from pathlib import Path

import pytest

import aigc_lessons

HOME = Path(aigc_lessons.__file__).parent
MODULES = sorted(HOME.rglob("*.py"))
GROUND = {"errors", "files"}
TOOLS = GROUND | {"data", "layers", "sampling", "train", "metrics"}
# room -> the rooms that it may import, itself aside. What a family imports is told below.
ROOMS = {
    "errors": set(),
    "files": GROUND,
    "checks": GROUND,
    "data": GROUND,
    "layers": GROUND,
    "sampling": GROUND,
    "metrics": GROUND,
    "train": GROUND | {"metrics"},  # a recipe names its scores
    "plots": GROUND | {"train"},  # live curves read the steps of a run
    "widgets": GROUND | {"plots"},
    "results": GROUND | {"metrics", "train"},
    "zoo": GROUND | {"results"},
    "scoring": TOOLS | {"zoo"},
    "text_scoring": TOOLS,
    "recipes": TOOLS | {"models", "scoring", "results", "zoo"},
    "small_trainings": TOOLS | {"models", "scoring", "zoo"},
    "experiments": TOOLS | {"models", "scoring", "recipes", "results", "small_trainings", "zoo"},
    "cli": None,  # everything
}
# What the modules of a family may import; "own" are the modules of the same family.
FAMILY = {"networks": {"errors", "layers"}, "objectives": {"errors"}}
OTHERS = TOOLS | {"scoring", "text_scoring"}


def imported(path: Path) -> set[str]:
    """The modules of the package that a file imports, as dotted names below it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("aigc_lessons"):
            below = (node.module or "").split(".")[1:]
            names |= {".".join(below)} if below else {alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            ours = [a.name for a in node.names if a.name.startswith("aigc_lessons.")]
            names |= {name.partition(".")[2] for name in ours}
    return names - {"__version__", "models"}


def parts(path: Path) -> tuple[str, ...]:
    """`models/gan/networks.py` gives ("models", "gan", "networks")."""
    return path.relative_to(HOME).with_suffix("").parts


@pytest.mark.parametrize("path", MODULES, ids=lambda path: "/".join(parts(path)))
def test_imports_point_one_way(path: Path) -> None:
    room, *rest = parts(path)
    if room == "__init__":
        assert not imported(path)
        return
    for name in imported(path):
        other, *below = name.split(".")
        if room == "models":
            own = other == "models" and below[:1] == rest[:1]
            allowed = FAMILY.get(rest[-1], OTHERS)
            assert own or other in allowed, f"{name}: a family stands on {sorted(allowed)}"
        elif room == "experiments" and other == "experiments":
            assert not below, f"{name}: experiments share through small_trainings/"
        elif ROOMS[room] is not None and other != room:
            assert other in ROOMS[room], f"{name}: {room} may import {sorted(ROOMS[room])}"


def test_only_the_experiments_index_and_the_command_line_import_experiments() -> None:
    for path in MODULES:
        if parts(path)[0] not in ("experiments", "cli"):
            assert not any(name.startswith("experiments") for name in imported(path)), path


def test_the_ground_does_not_wait_for_pytorch() -> None:
    for name in ("errors", "files"):
        source = (HOME / f"{name}.py").read_text(encoding="utf8")
        assert "import torch" not in source and "from torch" not in source


@pytest.mark.parametrize("path", MODULES, ids=lambda path: "/".join(parts(path)))
def test_files_and_functions_are_short(path: Path) -> None:
    text = path.read_text(encoding="utf8")
    assert len(text.splitlines()) <= 300
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            if body:
                length = (body[-1].end_lineno or 0) - body[0].lineno + 1
                assert length <= 40, f"{node.name} has {length} lines"
