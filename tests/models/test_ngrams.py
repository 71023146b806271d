"""Kneser-Ney smoothing: a distribution, the formula with sets, and the library NLTK."""

import math
from itertools import product

import pytest
from nltk.lm import KneserNeyInterpolated
from nltk.util import everygrams

from aigc_lessons.errors import CourseError
from aigc_lessons.models.autoregressive.ngrams import EDGE, KneserNey

TEXTS = ["abracadabra", "cab", "a", "bad", "cadabra", "", "dab", "crab"]
LETTERS = "abcdrz"  # z never occurs


@pytest.mark.parametrize("order", [1, 2, 3, 5])
def test_the_probabilities_of_all_symbols_sum_to_one(order: int) -> None:
    model = KneserNey(TEXTS, order, LETTERS)
    discounts = [0.9, 0.3, 0.75, 0.5, 0.99][:order]
    for before in ("", "a", "z", "abra", "cadz", "zzzzzz"):
        chances = [model.probability(before, s, discounts) for s in (*LETTERS, EDGE)]
        assert sum(chances) == pytest.approx(1, abs=1e-12)
        assert min(chances) > 0


def test_shorter_contexts_count_different_longer_ones() -> None:
    """The formula of Chen and Goodman (1999), with sets in place of the early stop."""
    order, discount = 3, 0.6
    model = KneserNey(TEXTS, order, LETTERS)
    edged = [EDGE + text + EDGE for text in TEXTS]

    def occurrences(piece: str) -> int:
        return sum(text.startswith(piece, i) for text in edged for i in range(len(text)))

    def chance(context: str, symbol: str) -> float:
        whole = len(context) == order - 1 or context.startswith(EDGE)
        counts = {
            s: occurrences(context + s)
            if whole
            else sum(occurrences(v + context + s) > 0 for v in (*LETTERS, EDGE))
            for s in (*LETTERS, EDGE)
        }
        shorter = chance(context[1:], symbol) if context else 1 / (len(LETTERS) + 1)
        total = sum(counts.values())
        if not total:
            return shorter
        types = sum(count > 0 for count in counts.values())
        return (max(counts[symbol] - discount, 0) + discount * types * shorter) / total

    for before, symbol in product(("", "a", "ab", "cadab", "zr"), (*LETTERS, EDGE)):
        context = (EDGE + before)[max(0, len(before) + 1 - (order - 1)) :]
        found = model.probability(before, symbol, [discount] * order)
        assert found == pytest.approx(chance(context, symbol), abs=1e-12)


def test_it_agrees_with_nltk() -> None:
    """NLTK does not discount its unigrams, and here every symbol occurs."""
    text = "abracadabracrabbadcadabradabacab"
    model = KneserNey([text], 3, sorted(set(text)))
    line = [EDGE, *text, EDGE]
    library = KneserNeyInterpolated(3, discount=0.7)
    library.fit([everygrams(line, max_len=3)], vocabulary_text=line)
    for place in range(2, len(text)):
        before = text[:place]
        for symbol in (*sorted(set(text)), EDGE):
            theirs = library.score(symbol, tuple(before[-2:]))
            ours = model.probability(before, symbol, [0.0, 0.7, 0.7])
            assert ours == pytest.approx(theirs, abs=1e-12)


def test_the_cost_is_the_sum_over_all_symbols_and_ends() -> None:
    model = KneserNey(TEXTS, 3, LETTERS)
    chances = [model.probability(b, s, [0.5] * 3) for b, s in (("", "a"), ("a", "b"), ("ab", EDGE))]
    nats = model.negative_log_likelihood(["ab"], [0.5] * 3)
    assert nats == pytest.approx(-sum(map(math.log, chances)))


@pytest.mark.parametrize(("texts", "order"), [([], 2), ("abc", 2), (["a\nb"], 2), (["a"], 0)])
def test_wrong_input_gets_one_clear_error(texts: list[str], order: int) -> None:
    with pytest.raises(CourseError):
        KneserNey(texts, order, LETTERS)
