"""The command ``aigc data``: which data sets there are, and all of them fetched in one go."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from aigc_lessons.cli.parsing import Parser, known, short
from aigc_lessons.errors import CourseError

if TYPE_CHECKING:
    from aigc_lessons.data.sets import DataSet


def add_options(parser: Parser) -> None:
    """Add the options of ``aigc data``."""
    parser.add_argument("action", nargs="?", choices=["fetch"], help="fetch what is missing")
    parser.add_argument("names", nargs="*", metavar="NAME", help="data sets (default: all)")
    parser.add_argument(
        "--into", type=Path, metavar="FOLDER", help="with fetch: a folder to carry elsewhere"
    )


def run(options: argparse.Namespace) -> int:
    """List the data sets, or fetch some."""
    from aigc_lessons.data.sets import DATA_SETS

    if options.action is None:
        if options.into is not None:
            raise CourseError("--into goes with fetch: aigc data fetch --into FOLDER")
        _list(DATA_SETS)
        return 0
    by_name = {one.name: one for one in DATA_SETS}
    names = options.names or list(by_name)
    _fetch([by_name[known(name, by_name, "data set")] for name in names], options.into)
    return 0


def _list(sets: "Sequence[DataSet]") -> None:
    from aigc_lessons.data.download import data_folder

    folder = data_folder()
    rows = [
        (one.name, _size(one), "here" if one.here else _unpacked(one), one.licence, one.summary)
        for one in sets
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [text.ljust(width) for text, width in zip(row, widths, strict=True)]
        print("  ".join([cells[0], row[1].rjust(widths[1]), *cells[2:]]).rstrip())
    print(f"The data folder is {folder}. No chapter needs one of these sets.")


def _unpacked(one: "DataSet") -> str:
    return "here, unpacked, not verified" if one.unpacked else "-"


def _size(one: "DataSet") -> str:
    return f"{one.size / 1e6:.1f} MB"


def _fetch(sets: "Sequence[DataSet]", into: Path | None) -> None:
    """Fetch one set after the other, and go on after a failure.

    Raises:
        CourseError: some are missing in the end; the message says which, and what to do.
    """
    from aigc_lessons.data.download import data_folder, fetch, offline

    folder = data_folder() if into is None else into.absolute()
    wanted = [one for one in sets if not one.here and (into is not None or not one.unpacked)]
    if wanted and offline():
        raise CourseError(
            f"AIGC_OFFLINE forbids connections, and {_names(wanted)} would have to be fetched. "
            "Unset it, or copy the data folder of another machine and set AIGC_DATA to it."
        )
    missing = []
    for one in sets:
        if one.unpacked and into is None:
            print(f"{one.name}: here, unpacked, not verified", flush=True)
            continue
        try:
            for name in one.files:
                fetch(name, into)
        except CourseError as error:
            missing.append(one)
            print(f"{one.name}: {error}", flush=True)
        else:
            print(f"{one.name}: here, {_size(one)}, verified", flush=True)
    if missing:
        again = " ".join(["aigc data fetch", *(one.name for one in missing)])
        raise CourseError(
            f"{len(missing)} of {len(sets)} sets are missing in {folder}: {_names(missing)}. Run "
            f"`{again}{f' --into {into}' if into else ''}` again with a network, or put the files "
            "that are named above into that folder."
        )
    print(f"All of it is in {short(folder)}")
    if into is not None:
        print(f"On another machine, set AIGC_DATA to the copy of this folder: AIGC_DATA={folder}")


def _names(sets: "Sequence[DataSet]") -> str:
    return ", ".join(one.name for one in sets)
