"""Probabilistic context-free grammars: a source of text whose entropy is known exactly.

A model of such a text has a floor that it cannot break: no model needs fewer nats per text, on
average, than the entropy. `aigc_lessons.data.product_copy` holds two such grammars.
"""

import json
import math
from bisect import bisect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import numpy as np
import torch

from aigc_lessons.data.grammar_rules import Rule, parse_rules
from aigc_lessons.data.text import Vocabulary
from aigc_lessons.errors import CourseError

Ends = dict[int, tuple[float, int]]  # end → log-probability and number of derivations
Chart = dict[tuple[str, int], Ends]  # (symbol, begin) → ends


@dataclass(frozen=True)
class Derivation:
    """How a text came about.

    Attributes:
        text: the text.
        steps: the rules in the order of their use, leftmost first, as (symbol, body).
        log_probability: the sum of the log-probabilities of the rules, nats.
    """

    text: str
    steps: tuple[tuple[str, str], ...]
    log_probability: float


class Grammar:
    """A probabilistic context-free grammar.

    A symbol is replaced by one of its bodies, drawn with the given probability and independently of
    everything else, until only text is left. In a body, `{name}` is a symbol and the rest is text:

        Grammar({"start": {"a {colour} mug": 1.0}, "colour": {"red": 0.7, "blue": 0.3}})

    Every text must have one derivation only. Then the entropy of the text is the entropy of its
    derivation, for which there is a formula. No program can decide this for every grammar, so
    nobody checks it for you; `derivations` counts for a given text.

    Attributes:
        rules: symbol → its bodies → their probabilities, as given.
        start: the symbol that a derivation begins with.
        vocabulary: the characters of all bodies.
    """

    def __init__(self, rules: Mapping[str, Mapping[str, float]], start: str = "start") -> None:
        """Check the rules and solve for the expectations.

        Raises:
            CourseError: probabilities that are not positive or do not sum to 1; a symbol without
                rules; unbalanced braces; left recursion (a symbol that can lead to itself before
                any text); a derivation that may never end or is infinitely long on average.
        """
        self.rules = {symbol: dict(bodies) for symbol, bodies in rules.items()}
        self.start = start
        self._rules = parse_rules(self.rules, start)
        self._cumulative = {
            symbol: list(accumulate(rule.probability for rule in rules))
            for symbol, rules in self._rules.items()
        }
        written = {c for rules in self._rules.values() for r in rules for c in r.text()}
        self.vocabulary = Vocabulary(tuple(sorted(written)))
        self._entropies, self._lengths = self._expectations()

    def sample(self, n: int, generator: torch.Generator) -> list[str]:
        """Draw n texts.

        Raises:
            CourseError: n is not a whole number of at least 1.
        """
        return [derivation.text for derivation in self.derive(n, generator)]

    def derive(self, n: int, generator: torch.Generator) -> list[Derivation]:
        """Draw n texts with the rules that made them.

        Raises:
            CourseError: n is not a whole number of at least 1.
        """
        if isinstance(n, bool) or not isinstance(n, int) or n < 1:
            raise CourseError(f"The number of texts is a whole number of at least 1, not {n!r}.")
        uniform = _uniforms(generator)
        return [self._derive_one(uniform) for _ in range(n)]

    def log_probability(self, text: str) -> float:
        """Return the exact log-probability of a text in nats; -inf outside the language.

        The inside algorithm (Baker, 1979) sums over all derivations. Its depth grows with the
        nesting of the text, so that Python's recursion limit bounds it.

        Raises:
            CourseError: a symbol that the grammar never writes; the message says which and where;
                or a text nested too deeply.
        """
        return self._inside(text)[0]

    def derivations(self, text: str) -> int:
        """Return how many derivations a text has: 1 in an unambiguous grammar, 0 outside it.

        Raises:
            CourseError: what `log_probability` raises.
        """
        return self._inside(text)[1]

    def first_steps(self, text: str) -> list[str]:
        """Return the bodies of the start symbol with which a derivation of a text can begin.

        Raises:
            CourseError: what `log_probability` raises.
        """
        chart = self._chart(text)
        return [
            rule.body
            for rule in self._rules[self.start]
            if len(text) in self._rule_ends(rule, 0, text, chart)
        ]

    def entropy(self) -> float:
        """Return the entropy of a derivation in nats, which is that of a text if each has just one.

        H(A) = Σ_r p_r (-log p_r + Σ_B H(B)), where r runs over the rules of A and B over the
        symbols in the body of r (Grenander, 1976): linear equations in the H(A).
        """
        return self._entropies[self.start]

    def entropies(self) -> dict[str, float]:
        """Return the entropy of what each symbol derives, in nats."""
        return dict(self._entropies)

    def expected_length(self) -> float:
        """Return the expected number of characters of a text, the end symbol counted."""
        return self._lengths[self.start] + 1

    def entropy_per_character(self) -> float:
        """Return the least cross-entropy that any model can reach, nats per character.

        It is the entropy of a text divided by the expected length, end symbol counted: over many
        texts, all nats divided by all characters.
        """
        return self.entropy() / self.expected_length()

    def _expectations(self) -> tuple[dict[str, float], dict[str, float]]:
        """Solve x = x₀ + M x for the entropy and the length of what each symbol derives.

        M[A, B] is the expected number of B in a body of A. Every derivation ends, after finitely
        many steps on average, if and only if no eigenvalue of M reaches 1 in size (Booth and
        Thompson, 1973). For a matrix without negative entries that is the same as: t = 1 + M t has
        a solution with every t at least 1, and t is the expected number of steps.
        """
        number = {symbol: i for i, symbol in enumerate(self._rules)}
        mean = np.zeros((len(number), len(number)))
        local = np.zeros((len(number), 3))  # steps, nats, characters
        for symbol, rules in self._rules.items():
            for rule in rules:
                p = rule.probability
                local[number[symbol]] += (p, -p * math.log(p), p * len(rule.text()))
                for used in rule.symbols():
                    mean[number[symbol], number[used]] += p
        try:
            total = np.linalg.solve(np.eye(len(number)) - mean, local)
        except np.linalg.LinAlgError:
            total = np.full_like(local, np.inf)
        steps = total[:, 0]
        endless = [s for s, i in number.items() if not 1 - 1e-6 <= steps[i] < 1e9]
        if endless:
            raise CourseError(
                f"A derivation from {endless[0]!r} may go on for ever, or is infinitely long on "
                "average. Give the rules that end the repetition a larger probability."
            )
        entropies = {symbol: float(total[i, 1]) for symbol, i in number.items()}
        return entropies, {symbol: float(total[i, 2]) for symbol, i in number.items()}

    def _derive_one(self, uniform: Iterator[float]) -> Derivation:
        text, steps, log_probability = [], [], 0.0
        waiting = [(self.start, True)]  # a stack: the leftmost part is on top
        while waiting:
            part, is_symbol = waiting.pop()
            if not is_symbol:
                text.append(part)
                continue
            cumulative = self._cumulative[part]
            drawn = bisect(cumulative, next(uniform) * cumulative[-1])
            rule = self._rules[part][drawn]
            steps.append((part, rule.body))
            log_probability += math.log(rule.probability)
            waiting.extend(reversed(rule.parts))
        return Derivation("".join(text), tuple(steps), log_probability)

    def _inside(self, text: str) -> tuple[float, int]:
        """Return the log-probability of a text and how many derivations it has."""
        return self._chart(text)[self.start, 0].get(len(text), (-math.inf, 0))

    def _chart(self, text: str) -> Chart:
        """Return what is known of each symbol and position after parsing a text."""
        self.vocabulary.encode(text)  # names an unknown symbol
        chart: Chart = {}
        try:
            self._ends(self.start, 0, text, chart)
        except RecursionError:
            raise CourseError(
                f"This text of {len(text):,} characters is nested too deeply for the parser. "
                "Shorten it."
            ) from None
        return chart

    def _ends(self, symbol: str, begin: int, text: str, chart: Chart) -> Ends:
        """Return where a symbol that begins at a position can end."""
        if (symbol, begin) not in chart:
            ends: Ends = {}
            for rule in self._rules[symbol]:
                for end, found in self._rule_ends(rule, begin, text, chart).items():
                    _add(ends, end, *found)
            chart[symbol, begin] = ends
        return chart[symbol, begin]

    def _rule_ends(self, rule: Rule, begin: int, text: str, chart: Chart) -> Ends:
        """Return where the body of a rule that begins at a position can end."""
        here: Ends = {begin: (math.log(rule.probability), 1)}
        for part, is_symbol in rule.parts:
            after: Ends = {}
            for position, so_far in here.items():
                if is_symbol:
                    for end, inner in self._ends(part, position, text, chart).items():
                        _add(after, end, so_far[0] + inner[0], so_far[1] * inner[1])
                elif text.startswith(part, position):
                    _add(after, position + len(part), *so_far)
            here = after
        return here


def animal_rules() -> dict[str, dict[str, float]]:
    """Return the rules of a small language whose texts can all be listed: "two hens nap"."""
    rules: dict[str, dict[str, float]] = json.loads(
        Path(__file__).with_name("animal_grammar.json").read_text(encoding="utf8")
    )
    return rules


def _add(ends: Ends, end: int, log_p: float, count: int) -> None:
    """Add the probability and the number of some derivations to those that end in one place."""
    if end in ends:
        other, others = ends[end]
        log_p, count = float(np.logaddexp(log_p, other)), count + others
    ends[end] = (log_p, count)


def _uniforms(generator: torch.Generator) -> Iterator[float]:
    """Yield random numbers from [0, 1), drawn in blocks because single draws are slow."""
    while True:
        yield from torch.rand(256, generator=generator, dtype=torch.float64).tolist()
