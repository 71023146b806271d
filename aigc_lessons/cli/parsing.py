"""What the commands share: the parser, the reading of numbers and names, the look of a path."""

import argparse
import difflib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NoReturn

from aigc_lessons.errors import CourseError


class Parser(argparse.ArgumentParser):
    """A parser whose errors are those of the course: one line."""

    def error(self, message: str) -> NoReturn:
        """Raise what argparse would print with its usage.

        Raises:
            CourseError: always.
        """
        message = message[:1].upper() + message[1:]
        raise CourseError(f"{message.rstrip('.')}. See `{self.prog} --help`.")


def number(least: int, most: int | None = None) -> Callable[[str], int]:
    """Make the reader of a whole number between two bounds."""

    def read(text: str) -> int:
        wanted = f"a whole number of at least {least}" + (f" and at most {most}" if most else "")
        try:
            number = int(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"expected {wanted}, not {text!r}") from None
        if number < least or (most is not None and number > most):
            raise argparse.ArgumentTypeError(f"expected {wanted}, not {text}")
        return number

    return read


def known(name: str, known: Iterable[str], kind: str) -> str:
    """Return ``name`` if it is known.

    Raises:
        CourseError: it is not; the message names what comes close and what there is.
    """
    names = list(known)
    if name in names:
        return name
    close = difflib.get_close_matches(name, names, n=1)
    meant = f"Did you mean {close[0]}? " if close else ""
    raise CourseError(f"There is no {kind} {name!r}. {meant}There are: {', '.join(names)}.")


def short(path: Path) -> str:
    """Return the path as seen from the current folder, if it is below."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
