"""The chapters of the repository, and the reader's own copies of them."""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from aigc_lessons.errors import CourseError

CHAPTERS = Path("notebooks")
COPIES = Path("my-notebooks")

CopyState = Literal["new", "identical", "different"]


@dataclass(frozen=True)
class Chapter:
    """One notebook of the course: its number and where it lies."""

    number: int
    path: Path

    @property
    def title(self) -> str:
        """The title as the file name has it: ``06-the-encoder.ipynb`` gives "The encoder"."""
        words = self.path.stem.partition("-")[2].replace("-", " ")
        return words[:1].upper() + words[1:]


@dataclass(frozen=True)
class Copy:
    """The reader's copy of a chapter.

    Attributes:
        path: where the copy lies.
        state: "new" if it has just been made. A copy that was there before is "identical" or
            "different": whether its cells say what the cells of the chapter say.
        kept: where an earlier copy went that had to make room, or None.
    """

    chapter: Chapter
    path: Path
    state: CopyState
    kept: Path | None = None


def repository(start: Path | None = None) -> Path:
    """Return the root of the clone around ``start``, or else of the clone that holds this package.

    Args:
        start: a folder, by default the current one.

    Raises:
        CourseError: neither lies in a clone of the course.
    """
    here = (start or Path.cwd()).resolve()
    package = Path(__file__).resolve().parents[1]
    for folder in (here, *here.parents, package.parent):
        if (folder / CHAPTERS).is_dir() and (folder / package.name / "__init__.py").is_file():
            return folder
    raise CourseError(
        f"{here} is not inside a clone of the course, and the chapters come with the clone. "
        "Change into the folder that you cloned and run the command again."
    )


def chapters(root: Path) -> list[Chapter]:
    """Return the chapters of the repository at ``root``, ordered by number."""
    notebooks = (root / CHAPTERS).glob("*/*.ipynb")
    found = [
        Chapter(int(match[1]), notebook)
        for notebook in notebooks
        if (match := re.match(r"(\d+)-", notebook.name))
    ]
    return sorted(found, key=lambda chapter: chapter.number)


def find(root: Path, number: int | None) -> list[Chapter]:
    """Return the chapter with this number, or all of them if ``number`` is None.

    Raises:
        CourseError: there is no such chapter; the message lists those that exist.
    """
    known = chapters(root)
    if not known:
        raise CourseError(f"{root / CHAPTERS} holds no chapter. Run `git pull`, or clone again.")
    if found := [chapter for chapter in known if number in (None, chapter.number)]:
        return found
    listed = "; ".join(f"{chapter.number} {chapter.title}" for chapter in known)
    raise CourseError(f"There is no chapter {number}. The chapters are: {listed}.")


def start(number: int | None, fresh: bool = False, root: Path | None = None) -> list[Copy]:
    """Give the reader copies of chapters in ``my-notebooks/``, which git ignores.

    A copy that is there already is kept as it is.

    Args:
        number: of the chapter; None copies every chapter.
        fresh: rename a copy that is there already and copy the chapter anew.
        root: of the repository, by default the one found by :func:`repository`.

    Raises:
        CourseError: there is no such chapter, or a copy cannot be written.
    """
    root = root or repository()
    return [_start(chapter, fresh, root) for chapter in find(root, number)]


def _start(chapter: Chapter, fresh: bool, root: Path) -> Copy:
    path = root / COPIES / chapter.path.relative_to(root / CHAPTERS)
    try:
        if path.exists() and not fresh:
            same = _cells(path) == _cells(chapter.path)
            return Copy(chapter, path, "identical" if same else "different")
        return Copy(chapter, path, "new", kept=_copy(chapter.path, path))
    except OSError as error:
        raise CourseError(
            f"Cannot copy chapter {chapter.number} to {path}: {error.strerror or error}. "
            f"Check that you may write to {root / COPIES} and that the disk has room."
        ) from error


def _copy(source: Path, target: Path) -> Path | None:
    """Copy ``source`` to ``target``; return where a file that was there before has gone."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.part")
    try:
        partial.write_bytes(source.read_bytes())
        kept = None
        if target.exists():
            kept = _unused_name(target)
            target.rename(kept)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return kept


def _unused_name(path: Path) -> Path:
    """Return ``path`` with the date and time in its name, and a count if that is taken too."""
    stem = f"{path.stem}.{datetime.now():%Y-%m-%d-%H%M%S}"
    name, count = path.with_name(stem + path.suffix), 1
    while name.exists():
        count += 1
        name = path.with_name(f"{stem}-{count}{path.suffix}")
    return name


def _cells(notebook: Path) -> Any:
    """Return type and source of every cell; outputs change with every run and don't count."""
    try:
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        return [(cell["cell_type"], "".join(cell["source"])) for cell in cells]
    except (ValueError, KeyError, TypeError):
        return notebook.read_bytes()  # not a notebook any more: compare it as it is
