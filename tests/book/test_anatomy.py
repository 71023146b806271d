"""Every chapter has the parts, and keeps the rules, that readers and teachers rely on."""

import ast
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
CHAPTERS = sorted((ROOT / "notebooks").glob("*/*.ipynb"))
SECTIONS = ("title", "objectives", "idea", "build", "train", "measure", "exercises", "summary")
ROLES = [f"section-{name}" for name in SECTIONS]
PATTERN = ["exercise", "solution", "self-check"]
LEVEL = re.compile(r"\*\*[^*\n]*\b([ABC])\b|^#+ .*\b([ABC])\b", re.M)
LINK = re.compile(r"(?<!\!)\[[^\]]*\]\(([^)\s]+)\)")
PICTURE = re.compile(r"!\[([^\]]*)\]\(")
MYST = re.compile(r"^\s*(`{3,}|~{3,}|:{3,})\s*\{[\w:-]+\}|\{[a-z][\w:-]*\}`", re.M)
ROOTS = "home|Users|root|tmp|work|usr|opt|mnt|var"
ABSOLUTE_PATH = re.compile(rf"(?<![\w.:/<])/(?:{ROOTS})/|[A-Z]:\\+Users")

Cell = dict[str, Any]


@cache
def read(path: Path) -> list[Cell]:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [cell | {"source": "".join(cell["source"])} for cell in cells]


def tags(cell: Cell) -> list[str]:
    return cell["metadata"].get("tags", [])


def tagged(path: Path, tag: str) -> list[Cell]:
    return [cell for cell in read(path) if tag in tags(cell)]


def code(path: Path) -> list[Cell]:
    return [cell for cell in read(path) if cell["cell_type"] == "code"]


def prose(path: Path) -> str:
    return "\n\n".join(cell["source"] for cell in read(path) if cell["cell_type"] == "markdown")


def without_code(markdown: str) -> str:
    return re.sub(r"```.*?```|`[^`\n]*`", "", markdown, flags=re.S)


def names_made(source: str) -> set[str]:
    """Names that a cell binds: functions, classes, imports and assigned variables."""
    return _bound(ast.parse(source))


def _bound(node: ast.AST) -> set[str]:
    match node:
        case ast.FunctionDef() | ast.ClassDef():
            return {node.name}
        case ast.Name(ctx=ast.Store()):
            return {node.id}
        case ast.alias():
            return {(node.asname or node.name).partition(".")[0]}
        case ast.Lambda() | ast.comprehension():
            return set()  # these names live inside only
    return set().union(*map(_bound, ast.iter_child_nodes(node)))


def names_read(source: str) -> set[str]:
    return {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}


def anchors(path: Path) -> set[str]:
    """The anchors of a page's headings, formed as GitHub and the book form them."""
    text = prose(path) if path.suffix == ".ipynb" else path.read_text(encoding="utf-8")
    explicit = re.findall(r"^\(([\w-]+)\)=$", text, re.M)
    fenced = re.compile(r"^```.*?^```", re.S | re.M)
    headings = re.findall(r"^#{1,6} +(.*?)\s*$", fenced.sub("", text), re.M)
    plain = (re.sub(r"[`*$]|\]\([^)]*\)|\[", "", heading).lower() for heading in headings)
    return set(explicit) | {re.sub(r"[^\w\- ]", "", line).replace(" ", "-") for line in plain}


def test_there_are_chapters():
    assert CHAPTERS, "notebooks/ holds no chapter"


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
class TestChapter:
    def test_sections_are_present_and_in_order(self, path):
        found = [tag for cell in read(path) for tag in tags(cell) if tag in ROLES]
        assert found == ROLES

    def test_title_carries_the_number_of_the_file(self, path):
        number = int(path.stem.partition("-")[0])
        title = read(path)[0]["source"].splitlines()[0]
        assert title.startswith(f"# {number} · "), title

    def test_first_code_cell_says_how_to_install(self, path):
        first = ast.parse(code(path)[0]["source"]).body
        guard = next((node for node in first if not isinstance(node, ast.Import | ast.Expr)), None)
        assert isinstance(guard, ast.Try), "the import guard comes first"
        assert "ModuleNotFoundError" in ast.unparse(guard.handlers[0].type)
        assert "SystemExit" in ast.unparse(guard.handlers[0])
        assert any("aigc_lessons" in ast.unparse(node) for node in guard.body)

    def test_exercises_follow_the_pattern(self, path):
        found = [tag for cell in read(path) for tag in tags(cell) if tag in PATTERN]
        assert found == PATTERN * (len(found) // 3)
        assert len(found) >= 9, "a chapter has at least three exercises"
        positions = [i for i, cell in enumerate(read(path)) if set(tags(cell)) & set(PATTERN)]
        for start in range(0, len(positions), 3):
            first, *_, last = positions[start : start + 3]
            assert last - first == 2, f"the cells of exercise {start // 3 + 1} are apart"
        kinds = {tag: {cell["cell_type"] for cell in tagged(path, tag)} for tag in PATTERN}
        assert kinds == {"exercise": {"markdown"}, "solution": {"code"}, "self-check": {"code"}}

    def test_exercises_have_levels_and_hints(self, path):
        exercises = tagged(path, "exercise")
        matches = [LEVEL.search(cell["source"]) for cell in exercises]
        assert all(matches), "an exercise names its level in a heading or in bold"
        assert {match[1] or match[2] for match in matches} == {"A", "B", "C"}
        assert all("<details>" in cell["source"] for cell in exercises), "a hint is missing"

    def test_solutions_are_folded_and_executed(self, path):
        for cell in tagged(path, "solution"):
            assert "hide-input" in tags(cell)
            assert cell["metadata"].get("jupyter", {}).get("source_hidden") is True
        for cell in tagged(path, "solution") + tagged(path, "self-check"):
            assert cell["execution_count"], cell["source"]

    def test_nothing_else_uses_what_a_solution_defines(self, path):
        cells = read(path)
        for index, cell in enumerate(cells):
            if "solution" not in tags(cell):
                continue
            made = names_made(cell["source"])
            for other_index, other in enumerate(cells):
                if other["cell_type"] != "code" or other_index in (index, index + 1):
                    continue
                used = made & (names_read(other["source"]) | names_made(other["source"]))
                assert not used, f"cell {other_index} uses the solution's {used}"

    def test_every_cell_ran_in_order_without_error(self, path):
        counts = [cell["execution_count"] for cell in code(path)]
        assert counts == list(range(1, len(counts) + 1))
        outputs = [output for cell in code(path) for output in cell["outputs"]]
        errors = [output["ename"] for output in outputs if output["output_type"] == "error"]
        assert not errors
        loud = [output for output in outputs if output.get("name") == "stderr"]
        assert not loud, "a warning is on the page"

    def test_every_figure_has_a_text_alternative(self, path):
        for cell in code(path):
            if any("image/png" in output.get("data", {}) for output in cell["outputs"]):
                alt = cell["metadata"].get("mystnb", {}).get("image", {}).get("alt", "")
                assert len(alt.split()) >= 4, f"describe the figure of: {cell['source'][:80]}"
        assert all(alt.strip() for alt in PICTURE.findall(without_code(prose(path))))

    def test_cells_are_short_and_end_without_a_semicolon(self, path):
        for cell in code(path):
            lines = cell["source"].splitlines()
            assert len(lines) <= 25, cell["source"][:80]
            assert not any(line.rstrip().endswith(";") for line in lines), cell["source"][:80]

    def test_markdown_is_what_plain_jupyterlab_renders(self, path):
        assert not MYST.search(prose(path))

    def test_no_absolute_path(self, path):
        assert not ABSOLUTE_PATH.search(path.read_text(encoding="utf-8"))

    def test_links_lead_somewhere(self, path):
        for target in LINK.findall(without_code(prose(path))):
            if re.match(r"[a-z]+:", target):
                continue
            name, _, anchor = target.partition("#")
            page = (path.parent / name).resolve() if name else path
            assert page.is_file(), target
            if anchor:
                assert anchor in anchors(page), target

    def test_size(self, path):
        assert path.stat().st_size <= 1_500_000
