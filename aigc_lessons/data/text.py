"""Texts installed with Python, three that are downloaded, and a vocabulary of characters."""

import json
import re
import sys
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import torch
from torch import Tensor

from aigc_lessons.data.download import fetch
from aigc_lessons.errors import CourseError


def python_docs() -> str:
    """Return the language reference that CPython carries for its `help()`.

    About 465,000 characters of English prose and code. The text belongs to the Python that runs
    it: another version of Python carries a slightly different one (PSF licence).

    Raises:
        CourseError: an installation of Python without its help topics.
    """
    try:
        from pydoc_data.topics import topics
    except ImportError as error:
        raise CourseError(
            "This Python comes without the module pydoc_data, which holds the text. "
            "Use a complete installation of CPython, such as the one from python.org."
        ) from error
    return "\n\n".join(topics[name] for name in sorted(topics))


def identifiers() -> list[str]:
    """Return the words of the names that Python's standard library defines.

    The names of its functions and classes that are written in lower-case ASCII, split at
    underscores and digits: 3 to 12 letters a to z, each word once, in alphabetical order. They are
    read from the source files as text, and nothing is imported. Several thousand words, the same
    in every run, but another version of Python has slightly different ones (PSF licence).

    Raises:
        CourseError: an installation of Python without the sources of its library.
    """
    return list(_identifiers())


@cache
def _identifiers() -> tuple[str, ...]:
    library = Path(sysconfig.get_paths()["stdlib"])
    words = set()
    for module in sorted(sys.stdlib_module_names):
        for path in (library / f"{module}.py", *(library / module).glob("*.py")):
            if path.is_file():
                source = path.read_text(encoding="utf-8", errors="replace")
                for name in re.findall(r"^[ \t]*(?:async )?(?:def|class) +(\w+)", source, re.M):
                    if name.isascii() and name.islower():
                        words.update(re.findall("[a-z]+", name))
    words = {word for word in words if 3 <= len(word) <= 12}
    if len(words) < 1_000:
        raise CourseError(
            f"{library} holds only {len(words)} words of Python's standard library: this Python "
            "comes without its sources. Use a complete installation of CPython."
        )
    return tuple(sorted(words))


def tiny_shakespeare() -> str:
    """Return 1,115,394 characters of Shakespeare's plays (char-rnn; Karpathy, 2015).

    The plays are in the public domain. The file is downloaded, or read from the data folder.

    Raises:
        CourseError: the file is missing and cannot be fetched, or is not the official one.
    """
    return _read("tinyshakespeare/input.txt")


def first_names() -> list[str]:
    """Return 32,033 first names in lower-case letters a to z, some of them twice.

    From the repository makemore (Karpathy, 2022; MIT licence). The file is
    downloaded, or read from the data folder.

    Raises:
        CourseError: the file is missing and cannot be fetched, is not the official one, or has a
            line that is not a name.
    """
    names = _read("names/names.txt").split("\n")
    for number, name in enumerate(names, 1):
        if not re.fullmatch("[a-z]+", name):
            raise CourseError(
                f"names/names.txt, line {number:,}: expected a name of the letters a to z, found "
                f"{name!r}. Move or delete the file, then fetch it again."
            )
    return names


@dataclass(frozen=True)
class Poem:
    """A poem.

    Attributes:
        title: its title.
        author: who wrote it.
        paragraphs: its couplets or sentences, with their punctuation.
    """

    title: str
    author: str
    paragraphs: tuple[str, ...]


def tang_poems() -> list[Poem]:
    """Return the collection Three Hundred Tang Poems, 366 poems in traditional characters.

    A poem with several parts counts once for each. The file puts a few characters in square
    brackets. The poems are in the public domain; the file is from the repository chinese-poetry
    (MIT licence). It is downloaded, or read from the data folder.

    Raises:
        CourseError: the file is missing and cannot be fetched, is not the official one, or does
            not hold poems.
    """
    name = "tang300/唐诗三百首.json"
    try:
        entries = json.loads(_read(name))
    except json.JSONDecodeError as error:
        raise CourseError(
            f"{name} is not JSON ({error}). Move or delete it, then fetch it again."
        ) from error
    if not isinstance(entries, list):
        raise CourseError(f"{name} holds no list of poems. Move or delete it, then fetch it again.")
    return [_poem(entry, f"{name}, poem {number}") for number, entry in enumerate(entries, 1)]


def _poem(entry: object, place: str) -> Poem:
    if isinstance(entry, dict):
        title, author, lines = (entry.get(key) for key in ("title", "author", "paragraphs"))
        paragraphs = tuple(lines) if isinstance(lines, list) else ()
        written = bool(paragraphs) and all(isinstance(line, str) for line in paragraphs)
        if isinstance(title, str) and isinstance(author, str) and written:
            return Poem(title, author, paragraphs)
    raise CourseError(
        f"{place}: expected a title, an author and paragraphs of text. Move or delete the file, "
        "then fetch it again."
    )


def _read(name: str) -> str:
    try:
        return fetch(name).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise CourseError(
            f"{name} is not UTF-8 text ({error}). Move or delete it, then fetch it again."
        ) from error


@dataclass(frozen=True)
class Vocabulary:
    """The symbols of a text, each with a number.

    Attributes:
        symbols: different single characters; the position of each is its number.
    """

    symbols: tuple[str, ...]
    _numbers: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        numbers = {symbol: number for number, symbol in enumerate(self.symbols)}
        if len(numbers) != len(self.symbols) or any(len(symbol) != 1 for symbol in numbers):
            raise CourseError("The symbols of a vocabulary are single characters, each once.")
        object.__setattr__(self, "_numbers", numbers)

    @classmethod
    def from_text(cls, text: str) -> "Vocabulary":
        """Number the characters of a text in the order of their code points.

        Raises:
            CourseError: no text, or an empty one.
        """
        if not isinstance(text, str) or not text:
            raise CourseError(f"A vocabulary is made from a text that is not empty, not {text!r}.")
        return cls(tuple(sorted(set(text))))

    def __len__(self) -> int:
        return len(self.symbols)

    def encode(self, text: str) -> Tensor:
        """Return the numbers of the characters of a text, (T,), int64.

        Raises:
            CourseError: a character is not in the vocabulary; the message says which and where.
        """
        if not isinstance(text, str):
            raise CourseError(f"encode expects a text, not {type(text).__name__}.")
        try:
            return torch.tensor([self._numbers[symbol] for symbol in text], dtype=torch.int64)
        except KeyError as error:
            symbol = error.args[0]
            raise CourseError(
                f"The vocabulary has no symbol {symbol!r} (position {text.index(symbol):,} of the "
                "text). Make the vocabulary from a text that contains it, or remove it."
            ) from None

    def decode(self, numbers: Tensor | Sequence[int]) -> str:
        """Return the text of a row of numbers, (T,).

        Raises:
            CourseError: not a row of whole numbers, or a number without a symbol.
        """
        row = torch.as_tensor(numbers)
        whole = not (row.is_floating_point() or row.is_complex() or row.dtype == torch.bool)
        if row.ndim != 1 or not (whole or row.numel() == 0):
            raise CourseError(
                f"decode expects one row of whole numbers, not {row.dtype} of the shape "
                f"{tuple(row.shape)}."
            )
        values = row.tolist()
        for position, number in enumerate(values):
            if not 0 <= number < len(self.symbols):
                raise CourseError(
                    f"The number {number} at position {position:,} has no symbol; this vocabulary "
                    f"has the numbers 0 to {len(self.symbols) - 1}."
                )
        return "".join(self.symbols[number] for number in values)
