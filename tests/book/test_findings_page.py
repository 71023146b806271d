"""What the book found: the page is what its claims and their sources say."""

import json
from pathlib import Path

import findings_page
import pytest
from findings_page import WrongClaim, page, shown

from aigc_lessons import results

CLAIM = """
[[claim]]
says = "The mixture reaches {mixture}, the floor is {floor}."
seeds = 3
equal = "samples"
[claim.numbers]
mixture = { cell = 'mixture +([0-9.]+)' }
floor = { result = "small", case = "real", quantity = "FID", digits = 2 }
"""


def test_the_page_is_what_the_claims_say():
    assert page() == findings_page.PAGE.read_text(encoding="utf8"), (
        "run: python tools/findings_page.py"
    )


@pytest.fixture
def book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A chapter with one claim, and the stored result that it reads."""
    chapter = tmp_path / "notebooks" / "1-part" / "07-small.ipynb"
    chapter.parent.mkdir(parents=True)
    cells = [
        {"cell_type": "markdown", "source": ["# 7 · Small\n", "\n", "Text."]},
        {"cell_type": "code", "source": ["1"], "outputs": [{"text": ["a mixture  12.0\n"]}]},
    ]
    chapter.write_text(json.dumps({"cells": cells}))
    (tmp_path / "07.toml").write_text(CLAIM)
    monkeypatch.setattr(results, "FOLDER", tmp_path)
    values = {"real": {"FID": {"values": [1.0, 2.0, 1.56]}}}
    results.store("small", "aigc repeat small --store", 0, {}, values)
    return tmp_path


def test_numbers_come_from_their_sources(book):
    made = page(book, book)
    assert "## [7 · Small](../notebooks/1-part/07-small.ipynb)" in made
    assert "The mixture reaches 12.0, the floor is 1.5.\\\n" in made
    facts = "Held equal: samples. 3 seeds; measured again by `aigc repeat small --store`; printed"
    assert facts in made


@pytest.mark.parametrize(
    ("good", "bad", "message"),
    [
        ("mixture +", "mixtures +", "no output of the chapter"),
        ('case = "real"', 'case = "false"', "false"),
        ("{mixture}", "12.0", "name different things"),
        ("The mixture reaches", "9.5 is less than", "typed into its sentence"),
        ("seeds = 3", "", "seeds"),
    ],
)
def test_a_claim_without_its_source_is_refused(book, good, bad, message):
    (book / "07.toml").write_text(CLAIM.replace(good, bad))
    with pytest.raises(WrongClaim, match=message) as error:
        page(book, book)
    assert "07.toml" in str(error.value)


def test_claims_of_a_chapter_that_is_not_there_are_refused(book):
    (book / "99.toml").write_text(CLAIM)
    with pytest.raises(WrongClaim, match="no chapter 99"):
        page(book, book)


def test_numbers_are_shown_with_their_significant_digits():
    cases = [(11.96, 3), (0.03123, 3), (-1529.7, 4), (9.996, 3), (843.2, 3), (15297.0, 3)]
    wanted = ["12.0", "0.0312", "−1,530", "10.0", "843", "15,300"]
    assert [shown(*case) for case in cases] == wanted
