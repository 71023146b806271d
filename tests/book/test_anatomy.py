"""Every notebook has the parts, and keeps the rules, that readers and teachers rely on."""

import ast
import re
from pathlib import Path

import pytest

from notebooks import (
    NOTEBOOKS,
    ROOT,
    Cell,
    alt_text,
    code,
    label,
    markdown,
    number,
    operators,
    parse,
    pictures,
    prose,
    python,
    read,
    tags,
    without_code,
)

SECTIONS = ("title", "objectives", "idea", "build", "train", "measure", "exercises", "summary")
ROLES = [f"section-{name}" for name in SECTIONS]
LINK = re.compile(r"(?<!\!)\[[^\]]*\]\(([^)\s]+)\)")
PICTURE = re.compile(r"!\[([^\]]*)\]\(")
MYST = re.compile(r"^\s*(`{3,}|~{3,}|:{3,})\s*\{[\w:-]+\}|\{[a-z][\w:-]*\}`", re.M)
ROOTS = "home|Users|root|tmp|work|usr|opt|mnt|var"
ABSOLUTE_PATH = re.compile(rf"(?<![\w.:/<])/(?:{ROOTS})/|[A-Z]:\\+Users")


def anchors(path: Path) -> set[str]:
    """The anchors of a page's headings, formed as GitHub and the book form them."""
    text = prose(read(path)) if path.suffix == ".ipynb" else path.read_text(encoding="utf-8")
    explicit = re.findall(r"^\(([\w-]+)\)=$", text, re.M)
    fenced = re.compile(r"^```.*?^```", re.S | re.M)
    headings = re.findall(r"^#{1,6} +(.*?)\s*$", fenced.sub("", text), re.M)
    return {*explicit, *map(slug, headings)}


def slug(heading: str) -> str:
    plain = re.sub(r"[`*$]|\]\([^)]*\)|\[", "", heading).lower()
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")


def faults_of_beginning(cells: list[Cell], chapter: str) -> list[str]:
    """The title bears the number, and the first code cell says how to install the course."""
    found = []
    if not cells[0]["source"].startswith(f"# {chapter} · "):
        found.append(f"the title does not begin with # {chapter} ·")
    guard = code(cells)[0]
    others = ast.Import | ast.ImportFrom | ast.Expr
    match [node for node in parse(guard["source"]).body if not isinstance(node, others)]:
        case [ast.Try(body=[tried], handlers=[handler])]:
            if "aigc_lessons" not in ast.unparse(tried):
                found.append("the import guard does not try aigc_lessons")
            if not re.search(r"(?s)ModuleNotFoundError.*SystemExit", ast.unparse(handler)):
                found.append("the import guard does not say how to install")
        case _:
            found.append("the first code cell is not the import guard")
    if "plumbing" not in tags(guard):
        found.append("the import guard is not tagged plumbing")
    return found


def faults_of_run(cells: list[Cell]) -> list[str]:
    """The stored outputs are those of one run, top to bottom, without an error or a warning."""
    found = []
    counts = [cell["execution_count"] for cell in code(cells)]
    if counts != list(range(1, len(counts) + 1)):
        found.append("the cells did not run in order")
    for cell in code(cells):
        for output in cell["outputs"]:
            if output["output_type"] == "error" or output.get("name") == "stderr":
                found.append(f"an error or a warning is on the page: {cell['source'][:60]}")
    return found


def faults_of_cells(cells: list[Cell]) -> list[str]:
    """Cells are short, end without a semicolon, describe their figures and print no version."""
    found = []
    for cell in code(cells):
        lines, begin = cell["source"].splitlines(), cell["source"][:60]
        if len(lines) > 32:
            found.append(f"{len(lines)} lines in: {begin}")
        if ";" in operators(cell["source"]):
            found.append(f"a semicolon in: {begin}")
        if "__version__" in cell["source"]:
            found.append(f"a version number in: {begin}")
        if pictures(cell) and len(alt_text(cell).split()) < 4:
            found.append(f"describe the figure of: {begin}")
    return found


def faults_of_prose(cells: list[Cell]) -> list[str]:
    """The Markdown is what plain JupyterLab renders, and its pictures have a text alternative."""
    found = [f"MyST: {match[0]}" for match in MYST.finditer(prose(cells))]
    if not all(alt.strip() for alt in PICTURE.findall(without_code(prose(cells)))):
        found.append("a picture has no text alternative")
    return found


def test_there_are_chapters():
    assert NOTEBOOKS, "notebooks/ holds no chapter"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=label)
class TestNotebook:
    def test_name_is_that_of_a_chapter_or_an_excursion(self, path):
        assert re.match(r"\d\d[a-z]?-[a-z0-9-]+$", path.stem)

    def test_sections_are_present_and_in_order(self, path):
        assert [tag for cell in read(path) for tag in tags(cell) if tag in ROLES] == ROLES

    def test_rules_are_kept(self, path):
        cells = read(path)
        assert not faults_of_beginning(cells, number(path))
        assert not faults_of_run(cells)
        assert not faults_of_cells(cells)
        assert not faults_of_prose(cells)

    def test_links_lead_somewhere(self, path):
        for target in LINK.findall(without_code(prose(read(path)))):
            if re.match(r"[a-z]+:", target):
                continue
            name, _, anchor = target.partition("#")
            page = (path.parent / name).resolve() if name else path
            assert page.is_file(), target
            assert not anchor or anchor in anchors(page), target

    def test_file_is_small_and_names_no_absolute_path(self, path):
        assert path.stat().st_size <= 1_500_000
        assert not ABSOLUTE_PATH.search(path.read_text(encoding="utf-8"))

    def test_an_excursion_is_linked_from_its_chapter(self, path):
        if not label(path).isdigit():
            chapters = [p for p in path.parent.glob(f"{label(path)[:2]}-*.ipynb")]
            assert any(path.name in prose(read(chapter)) for chapter in chapters)


GUARD = (
    "try:\n    import aigc_lessons  # noqa: F401\nexcept ModuleNotFoundError:\n"
    '    raise SystemExit("Install the course first.") from None'
)


def test_planted_faults_are_found():
    good = [markdown("# 3 · Title\n\nText."), python(GUARD, "plumbing")]
    assert not faults_of_beginning(good, "3")
    assert len(faults_of_beginning([markdown("# 4 · Title"), python("import os")], "3")) == 3
    assert len(faults_of_beginning([good[0], python(GUARD.replace("SystemExit", "E"))], "3")) == 2

    run = [python("1") | {"execution_count": 1}, python("2") | {"execution_count": 2}]
    assert not faults_of_run(run)
    assert faults_of_run(run[::-1]) == ["the cells did not run in order"]
    run[0]["outputs"] = [{"output_type": "stream", "name": "stderr", "text": "note"}]
    assert len(faults_of_run(run)) == 1

    assert not faults_of_cells([python("plot('a; b')", png="x", alt="A curve that falls slowly")])
    wrong = "\n".join(["plot(aigc_lessons.__version__);"] * 33)
    assert len(faults_of_cells([python(wrong, png="x", alt="A curve")])) == 4

    assert not faults_of_prose([markdown("See `f(x)`.")])
    assert faults_of_prose([markdown("```{note}\nHere.\n```")]) == ["MyST: ```{note}"]
    assert len(faults_of_prose([markdown("![](a.png)")])) == 1

    assert slug("1.2 · The `loss`, again") == "12--the-loss-again"
    assert "units" in anchors(ROOT / "book" / "notation.md")
    assert ABSOLUTE_PATH.search("/".join(("in ", "home", "me", "file")))
