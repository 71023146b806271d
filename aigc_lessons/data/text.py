"""Text that is installed with Python, and a vocabulary of characters."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

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
            CourseError: a character that the vocabulary lacks; the message says which and where.
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
