"""The words and rules of the product copy, English and Chinese, read from ``product_copy.json``.

Words of a list stand in the order of their frequency: the word of rank r has a probability
proportional to 1 / r, roughly as in real language (Zipf, 1949).
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

_WORDS: dict[str, Any] = json.loads(
    Path(__file__).with_name("product_copy.json").read_text(encoding="utf8")
)
ATTRIBUTES: dict[str, list[str]] = _WORDS["attributes"]
PRICE_GIVEN_TONE: dict[str, dict[str, float]] = _WORDS["price_given_tone"]
_EN, _ZH = _WORDS["en"], _WORDS["zh"]


def by_rank(values: Iterable[str]) -> dict[str, float]:
    """Return probabilities in proportion to 1, 1/2, 1/3, ... of the values in their order."""
    weights = {value: 1 / rank for rank, value in enumerate(values, 1)}
    total = sum(weights.values())
    return {value: weight / total for value, weight in weights.items()}


def english(category: str, colour: str, tone: str, price: str) -> dict[str, float]:
    """Return the bodies of an English advert with these attributes."""
    number = "many" if category in _WORDS["plural"] else "one"
    opening = f"{{opening {tone} {number}}} {colour} {{material {category}}} {category}"
    closing = f"{{closing {price} {category}}}{{mark {tone}}}"
    return {
        f"{opening} with {{feature {category}}}. {closing}": 0.45,
        f"{opening} for {{occasion}}. {closing}": 0.35,
        f"{{question}} {opening}. {closing}": 0.2,
    }


def english_shared() -> dict[str, Mapping[str, float]]:
    """Return the rules that English adverts of different attributes share."""
    rules = {"occasion": by_rank(_EN["occasions"]), "question": by_rank(_EN["questions"])}
    for tone, adjectives in _EN["adjectives"].items():
        rules[f"opening {tone} one"] = by_rank(adjectives)
        rules[f"opening {tone} many"] = by_rank(
            adjective.split()[1].capitalize() for adjective in adjectives
        )
        rules[f"mark {tone}"] = by_rank(_EN["marks"][tone])
    for category in ATTRIBUTES["category"]:
        rules[f"material {category}"] = by_rank(_EN["materials"][category])
        rules[f"feature {category}"] = by_rank(_EN["features"][category])
        number = "many" if category in _WORDS["plural"] else "one"
        for price, closings in _EN["closings"].items():
            rules[f"closing {price} {category}"] = by_rank(
                closing.format(noun=category) for closing in closings[number]
            )
    return dict(rules)


def chinese(category: str, colour: str, tone: str, price: str) -> dict[str, float]:
    """Return the bodies of a Chinese advert with these attributes."""
    goods = _ZH["goods"][category]
    measure, noun = goods["measure"], goods["noun"]
    thing = f"{_ZH['colours'][colour]}{{material {category}}}{noun}"
    closing = f"{{closing {price} {category}}}{{mark {tone}}}"
    return {
        f"一{measure}{{adjective {tone}}}的{thing}，{{feature {category}}}，{closing}": 0.45,
        f"适合{{occasion}}的一{measure}{{adjective {tone}}}{thing}，{closing}": 0.3,
        f"{{adjective {tone}}}的{thing}一{measure}，{{feature {category}}}，{closing}": 0.25,
    }


def chinese_shared() -> dict[str, Mapping[str, float]]:
    """Return the rules that Chinese adverts of different attributes share."""
    rules = {"occasion": by_rank(_ZH["occasions"])}
    for tone, adjectives in _ZH["adjectives"].items():
        rules[f"adjective {tone}"] = by_rank(adjectives)
        rules[f"mark {tone}"] = by_rank(_ZH["marks"][tone])
    for category, goods in _ZH["goods"].items():
        rules[f"material {category}"] = by_rank(goods["materials"])
        rules[f"feature {category}"] = by_rank(goods["features"])
        for price, closings in _ZH["closings"].items():
            rules[f"closing {price} {category}"] = by_rank(
                closing.format(thing=goods["measure"] + goods["noun"]) for closing in closings
            )
    return dict(rules)
