"""The book says a thing with the field's word, so that a reader can look it up.

The words that it avoids, with the right ones and the exceptions, stand in ``words.toml``.
"""

import re
import tomllib
from pathlib import Path
from typing import NamedTuple

import pytest

from notebooks import NOTEBOOKS, markdown, prose_of_notebook, prose_of_the_book, python

LIST = tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))
TERMS = {term["word"]: re.compile(term["pattern"], re.I) for term in LIST["term"]}
SAY = {term["word"]: term["say"] for term in LIST["term"]}
EXCEPTIONS = LIST.get("exception", [])
PROSE = prose_of_the_book()


class Use(NamedTuple):
    """A word that the book avoids, in its place: the characters before and after it."""

    word: str
    line: str
    start: int
    end: int

    def __str__(self) -> str:
        around = self.line[max(0, self.start - 40) : self.end + 40]
        return f"{self.word}: …{around}… Say: {SAY[self.word]}."

    def is_meant(self, file: str, exception: dict[str, str]) -> bool:
        """Whether an exception is about this use."""
        if file != exception["file"] and Path(file).stem[:3] != f"{exception['file']}-":
            return False
        begins = [each.start() for each in re.finditer(re.escape(exception["line"]), self.line)]
        length = len(exception["line"])
        return any(begin <= self.start and self.end <= begin + length for begin in begins)


def uses(paragraphs: list[str]) -> list[Use]:
    """Return where the paragraphs say what the book avoids."""
    return [
        Use(word, paragraph, *match.span())
        for word, pattern in TERMS.items()
        for paragraph in paragraphs
        for match in pattern.finditer(paragraph)
    ]


USES = {file: uses(paragraphs) for file, paragraphs in PROSE.items()}


@pytest.mark.parametrize("file", PROSE)
def test_the_fields_own_words_are_used(file):
    unmeant = [u for u in USES[file] if not any(u.is_meant(file, e) for e in EXCEPTIONS)]
    assert not list(map(str, unmeant))


def test_every_exception_is_needed():
    found = [(file, use) for file, each in USES.items() for use in each]
    for exception in EXCEPTIONS:
        assert exception["reason"], exception
        assert any(use.is_meant(file, exception) for file, use in found), exception


def test_what_is_read_is_the_whole_book():
    assert len([file for file in PROSE if file.endswith(".ipynb")]) == len(NOTEBOOKS)
    for file in ("README.md", "book/glossary.md", "aigc_lessons/weights/vae-mnist.md"):
        assert PROSE[file]
    assert PROSE["aigc_lessons/checks.py"]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("The judge is right.", "judge"),
        ("Judge samples with care", ""),
        ("Judge and generator", "judge"),
        ("You can judge a model by its samples.", ""),
        ("a writer of text", "writer"),
        ("The slope of the loss", "slope"),
        ("LeakyReLU with a negative slope of 0.2", ""),
        ("They learn digits by\nheart.", "by heart"),
        ("Look at what it draws.", "drawings"),
        ("what it draws from", ""),
        ("The term lacks.", "lacks"),
        ("He lacks a laptop.", ""),
        ("from step 30 on, it", "from … on"),
        ("from chapter 6 on digits", ""),
        ("from now on.", ""),
        ("replace the mean by 0", "replace by"),
        ("The mean was replaced by 0.", ""),
        ("by the paper's word", "by X's word"),
        ("the code `slope` and $slope$", ""),
    ],
)
def test_a_pattern_finds_what_it_is_for_and_nothing_else(text, word):
    found = [use.word for use in uses(prose_of_notebook([markdown(text)]))]
    assert all(word in each for each in found) and bool(found) == bool(word)


def test_labels_comments_and_text_alternatives_are_read():
    cell = python("# the judge\nplot(title='Two judges')\n", alt="A judge and its opponent")
    assert len(uses(prose_of_notebook([cell]))) == 3
    assert not uses(prose_of_notebook([python("judge = judge(slope)")]))


def test_an_exception_is_about_its_own_line():
    [use] = uses(["the drawings of a child"])
    exception = {"file": "03", "line": "drawings of a child", "reason": "by a person"}
    assert use.is_meant("notebooks/1-part/03-x.ipynb", exception)
    assert not use.is_meant("notebooks/1-part/04-x.ipynb", exception)
    assert not use.is_meant("notebooks/1-part/03-x.ipynb", exception | {"line": "of a child"})
