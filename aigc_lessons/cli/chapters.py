"""The chapters of the repository, and the reader's own copies of them."""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from aigc_lessons.cli import editions
from aigc_lessons.cli.relink import relink
from aigc_lessons.errors import CourseError
from aigc_lessons.files import written_aside

CHAPTERS = Path("notebooks")
COPIES = Path("my-notebooks")

CopyState = Literal["new", "identical", "different"]
Edition = editions.Kind | Literal["instructor's"]


@dataclass(frozen=True)
class Chapter:
    """One notebook of the course: its number, "3" or "3x" of an excursion, and where it lies."""

    number: str
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
            "different": whether its cells say what the chapter says in the edition of the copy.
        edition: of the copy; one that was there before keeps its own.
        kept: where an earlier copy went that had to make room, or None.
    """

    chapter: Chapter
    path: Path
    state: CopyState
    edition: str
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
    """Return the chapters of the repository at ``root``, an excursion after its chapter."""
    found = {}
    for notebook in (root / CHAPTERS).glob("*/*.ipynb"):
        if match := re.match(r"(\d+)([a-z]?)-", notebook.name):
            number = int(match[1])
            found[number, match[2], notebook.name] = Chapter(f"{number}{match[2]}", notebook)
    return [found[key] for key in sorted(found)]


def find(root: Path, number: str | None) -> list[Chapter]:
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


def folder_of(root: Path, into: Path | None = None) -> Path:
    """Return the folder of the copies: ``into``, or that of the repository at ``root``."""
    return (into or root / COPIES).resolve()


def start(
    number: str | None,
    fresh: bool = False,
    root: Path | None = None,
    edition: Edition = "self-study",
    into: Path | None = None,
) -> list[Copy]:
    """Give the reader copies of chapters in ``my-notebooks/``, which git ignores.

    A copy that is there already is kept as it is. Nothing is written if a chapter is not in order.

    Args:
        number: of the chapter; None copies every chapter.
        fresh: rename a copy that is there already and copy the chapter anew.
        root: of the repository, by default the one found by :func:`repository`.
        edition: of the copies.
        into: a folder for the copies, instead of ``my-notebooks/``.

    Raises:
        CourseError: there is no such chapter, it is not in order, or it cannot be written.
    """
    root = (root or repository()).resolve()
    folder = folder_of(root, into)
    if folder.is_relative_to(root / CHAPTERS):
        raise CourseError(f"{folder} holds the chapters themselves. Name another folder.")
    asked = find(root, number)
    paths = {chapter: folder / chapter.path.relative_to(root / CHAPTERS) for chapter in asked}
    made = {chapter: _made(chapter, edition, path, root) for chapter, path in paths.items()}
    return [
        _keep(chapter, path, root)
        if path.exists() and not fresh
        else Copy(chapter, path, "new", edition, kept=_write(made[chapter], path, chapter))
        for chapter, path in paths.items()
    ]


def _made(chapter: Chapter, edition: Edition, path: Path, root: Path) -> editions.Notebook:
    """Return an edition of a chapter for the place ``path``."""
    try:
        notebook: editions.Notebook = json.loads(chapter.path.read_text(encoding="utf-8"))
        relink(notebook, chapter.path.parent, path.parent, root / CHAPTERS)
        return notebook if edition == "instructor's" else editions.edition(notebook, edition)
    except CourseError as error:
        reason = str(error)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        reason = f"It cannot be read as a notebook ({error})."
    raise CourseError(
        f"Chapter {chapter.number} is not in order. {reason} "
        f"If you changed it, restore it: git checkout -- {chapter.path.relative_to(root)}"
    )


def _keep(chapter: Chapter, path: Path, root: Path) -> Copy:
    """Compare a copy that is there with the edition that it was made from."""
    try:
        copy = json.loads(path.read_text(encoding="utf-8"))
        edition = editions.edition_of(copy)
        original = _made(chapter, edition, path, root)  # type: ignore[arg-type]  # as it says
        same = _cells(copy) == _cells(original)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):  # no notebook any more
        edition, same = "unknown", False
    return Copy(chapter, path, "identical" if same else "different", edition)


def _write(notebook: editions.Notebook, target: Path, chapter: Chapter) -> Path | None:
    """Write a copy; return where one that was there before has gone."""
    text = json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    kept = None
    try:
        with written_aside(target) as aside:
            aside.write_bytes(text.encode())
            if target.exists():
                kept = _unused_name(target)
                target.rename(kept)
    except (OSError, CourseError) as error:
        reason = getattr(error, "strerror", None) or error
        raise CourseError(
            f"Cannot copy chapter {chapter.number} to {target}: {reason} "
            f"Put it into a folder of your own: aigc start {chapter.number} --into FOLDER"
        ) from error
    return kept


def _unused_name(path: Path) -> Path:
    """Return ``path`` with the date and time in its name, and a count if that is taken too."""
    stem = f"{path.stem}.{datetime.now():%Y-%m-%d-%H%M%S}"
    name, count = path.with_name(stem + path.suffix), 1
    while name.exists():
        count += 1
        name = path.with_name(f"{stem}-{count}{path.suffix}")
    return name


def _cells(notebook: editions.Notebook) -> list[Any]:
    """Return type and source of every cell; outputs change with every run and don't count."""
    return [(cell["cell_type"], editions.source(cell)) for cell in notebook["cells"]]
