"""Prose is spelt as in Britain. ``typos`` knows the mistakes; ``dictionary.txt`` what is none.

In a title of the bibliography any spelling of English is right, since titles stand there as they
were published.
"""

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

from notebooks import ROOT, prose_of_the_book

TYPOS = Path(sys.executable).with_name("typos" + (".exe" if sys.platform == "win32" else ""))
DICTIONARY = Path(__file__).with_name("dictionary.txt").read_text(encoding="utf-8").split()
BIBLIOGRAPHY = "book/bibliography.md"
PLACE = re.compile(r"(?:(?:upper|lower|center|left|right|outside) ?)+")  # as Matplotlib names them


def mistakes(files: Mapping[str, list[str]], locale: str = "en-gb") -> list[tuple[str, str, str]]:
    """Return file, word and what it should be, for each mistake in paragraphs of one line each."""
    lines = [
        (file, paragraph)
        for file, paragraphs in files.items()
        for paragraph in paragraphs
        if not PLACE.fullmatch(paragraph)
    ]
    options = ["--format", "json", "--locale", locale, "--config", ROOT / "pyproject.toml", "-"]
    prose = "\n".join(paragraph for _, paragraph in lines)
    run = subprocess.run([TYPOS, *options], input=prose.encode(), capture_output=True, check=False)
    assert not run.stderr, run.stderr.decode()
    found = [json.loads(line) for line in run.stdout.splitlines()]
    return [
        (lines[each["line_num"] - 1][0], each["typo"], " or ".join(each["corrections"]))
        for each in found
        if each["type"] == "typo"
    ]


@cache
def of_the_book() -> list[tuple[str, str, str]]:
    files = dict(prose_of_the_book())
    published = {BIBLIOGRAPHY: files.pop(BIBLIOGRAPHY)}
    return mistakes(files) + mistakes(published, "en")


def test_prose_is_spelt_as_in_britain():
    assert not [each for each in of_the_book() if not {each[1], each[1].lower()} & set(DICTIONARY)]


def test_the_dictionary_is_sorted_and_needed():
    assert sorted(set(DICTIONARY)) == DICTIONARY
    assert not set(DICTIONARY) - {word for _, word, _ in of_the_book()}


@pytest.mark.parametrize("word", ["likelyhood", "genrator", "color", "normalization", "modeling"])
def test_a_mistake_is_found(word):
    right = ["A line before.", "lower center"]
    [(file, found, _)] = mistakes({"a.md": right, "b.md": [f"The {word} of it."]})
    assert (file, found) == ("b.md", word)


def test_a_published_title_may_be_american():
    assert not mistakes({"a.md": ["Batch normalization"]}, "en")
    assert mistakes({"a.md": ["Batch likelyhood"]}, "en")
