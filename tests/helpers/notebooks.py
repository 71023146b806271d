"""What the tests of the book read: the cells of its notebooks, and its prose with code left out."""

import ast
import io
import json
import re
import symtable
import tokenize
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*/*.ipynb"))
CHAPTERS = [path for path in NOTEBOOKS if re.match(r"\d\d-", path.name)]
EXCURSIONS = [path for path in NOTEBOOKS if re.match(r"\d\d[a-z]-", path.name)]
# Cells that the page folds, or does not show.
FOLDED = {"plumbing", "check", "solution", "self-check", "mutants"}

Cell = dict[str, Any]


@cache
def read(path: Path) -> list[Cell]:
    """Return the cells of a notebook, each with its source as one text."""
    return cells_of(json.loads(path.read_text(encoding="utf-8")))


def cells_of(notebook: dict[str, Any]) -> list[Cell]:
    return [cell | {"source": "".join(cell["source"])} for cell in notebook["cells"]]


def markdown(source: str, *tags: str) -> Cell:
    """Make a cell, for a test on a planted fault."""
    return {"cell_type": "markdown", "metadata": {"tags": list(tags)}, "source": source}


def python(source: str, *tags: str, png: str = "", alt: str = "") -> Cell:
    """Make a code cell, for a test on a planted fault."""
    outputs = [{"output_type": "display_data", "data": {"image/png": png}}] if png else []
    metadata = {"tags": list(tags), "mystnb": {"image": {"alt": alt}}}
    return {"cell_type": "code", "metadata": metadata, "source": source, "outputs": outputs}


def number(path: Path) -> str:
    """Name a chapter as its title does: 3, or 3x for an excursion of chapter 3."""
    return path.stem.partition("-")[0].lstrip("0")


def label(path: Path) -> str:
    """Name a notebook as the lists of the tests do: "03", or "03x"."""
    return path.stem.partition("-")[0]


def title(path: Path) -> str:
    """Return the title without its number."""
    return read(path)[0]["source"].splitlines()[0].partition(" · ")[2]


def tags(cell: Cell) -> list[str]:
    return cell["metadata"].get("tags", [])


def tagged(cells: list[Cell], tag: str) -> list[Cell]:
    return [cell for cell in cells if tag in tags(cell)]


def code(cells: list[Cell]) -> list[Cell]:
    return [cell for cell in cells if cell["cell_type"] == "code"]


def text(cells: list[Cell]) -> list[Cell]:
    return [cell for cell in cells if cell["cell_type"] == "markdown"]


def prose(cells: list[Cell]) -> str:
    return "\n\n".join(cell["source"] for cell in text(cells))


def pictures(cell: Cell) -> list[str]:
    """Return the pictures below a cell, each in base 64."""
    data = [output.get("data", {}) for output in cell.get("outputs", [])]
    return ["".join(each["image/png"]) for each in data if "image/png" in each]


def alt_text(cell: Cell) -> str:
    return cell["metadata"].get("mystnb", {}).get("image", {}).get("alt", "")


def without_code(markdown: str) -> str:
    return re.sub(r"```.*?```|(`+)[^\n]*?\1", "", markdown, flags=re.S)


@cache
def tokens(source: str) -> list[tokenize.TokenInfo]:
    return list(tokenize.generate_tokens(io.StringIO(source).readline))


def operators(source: str) -> set[str]:
    return {token.string for token in tokens(source) if token.type == tokenize.OP}


def comments(source: str) -> list[str]:
    """Return the comments of a program; lines that follow each other are one comment."""
    found: list[str] = []
    last = -1
    for token in tokens(source):
        if token.type != tokenize.COMMENT:
            continue
        line, words = token.start[0], token.string.lstrip("# ")
        if line == last + 1 and found:
            found[-1] += f" {words}"
        else:
            found.append(words)
        last = line
    return found


@cache
def parse(source: str) -> ast.Module:
    return ast.parse(source)


@cache
def global_names(source: str) -> set[str]:
    """Return the names that a cell has in common with the others: bound or used by it."""
    found: set[str] = set()
    tables = [symtable.symtable(source, "cell", "exec")]
    while tables:
        table = tables.pop()
        tables += table.get_children()
        outer = table.get_type() == "module"
        found |= {name.get_name() for name in table.get_symbols() if outer or name.is_global()}
    return found


def strings(source: str) -> list[str]:
    """Return the texts in a program that have a space: labels, titles, messages, docstrings."""
    whole, pieces = [], set()
    for node in ast.walk(parse(source)):  # an f-string before its pieces
        if isinstance(node, ast.JoinedStr):
            pieces |= {id(part) for part in ast.walk(node)}
            whole.append("".join(map(_text, node.values)))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            whole += [] if id(node) in pieces else [node.value]
    return [each for each in whole if " " in each]


def _text(part: ast.expr) -> str:
    return str(part.value) if isinstance(part, ast.Constant) else "…"


def words_of_code(source: str) -> list[str]:
    return comments(source) + strings(source)


@cache
def prose_of_the_book() -> dict[str, list[str]]:
    """Everything a reader reads, by file: a list of paragraphs without their code.

    Notebooks with comments, labels and text alternatives; pages; comments, docstrings and messages
    of the package; model cards.
    """
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "book").glob("*.md")]
    pages += (ROOT / "aigc_lessons" / "weights").glob("*.md")
    modules = (ROOT / "aigc_lessons").rglob("*.py")
    found = {path: paragraphs(path.read_text(encoding="utf-8")) for path in pages}
    for path in modules:
        source = path.read_text(encoding="utf-8")
        found[path] = _each(words_of_code(source))
    for path in NOTEBOOKS:
        found[path] = prose_of_notebook(read(path))
    return {path.relative_to(ROOT).as_posix(): texts for path, texts in sorted(found.items())}


def prose_of_notebook(cells: list[Cell]) -> list[str]:
    own = [words for cell in code(cells) for words in words_of_code(cell["source"])]
    return paragraphs(prose(cells)) + _each(own + [alt_text(cell) for cell in code(cells)])


def _each(texts: list[str]) -> list[str]:
    return [paragraph for each in texts for paragraph in paragraphs(each)]


def paragraphs(markdown: str) -> list[str]:
    """Split a text at empty lines, table rows, items and headings; each piece becomes one line."""
    plain = without_code(markdown)
    plain = re.sub(r"\$\$.*?\$\$|\$[^$\n]+\$", "…", plain, flags=re.S)  # formulas
    plain = re.sub(r"\]\([^)\s]*\)|<[^>]*>|https?://\S+", " ", plain)  # links
    plain = re.sub(r"^\(.*\)=$|^:link.*$|^:::.*$", " ", plain, flags=re.M)  # directives
    plain = re.sub(r"^ {8,}\w+:", " ", plain, flags=re.M)  # arguments, in a docstring
    pieces = re.split(r"\n\s*\n|\n(?=\s*(?:[|#>-]|\d+\.|Args:|Returns:|Raises:) ?)", plain)
    return [" ".join(piece.split()) for piece in pieces if piece.strip()]
