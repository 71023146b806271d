"""A symbol means one thing through the book, or its second meaning is declared with a reason.

The tables below "Symbols" in the chapters and on the notation page are laid together. For each
symbol that stands in two of them, ``symbols.toml`` says what it means, and where it means
something else.
"""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from symbol_tables import Row, base, rows, separate

from notebooks import CHAPTERS, NOTEBOOKS, ROOT, label, prose, read

LIST = tomllib.loads(Path(__file__).with_name("symbols.toml").read_text(encoding="utf-8"))
MEANINGS = {symbol["name"]: symbol["meanings"] for symbol in LIST["symbol"]}
NOTATION = (ROOT / "book" / "notation.md").read_text(encoding="utf-8")
TABLES = {label(path): rows(prose(read(path))) for path in NOTEBOOKS}
TABLES["notation"] = rows(NOTATION)

Meanings = Mapping[str, list[dict[str, Any]]]


def clashes(tables: Mapping[str, list[Row]], meanings: Meanings) -> list[str]:
    """Return the rows that say of a symbol something that is not declared."""
    places: dict[str, set[str]] = {}
    for place, table in tables.items():
        for row in table:
            places.setdefault(row.symbol, set()).add(place)
    return [
        f"{place}: {row.symbol} is {row.meaning}"
        for place, table in tables.items()
        for row in table
        if len(places[row.symbol]) > 1
        and not any(fits(place, row, each) for each in meanings.get(row.symbol, []))
    ]


def fits(place: str, row: Row, meaning: dict[str, Any]) -> bool:
    return place in meaning.get("where", [place]) and bool(re.search(meaning["says"], row.meaning))


def test_a_symbol_means_one_thing():
    assert not clashes(TABLES, MEANINGS)


def test_every_declared_meaning_is_needed_and_has_a_reason():
    for symbol, meanings in MEANINGS.items():
        assert len([each for each in meanings if "where" not in each]) <= 1, symbol
        for meaning in meanings:
            assert ("where" in meaning) == ("why" in meaning), (symbol, meaning)
            for place in meaning.get("where", [None]):
                tables = [TABLES[place]] if place else TABLES.values()
                found = [row for table in tables for row in table if row.symbol == symbol]
                assert any(re.search(meaning["says"], row.meaning) for row in found), (
                    f"no table says of {symbol} that it is {meaning['says']}, in {place}"
                )


@pytest.mark.parametrize("path", CHAPTERS, ids=label)
def test_every_chapter_has_a_table_below_symbols(path):
    assert TABLES[label(path)]


def test_a_new_clash_is_found():
    table = (
        "### Symbols\n\n| symbol | meaning | in the code |\n|---|---|---|\n| $L_j$, $Q$ | {} | |"
    )
    tables = {name: rows(table.format(text)) for name, text in (("1", "latents"), ("2", "loss"))}
    book = [{"says": "latents"}]
    assert len(clashes(tables, {})) == 4
    assert clashes(tables, {"L": book, "Q": [{"says": "."}]}) == ["2: L is loss"]
    declared = [*book, {"says": "loss", "where": ["2"], "why": "…"}]
    assert not clashes(tables, {"L": declared, "Q": [{"says": "."}]})
    assert clashes(tables | {"3": tables["2"]}, {"L": declared, "Q": [{"says": "."}]})


def test_letters_are_taken_from_formulas():
    assert separate(r"$a(x, y)$, $w_1, \dots, w_k$, JS") == ["a(x, y)", "w_1", "w_k", "JS"]
    assert [base(s) for s in ("D^*", "a(x)", "w_i", r"\hat m_t")] == ["D", "a", "w", r"\hat m"]
    assert base(r"p_{\text{data}}(x)") == r"p_{\text{data}}" and base("D(x) = 1") == "D"
