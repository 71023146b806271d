"""The embedded text and the vocabulary of characters."""

import sys

import numpy as np
import pytest
import torch

from aigc_lessons.data.text import Vocabulary, python_docs
from aigc_lessons.errors import CourseError


def test_python_docs_holds_every_help_topic() -> None:
    from pydoc_data.topics import topics

    text = python_docs()
    assert len(text) > 400_000
    assert all(topic in text for topic in topics.values())
    assert text == python_docs()


def test_python_docs_survives_a_round_trip() -> None:
    text = python_docs()
    vocabulary = Vocabulary.from_text(text)
    numbers = vocabulary.encode(text)
    assert numbers.dtype == torch.int64
    assert numbers.shape == (len(text),)
    assert numbers.unique().tolist() == list(range(len(vocabulary)))
    assert vocabulary.decode(numbers) == text


def test_a_python_without_its_help_topics_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pydoc_data.topics", None)
    with pytest.raises(CourseError, match="pydoc_data"):
        python_docs()


def test_numbers_follow_code_points_beyond_ascii() -> None:
    vocabulary = Vocabulary.from_text("ba\n春é𝄞a")
    assert vocabulary.symbols == ("\n", "a", "b", "é", "春", "𝄞")
    assert vocabulary.encode("é春b").tolist() == [3, 4, 2]
    assert vocabulary.decode([5, 0, 1]) == "𝄞\na"
    assert vocabulary.decode(np.array([1, 2])) == "ab"
    assert vocabulary.decode(vocabulary.encode("")) == "" == vocabulary.decode([])


def test_an_unknown_symbol_is_named_with_its_first_position() -> None:
    with pytest.raises(CourseError, match=r"'x' \(position 2 of"):
        Vocabulary.from_text("abc").encode("abxaxz")


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ([0, 3], "number 3 at position 1 .* 0 to 2"),
        ([-1], "number -1 at position 0"),
        ([0.0, 1.0], "whole numbers"),
        ([True, False], "whole numbers"),
        ([[0, 1]], "one row"),
        (torch.tensor(1), "one row"),
    ],
)
def test_numbers_without_a_symbol_are_refused(numbers, message) -> None:
    with pytest.raises(CourseError, match=message):
        Vocabulary.from_text("abc").decode(numbers)


@pytest.mark.parametrize("text", ["", None, ["a", "b"]])
def test_a_vocabulary_needs_a_text(text) -> None:
    with pytest.raises(CourseError, match="not empty"):
        Vocabulary.from_text(text)


@pytest.mark.parametrize("symbols", [("a", "a"), ("ab",), ("",)])
def test_symbols_are_single_characters_each_once(symbols) -> None:
    with pytest.raises(CourseError, match="each once"):
        Vocabulary(symbols)


def test_encode_refuses_what_is_not_text() -> None:
    with pytest.raises(CourseError, match="expects a text, not list"):
        Vocabulary.from_text("abc").encode(["a"])
