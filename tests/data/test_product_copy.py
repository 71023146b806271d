"""Product copy of both languages: entropy, agreement, and attributes that can be read back."""

import math
from collections import Counter
from itertools import pairwise

import pytest
import torch
from grammar_checks import every_derivation, generator, mean_within_its_error

from aigc_lessons.data.product_copy import Advert, ProductCopy, product_copy
from aigc_lessons.data.product_copy_words import ATTRIBUTES
from aigc_lessons.errors import CourseError

LENGTHS = {"en": (40, 110), "zh": (12, 40)}


@pytest.fixture(scope="module", params=["en", "zh"])
def source(request: pytest.FixtureRequest) -> ProductCopy:
    return product_copy(request.param)


@pytest.fixture(scope="module")
def adverts(source: ProductCopy) -> list[Advert]:
    return source.sample(4_000, generator())


def test_entropy_and_length_agree_with_samples(source: ProductCopy) -> None:
    drawn = source.grammar.derive(4_000, generator(1))
    mean_within_its_error([-d.log_probability for d in drawn], source.entropy())
    mean_within_its_error([len(d.text) + 1 for d in drawn], source.grammar.expected_length())
    low, high = LENGTHS[source.language]
    assert all(low <= len(d.text) <= high for d in drawn)
    surprises = [-source.log_probability(d.text) for d in drawn[:60]]
    assert surprises == pytest.approx([-d.log_probability for d in drawn[:60]], rel=1e-12)


def test_each_advert_has_one_derivation_and_returns_its_attributes(
    source: ProductCopy, adverts: list[Advert]
) -> None:
    for advert in adverts[:60]:
        assert source.grammar.derivations(advert.text) == 1
        assert source.attributes(advert.text) == advert.attributes
    symbols = set("".join(advert.text for advert in adverts))
    assert symbols <= set(source.vocabulary.symbols)


def test_all_bold_texts_of_a_colour_are_different_and_hundreds_of_thousands_in_all(
    source: ProductCopy,
) -> None:
    some = source.given(colour="red", tone="bold")
    texts = every_derivation(some.grammar.rules)
    # Six colours and three tones have the same number of texts; attributes tell them apart.
    assert len({text for text, _ in texts}) == len(texts) > 500_000 / (6 * 3)
    assert math.fsum(p for _, p in texts) == pytest.approx(1, abs=1e-9)
    entropy = -math.fsum(p * math.log(p) for _, p in texts)
    assert some.entropy() == pytest.approx(entropy, rel=1e-9)


def test_every_attribute_value_occurs_as_often_as_it_should(
    source: ProductCopy, adverts: list[Advert]
) -> None:
    assert all(tuple(advert.attributes) == tuple(ATTRIBUTES) for advert in adverts)
    for name, values in ATTRIBUTES.items():
        counts = Counter(advert.attributes[name] for advert in adverts)
        for value in values:
            bodies = source.grammar.rules["start"].items()
            p = math.fsum(share for body, share in bodies if f"{name}={value}" in body)
            error = math.sqrt(p * (1 - p) / len(adverts))
            assert counts[value] / len(adverts) == pytest.approx(p, abs=4 * error)


def test_a_text_and_its_attributes_follow_the_product_rule(source: ProductCopy) -> None:
    text = source.sample(1, generator(8))[0].text
    attributes = source.attributes(text)
    some = source.given(tone=attributes["tone"], price=attributes["price"])
    p = math.exp(source.log_probability(text) - some.log_probability(text))
    bodies = source.grammar.rules["start"].items()
    both = f"tone={attributes['tone']} price={attributes['price']}"
    assert p == pytest.approx(math.fsum(q for body, q in bodies if both in body), rel=1e-9)


def test_the_chain_rule_of_entropy_holds(source: ProductCopy, adverts: list[Advert]) -> None:
    parts = source.attribute_entropy() + source.conditional_entropy()
    assert source.entropy() == pytest.approx(parts, rel=1e-12)
    attributes = Counter(tuple(advert.attributes.values()) for advert in adverts)
    counted = -sum(c / 4_000 * math.log(c / 4_000) for c in attributes.values())
    # The plug-in estimate is too small by about (combinations - 1) / 2n.
    assert counted + 431 / 8_000 == pytest.approx(source.attribute_entropy(), abs=0.06)
    one = source.given(category="mug", colour="red", tone="warm", price="mid")
    assert one.attribute_entropy() == 0
    assert one.entropy() == one.conditional_entropy()


def test_given_attributes_all_samples_have_them(source: ProductCopy) -> None:
    some = source.given(category="boots", tone="bold")
    for advert in some.sample(50, generator()):
        assert advert.attributes["category"] == "boots" and advert.attributes["tone"] == "bold"
        assert source.attributes(advert.text) == advert.attributes
    other = source.given(tone="plain").sample(1, generator())[0].text
    assert some.log_probability(other) == -math.inf
    assert some.vocabulary == source.vocabulary


def test_no_bigram_model_comes_near_the_entropy(adverts: list[Advert], source) -> None:
    pairs: Counter[tuple[str, str]] = Counter()
    for advert in adverts:
        symbols = ["", *advert.text, ""]
        pairs.update(pairwise(symbols))
    first: Counter[str] = Counter()
    for (before, _), count in pairs.items():
        first[before] += count
    total = sum(pairs.values())
    bigram = -sum(c / total * math.log(c / first[b]) for (b, _), c in pairs.items())
    assert bigram > 1.5 * source.grammar.entropy_per_character()


def test_english_agrees_in_number_and_article() -> None:
    for advert in product_copy("en").sample(500, generator(2)):
        plural = advert.attributes["category"] in ("boots", "gloves")
        last = advert.text.split(". ")[-1]
        assert last.split()[0] in (("They", "No", "Good") if plural else ("It", "No", "A"))
        opening = advert.text.split("? ")[-1].split()
        assert (opening[0] in ("A", "An")) != plural
        if not plural:
            silent = opening[1] in ("everyday", "honest", "ordinary", "adorable", "inviting")
            assert (opening[0] == "An") == (silent or opening[1] in ("amazing", "epic"))


def test_chinese_measure_words_fit_their_nouns() -> None:
    nouns = dict(zip("只条双盏个副把本", "杯围靴台背手雨笔", strict=True))
    for advert in product_copy("zh").sample(500, generator(3)):
        text = advert.text
        place = max(text.find(f"一{measure}") for measure in nouns)
        noun = nouns[text[place + 1]]
        assert noun in text
        assert "这" not in text or text[text.index("这") + 2] == noun


def test_two_languages_share_attributes_and_their_shares() -> None:
    english, chinese = product_copy("en"), product_copy("zh")
    assert english.attribute_entropy() == chinese.attribute_entropy()
    pair = [source.sample(1, generator(4))[0] for source in (english, chinese)]
    assert pair[0].attributes == pair[1].attributes


def test_what_does_not_exist_is_named(source: ProductCopy) -> None:
    with pytest.raises(CourseError, match="'en' or 'zh', not in 'fr'"):
        product_copy("fr")
    with pytest.raises(CourseError, match=r"no colour='pink'.*colour: black, white"):
        source.given(colour="pink")
    with pytest.raises(CourseError, match=r"no size='big'"):
        source.given(size="big")
    with pytest.raises(CourseError, match="No advert of this source"):
        source.given(tone="bold").given(tone="plain")
    unknown = source.sample(1, torch.Generator())[0].text[:4] + "ß"
    with pytest.raises(CourseError, match=r"'ß' \(position 4 of"):
        source.log_probability(unknown)
    symbols = "".join(source.vocabulary.symbols)
    assert source.log_probability(symbols) == -math.inf
    with pytest.raises(CourseError, match="never writes"):
        source.attributes(symbols)
