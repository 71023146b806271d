"""Reads and checks the rules of a grammar as `aigc_lessons.data.grammar.Grammar` takes them."""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from aigc_lessons.errors import CourseError


@dataclass(frozen=True)
class Rule:
    """One body of a symbol.

    Attributes:
        body: as it was written.
        probability: of this body among those of its symbol.
        parts: text, or the name of a symbol; the flag is True for a symbol.
    """

    body: str
    probability: float
    parts: tuple[tuple[str, bool], ...]

    def symbols(self) -> list[str]:
        """Return the symbols of the body, each as often as it occurs."""
        return [part for part, is_symbol in self.parts if is_symbol]

    def text(self) -> str:
        """Return the text of the body without its symbols."""
        return "".join(part for part, is_symbol in self.parts if not is_symbol)


def parse_rules(rules: Mapping[str, Mapping[str, float]], start: str) -> dict[str, list[Rule]]:
    """Return symbol → its rules.

    Raises:
        CourseError: probabilities that are not positive or do not sum to 1; a symbol without
            rules; unbalanced braces; left recursion.
    """
    parsed = {symbol: _parse(symbol, bodies) for symbol, bodies in rules.items()}
    for symbol, its in parsed.items():
        for rule in its:
            for used in rule.symbols():
                if used not in parsed:
                    raise CourseError(
                        f"The body {rule.body!r} of {symbol!r} uses the symbol {used!r}, which "
                        "has no rules. Add rules for it, or correct its name."
                    )
    if start not in parsed:
        raise CourseError(
            f"The start symbol {start!r} has no rules. Symbols: {', '.join(parsed) or 'none'}."
        )
    _check_left_recursion(parsed)
    return parsed


def _parse(symbol: str, bodies: Mapping[str, float]) -> list[Rule]:
    """Split the bodies of a symbol into text and symbols, and check their probabilities."""
    total = math.fsum(bodies.values())
    if not all(p > 0 for p in bodies.values()) or not abs(total - 1) <= 1e-9:
        raise CourseError(
            f"The probabilities of the bodies of {symbol!r} must be positive and sum to 1; they "
            f"sum to {total:.6g}: {', '.join(f'{b!r}: {p:g}' for b, p in bodies.items())}."
        )
    rules = []
    for body, probability in bodies.items():
        pieces = re.split(r"\{([^{}]+)\}", body)  # text and symbols in turn
        if any(brace in piece for piece in pieces for brace in "{}"):
            raise CourseError(
                f"The body {body!r} of {symbol!r} has a brace without its partner or without a "
                "name between. Write a symbol as {name}."
            )
        parts = tuple((piece, i % 2 == 1) for i, piece in enumerate(pieces) if piece)
        rules.append(Rule(body, probability, parts))
    return rules


def _check_left_recursion(rules: Mapping[str, list[Rule]]) -> None:
    """Follow what can stand leftmost: a way back to a symbol sends a parser in circles."""
    empty: set[str] = set()  # symbols that can become the empty text
    while more := {
        symbol
        for symbol, its in rules.items()
        if symbol not in empty
        and any(all(is_symbol and part in empty for part, is_symbol in r.parts) for r in its)
    }:
        empty |= more
    leftmost = {
        symbol: {part for rule in its for part in _leftmost(rule, empty)}
        for symbol, its in rules.items()
    }
    while leftmost:
        free = {symbol for symbol, first in leftmost.items() if not first & leftmost.keys()}
        if not free:
            raise CourseError(
                f"One of the symbols {', '.join(sorted(leftmost))} can lead to itself before "
                "any text (left recursion). Write the repetition on the right: "
                "'a{list}' instead of '{list}a'."
            )
        leftmost = {symbol: first for symbol, first in leftmost.items() if symbol not in free}


def _leftmost(rule: Rule, empty: set[str]) -> Iterator[str]:
    """Yield the symbols that can stand leftmost in what a rule derives."""
    for part, is_symbol in rule.parts:
        if is_symbol:
            yield part
        if not is_symbol or part not in empty:
            return
