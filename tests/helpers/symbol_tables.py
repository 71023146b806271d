"""The tables of symbols in chapters and on the notation page."""

import re
from typing import NamedTuple

HEADER = r"\| symbol \| meaning \| [^|\n]+\|\n\|[-| ]+\|\n"
TABLE = re.compile(rf"^#+ Symbols\n+{HEADER}((?:\|.*(?:\n|$))+)", re.M)
# What does not make another symbol: a running index, an argument, a star, a power.
INDEX = re.compile(r"_(?:\{(?:[a-z0-9]|n-1)\}|[a-z0-9](?![a-z{]))")
ARGUMENT = re.compile(r"(?<=.)(?:\([^()]*\)|\[[^]]*\])$")
POWER = re.compile(r"\^(?:\*|\{\(l\)\}|\{-1\})")


class Row(NamedTuple):
    """A symbol and what a table says of it; a row may explain several symbols together."""

    symbol: str
    meaning: str


def rows(markdown: str) -> list[Row]:
    """Return the rows of every table of symbols in a text."""
    found = []
    for table in TABLE.findall(markdown):
        for line in table.splitlines():
            symbols, meaning = re.split(r"(?<!\\)\|", line)[1:3]
            found += {Row(base(each), meaning.strip()): None for each in separate(symbols)}
    return found


def separate(symbols: str) -> list[str]:
    """Split "$a(x, y)$, $b$, JS" at the commas outside brackets."""
    parts, depth = [""], 0
    for character in symbols.replace("$", ""):
        depth += (character in "({[") - (character in ")}]")
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts if part.strip() != r"\dots"]


def base(symbol: str) -> str:
    """Return the letter: "$D^*(x_i) = …$" gives "D"."""
    symbol = re.sub(r"\\(?:mid|,)", "", symbol.partition("=")[0]).strip()
    return POWER.sub("", INDEX.sub("", ARGUMENT.sub("", symbol))).strip()
