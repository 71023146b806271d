"""Invented product copy in English and Chinese: short adverts with attributes and known entropy.

Four attributes are drawn first: what is sold, its colour, the tone of the advert and the price
band. A grammar of the language then writes the text. Every attribute can be read back from the
text, and words far apart must agree: "mug" asks for "It" in the last sentence and "boots" for
"They", the tone of the first word decides the last sign, and in Chinese the measure word at the
start fits the noun that comes later.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

import torch

from aigc_lessons.data import product_copy_words as words
from aigc_lessons.data.grammar import Grammar
from aigc_lessons.data.text import Vocabulary
from aigc_lessons.errors import CourseError

Attributes = dict[str, str]
Rules = dict[str, Mapping[str, float]]


@dataclass(frozen=True)
class Advert:
    """A text and what it is about.

    Attributes:
        text: one or two sentences.
        attributes: the values of "category", "colour", "tone" and "price". Their names are
            English for both languages, so that adverts of two languages can be paired.
    """

    text: str
    attributes: Attributes


class ProductCopy:
    """A source of adverts: a grammar whose first step draws the attributes.

    Attributes:
        language: "en" or "zh".
        grammar: the grammar; each body of its start symbol is one combination of attributes.
    """

    def __init__(self, language: str, shares: Mapping[str, float], rules: Rules) -> None:
        """Put the combinations of attributes on top of the rules.

        Args:
            language: "en" or "zh".
            shares: probability of each symbol "category=... colour=... tone=... price=...".
            rules: the rules of these symbols and of all that they use.
        """
        self.language = language
        self.grammar = Grammar({"start": {f"{{{s}}}": p for s, p in shares.items()}, **rules})
        self._shares, self._rules = dict(shares), rules

    @property
    def vocabulary(self) -> Vocabulary:
        """The characters of the language, also of those texts that `given` excludes."""
        return self.grammar.vocabulary

    def sample(self, n: int, generator: torch.Generator) -> list[Advert]:
        """Draw n adverts.

        Raises:
            CourseError: n is not a whole number of at least 1.
        """
        drawn = self.grammar.derive(n, generator)
        return [Advert(d.text, _read(d.steps[0][1].strip("{}"))) for d in drawn]

    def attributes(self, text: str) -> Attributes:
        """Read the attributes back from a text.

        Raises:
            CourseError: a text that this source never writes, or an unknown symbol.
        """
        steps = self.grammar.first_steps(text)
        if not steps:
            raise CourseError(
                f"This source never writes {text!r}, so it has no attributes. Pass a text that "
                "`sample` returned."
            )
        return _read(steps[0].strip("{}"))

    def given(self, **attributes: str) -> "ProductCopy":
        """Return the source of those adverts that have certain attributes.

        Its entropy, probabilities and samples are the conditional ones; a price given a colour
        keeps the share that it has among adverts of this colour.

        Args:
            attributes: such as category="mug", tone="warm".

        Raises:
            CourseError: an unknown attribute or value.
        """
        for name, value in attributes.items():
            if value not in words.ATTRIBUTES.get(name, ()):
                known = "; ".join(f"{n}: {', '.join(v)}" for n, v in words.ATTRIBUTES.items())
                raise CourseError(f"There is no {name}={value!r}. The attributes are {known}.")
        kept = {s: p for s, p in self._shares.items() if attributes.items() <= _read(s).items()}
        if not kept:
            raise CourseError(f"No advert of this source has all of {attributes}.")
        total = math.fsum(kept.values())
        return ProductCopy(self.language, {s: p / total for s, p in kept.items()}, self._rules)

    def log_probability(self, text: str) -> float:
        """Return the exact log-probability of a text in nats; -inf if it is never written.

        Raises:
            CourseError: a symbol that the grammar never writes.
        """
        return self.grammar.log_probability(text)

    def entropy(self) -> float:
        """Return the entropy of a text, nats."""
        return self.grammar.entropy()

    def attribute_entropy(self) -> float:
        """Return the entropy of the attributes, nats.

        It is also their mutual information with the text, because the text determines them.
        """
        return -math.fsum(p * math.log(p) for p in self._shares.values())

    def conditional_entropy(self) -> float:
        """Return the entropy of a text given its attributes, nats, averaged over the attributes."""
        entropies = self.grammar.entropies()
        return math.fsum(p * entropies[symbol] for symbol, p in self._shares.items())


def product_copy(language: str = "en") -> ProductCopy:
    """Return the source of adverts of a language. The adverts are invented.

    Args:
        language: "en" (English) or "zh" (Chinese, simplified characters).

    Raises:
        CourseError: another language.
    """
    if language == "en":
        write, shared = words.english, words.english_shared()
    elif language == "zh":
        write, shared = words.chinese, words.chinese_shared()
    else:
        raise CourseError(f"Product copy is written in 'en' or 'zh', not in {language!r}.")
    rules: Rules = dict(shared)
    shares = {}
    colours = words.by_rank(words.ATTRIBUTES["colour"])
    categories = words.by_rank(words.ATTRIBUTES["category"])
    tones = words.by_rank(words.ATTRIBUTES["tone"])
    for values in product(*words.ATTRIBUTES.values()):
        category, colour, tone, price = values
        symbol = " ".join(f"{n}={v}" for n, v in zip(words.ATTRIBUTES, values, strict=True))
        rules[symbol] = write(*values)
        shares[symbol] = (
            categories[category]
            * colours[colour]
            * tones[tone]
            * words.PRICE_GIVEN_TONE[tone][price]
        )
    return ProductCopy(language, shares, rules)


def _read(symbol: str) -> Attributes:
    return dict(pair.split("=") for pair in symbol.split(" "))
