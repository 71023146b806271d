"""The command ``aigc start``: the reader's copies, and the editions for a class."""

import argparse
import re
from collections.abc import Sequence
from pathlib import Path

from aigc_lessons.cli import chapters
from aigc_lessons.cli.parsing import Parser, short
from aigc_lessons.errors import CourseError


def add_options(parser: Parser) -> None:
    """Add the options of ``aigc start``."""
    parser.add_argument(
        "number", nargs="?", type=_chapter, help="of the chapter (default: every chapter)"
    )
    parser.add_argument("--fresh", action="store_true", help="rename your copy and copy anew")
    editions = parser.add_mutually_exclusive_group()
    for flag, edition, summary in (
        ("--solutions", "instructor's", "the instructor's edition, with solutions to run"),
        ("--class", "class", "the edition for a class, without solutions"),
        ("--graded", "graded", "the edition for an autograder: checks raise"),
    ):
        editions.add_argument(
            flag, action="store_const", const=edition, dest="edition", help=summary
        )
    parser.set_defaults(edition="self-study")
    parser.add_argument("--into", type=Path, metavar="FOLDER", help="instead of my-notebooks/")
    parser.add_argument(
        "--print-path", action="store_true", help="print the paths of the copies, no more"
    )


def _chapter(text: str) -> str:
    """Read the number of a chapter: "3" and "03" are the same, "3x" is an excursion."""
    if match := re.fullmatch(r"0*(\d+)([a-z]?)", text):
        return match[1] + match[2]
    raise argparse.ArgumentTypeError(f"expected a number such as 3, or 3x, not {text!r}")


def start(options: argparse.Namespace) -> int:
    """Make the copies and tell where they are."""
    if options.into is None and options.edition in ("class", "graded"):
        raise CourseError(f"--{options.edition} is for others: say where, with --into FOLDER.")
    copies = chapters.start(
        options.number, options.fresh, edition=options.edition, into=options.into
    )
    if options.print_path:
        print(*(copy.path for copy in copies), sep="\n")
    elif options.number is None:
        folder = chapters.folder_of(chapters.repository(), options.into)
        print(_summary(copies, options.edition, f"{short(folder)}/"))
    else:
        print(*(_account(copy, options.edition) for copy in copies), sep="\n")
    return 0


def _account(copy: chapters.Copy, wanted: str) -> str:
    """Say of one copy what was done."""
    number, path = copy.chapter.number, short(copy.path)
    if copy.kept is not None:
        return f"Chapter {number} is copied to {path}; your earlier copy is now {short(copy.kept)}"
    anew = "renames it and copies the chapter anew"
    renew = f"the same command with --fresh {anew}"
    if copy.edition != wanted:
        kind = f"of the {copy.edition} edition" if copy.edition != "unknown" else "no notebook"
        return f"Kept your copy {path}: it is {kind}; {renew}"
    return {
        "new": f"Chapter {number} is copied to {path}",
        "identical": f"Kept your copy {path}: its text and code are those of chapter {number}",
        "different": f"Kept your copy {path}: it differs from chapter {number}; "
        f"`aigc start {number} --fresh` {anew}",
    }[copy.state]


def _summary(copies: Sequence[chapters.Copy], wanted: str, folder: str) -> str:
    """Say of many copies in one line what was done."""
    new = [copy for copy in copies if copy.state == "new"]
    if len(new) == len(copies):
        line = f"{_counted(new)} copied to {folder}"
        earlier = sum(copy.kept is not None for copy in new)
        return f"{line}; {earlier} earlier copies are beside them, renamed" if earlier else line
    parts = [f"Your copies of {len(copies)} chapters are in {folder}"]
    if new:
        parts.append(f"new: {_numbers(new)}")
    kept = [copy for copy in copies if copy.state != "new"]
    other = [copy for copy in kept if copy.edition != wanted]
    differ = [copy for copy in kept if copy.state == "different" and copy not in other]
    if differ:
        parts.append(f"{len(differ)} differ from the course: {_numbers(differ)}")
    if other:
        parts.append(f"{len(other)} of another edition: {_numbers(other)}")
    line = "; ".join(parts)
    if not differ and not other:
        return line
    return f"{line}. `aigc start N --fresh` renames such a copy and copies chapter N anew"


def _counted(copies: Sequence[chapters.Copy]) -> str:
    return "1 chapter is" if len(copies) == 1 else f"{len(copies)} chapters are"


def _numbers(copies: Sequence[chapters.Copy]) -> str:
    return ", ".join(copy.chapter.number for copy in copies)
