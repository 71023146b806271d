"""Embedded and downloaded texts, and the vocabulary of characters."""

import builtins
import importlib
import inspect
import json
import re
import string
import sys
import sysconfig
from pathlib import Path

import numpy as np
import pytest
import torch
from data_files import register

from aigc_lessons.data import text as texts
from aigc_lessons.data.download import data_folder
from aigc_lessons.data.text import (
    Vocabulary,
    first_names,
    identifiers,
    python_docs,
    tang_poems,
    tiny_shakespeare,
)
from aigc_lessons.errors import CourseError

NAMES, POEMS = "names/names.txt", "tang300/唐诗三百首.json"


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


def official(name: str) -> None:
    if not (data_folder() / name).is_file():
        pytest.skip(f"AIGC_DATA has no {name}")


def test_identifiers_are_words_of_the_standard_library() -> None:
    words = identifiers()
    assert words == sorted(set(words)) == identifiers()
    assert 2_000 < len(words) < 20_000
    assert all(3 <= len(word) <= 12 and set(word) <= set(string.ascii_lowercase) for word in words)
    for module in (json, inspect, importlib):  # what these modules define, asked of themselves
        for name, thing in vars(module).items():
            own = inspect.isfunction(thing) and thing.__module__ == module.__name__
            if own and name.islower():
                parts = {part for part in re.findall("[a-z]+", name) if 3 <= len(part) <= 12}
                assert parts <= set(words)


def test_identifiers_are_read_without_importing(monkeypatch: pytest.MonkeyPatch) -> None:
    texts._identifiers.cache_clear()
    before = set(sys.modules)
    monkeypatch.setattr(builtins, "__import__", None)
    identifiers()
    assert set(sys.modules) == before


def test_a_python_without_sources_is_named(own_folder, monkeypatch) -> None:
    texts._identifiers.cache_clear()
    (own_folder / "this.py").write_text("def lonely(): pass\n")
    monkeypatch.setattr(sysconfig, "get_paths", lambda: {"stdlib": str(own_folder)})
    with pytest.raises(CourseError, match=r"only 1 words .* without its sources"):
        identifiers()


def test_names_keep_their_order_and_a_wrong_line_is_named(own_folder, monkeypatch) -> None:
    register(monkeypatch, NAMES, b"emma\nolivia\nemma")
    assert first_names() == ["emma", "olivia", "emma"]
    for content in (b"emma\nOlivia", b"emma\n", b"emma\n\nava"):
        register(monkeypatch, NAMES, content)
        with pytest.raises(CourseError, match=r"names.txt, line 2: expected a name"):
            first_names()


def test_poems_keep_their_parts_and_a_wrong_file_is_named(own_folder, monkeypatch) -> None:
    good = {"title": "登鸛雀樓", "author": "王之渙", "paragraphs": ["白日依山盡，黃河入海流。"]}
    register(monkeypatch, POEMS, json.dumps([good, {**good, "id": "x"}]).encode())
    assert tang_poems() == 2 * [texts.Poem("登鸛雀樓", "王之渙", (good["paragraphs"][0],))]
    for bad in ({**good, "author": 7}, {"title": "登"}, {**good, "paragraphs": []}, "poem"):
        register(monkeypatch, POEMS, json.dumps([good, bad]).encode())
        with pytest.raises(CourseError, match="poem 2: expected a title, an author"):
            tang_poems()
    for content, message in ((b"[", "not JSON"), (b"{}", "no list"), (b"\xff", "not UTF-8")):
        register(monkeypatch, POEMS, content)
        with pytest.raises(CourseError, match=message):
            tang_poems()


def test_a_missing_text_says_what_to_do(own_folder: Path) -> None:
    with pytest.raises(CourseError, match=r"input.txt is not on this machine.*python_docs"):
        tiny_shakespeare()


def test_official_tiny_shakespeare() -> None:
    official("tinyshakespeare/input.txt")
    text = tiny_shakespeare()
    assert len(text) == 1_115_394 and len(set(text)) == 65
    assert text.startswith("First Citizen:\nBefore we proceed any further")


def test_official_names() -> None:
    official(NAMES)
    names = first_names()
    assert (len(names), len(set(names)), names[0]) == (32_033, 29_494, "emma")


def test_official_poems() -> None:
    official(POEMS)
    poems = tang_poems()
    assert len(poems) == 366
    assert any("牀前看月光" in line for poem in poems for line in poem.paragraphs)
    assert {"李白", "杜甫", "王維"} <= {poem.author for poem in poems}
