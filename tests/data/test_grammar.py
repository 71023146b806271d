"""Grammars against enumeration, closed forms and Monte Carlo."""

import math
from collections import Counter

import pytest
import torch
from grammar_checks import every_derivation, generator, mean_within_its_error

from aigc_lessons.data.grammar import Grammar
from aigc_lessons.errors import CourseError

FINITE = {
    "start": {"a {colour} {thing}": 0.6, "{thing}s in {colour}": 0.3, "": 0.1},
    "colour": {"red": 0.7, "blue": 0.2, "light {shade}": 0.1},
    "shade": {"red": 0.5, "grey": 0.5},
    "thing": {"mug": 0.75, "hat": 0.25},
}
REPEAT = {"start": {"a{start}": 0.6, "b": 0.4}}
NESTED = {"start": {"({start}{start})": 0.3, "x": 0.5, "y": 0.2}}


def test_a_finite_grammar_equals_its_enumeration() -> None:
    grammar, texts = Grammar(FINITE), every_derivation(FINITE)
    assert len({text for text, _ in texts}) == len(texts) == 17
    for text, p in texts:
        assert grammar.log_probability(text) == pytest.approx(math.log(p), abs=1e-12)
        assert grammar.derivations(text) == 1
    total = math.fsum(math.exp(grammar.log_probability(text)) for text, _ in texts)
    assert total == pytest.approx(1, abs=1e-12)
    entropy = -math.fsum(p * math.log(p) for _, p in texts)
    length = math.fsum(p * (len(text) + 1) for text, p in texts)
    assert grammar.entropy() == pytest.approx(entropy, rel=1e-12)
    assert grammar.expected_length() == pytest.approx(length, rel=1e-12)
    assert grammar.entropy_per_character() == pytest.approx(entropy / length, rel=1e-12)
    assert set(grammar.vocabulary.symbols) == set("".join(text for text, _ in texts))


def test_samples_have_the_frequencies_of_the_enumeration() -> None:
    n, drawn = 20_000, Counter(Grammar(FINITE).sample(20_000, generator()))
    for text, p in every_derivation(FINITE):
        assert drawn[text] == pytest.approx(n * p, abs=4 * math.sqrt(n * p * (1 - p)))


def test_a_repetition_has_the_entropy_of_a_geometric_distribution() -> None:
    grammar, p = Grammar(REPEAT), 0.6
    coin = -p * math.log(p) - (1 - p) * math.log(1 - p)
    assert grammar.entropy() == pytest.approx(coin / (1 - p), rel=1e-12)
    assert grammar.expected_length() == pytest.approx(p / (1 - p) + 2, rel=1e-12)
    for count in (0, 1, 20):
        expected = count * math.log(p) + math.log(1 - p)
        assert grammar.log_probability("a" * count + "b") == pytest.approx(expected, rel=1e-12)
    assert grammar.log_probability("aaa") == grammar.log_probability("ba") == -math.inf


def test_nested_brackets_have_a_closed_form_and_agree_with_samples() -> None:
    grammar = Grammar(NESTED)
    choice = -sum(p * math.log(p) for p in (0.3, 0.5, 0.2))
    assert grammar.entropy() == pytest.approx(choice / (1 - 2 * 0.3), rel=1e-12)
    assert grammar.expected_length() == pytest.approx((2 * 0.3 + 0.7) / (1 - 2 * 0.3) + 1)
    drawn = grammar.derive(3_000, generator())
    mean_within_its_error([-d.log_probability for d in drawn], grammar.entropy())
    mean_within_its_error([len(d.text) + 1 for d in drawn], grammar.expected_length())
    for derivation in drawn[:200]:
        parsed = grammar.log_probability(derivation.text)
        assert parsed == pytest.approx(derivation.log_probability, rel=1e-12)
        assert grammar.derivations(derivation.text) == 1


def test_an_ambiguous_grammar_is_summed_over_and_counted() -> None:
    grammar = Grammar({"start": {"{part}{part}": 1.0}, "part": {"a": 0.3, "aa": 0.5, "": 0.2}})
    assert grammar.derivations("aa") == 3  # a+a, aa+nothing, nothing+aa
    assert grammar.log_probability("aa") == pytest.approx(math.log(0.09 + 2 * 0.1), rel=1e-12)
    texts = ["a" * count for count in range(5)]
    assert math.fsum(math.exp(grammar.log_probability(t)) for t in texts) == pytest.approx(1)
    of_texts = -sum(
        math.exp(grammar.log_probability(t)) * grammar.log_probability(t) for t in texts
    )
    assert grammar.entropy() > of_texts + 0.1


def test_a_derivation_tells_its_rules_in_order() -> None:
    derivation = Grammar(FINITE).derive(50, generator(1))[0]
    text = "{start}"
    for symbol, body in derivation.steps:
        assert text.partition("{")[2].startswith(symbol + "}")
        text = text.replace(f"{{{symbol}}}", body, 1)
    assert text == derivation.text
    p = math.prod(FINITE[symbol][body] for symbol, body in derivation.steps)
    assert derivation.log_probability == pytest.approx(math.log(p), rel=1e-12)
    assert Grammar(FINITE).first_steps(derivation.text) == [derivation.steps[0][1]]


def test_samples_depend_on_the_generator_alone() -> None:
    grammar = Grammar(NESTED)
    torch.manual_seed(1)
    first = grammar.sample(20, generator(5))
    torch.manual_seed(2)
    assert first == grammar.sample(20, generator(5)) != grammar.sample(20, generator(6))


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ({"start": {"a": 0.5, "b": 0.4}}, r"'start' must be positive and sum to 1; .*0\.9"),
        ({"start": {"a": 1.5, "b": -0.5}}, "must be positive"),
        ({"start": {"a": math.nan}}, "must be positive"),
        ({"start": {}}, "sum to 0"),
        ({"start": {"a {colour}": 1.0}}, "symbol 'colour', which has no rules"),
        ({"begin": {"a": 1.0}}, "start symbol 'start' has no rules. Symbols: begin"),
        ({"start": {"a {": 1.0}}, "brace"),
        ({"start": {"a {} b": 1.0}}, "brace"),
        ({"start": {"{start}a": 0.5, "a": 0.5}}, "left recursion"),
        ({"start": {"{b}a": 0.1, "a": 0.9}, "b": {"{start}b": 1.0}}, "b, start .*left recursion"),
        ({"start": {"{e}{start}": 0.1, "a": 0.9}, "e": {"": 0.5, "e": 0.5}}, "left recursion"),
        ({"start": {"a{start}": 1.0}}, "'start' may go on for ever"),
        ({"start": {"({start}{start})": 0.5, "x": 0.5}}, "infinitely long on average"),
        ({"start": {"({start}{start})": 0.6, "x": 0.4}}, "may go on for ever"),
        ({"start": {"b{two}": 1.0}, "two": {"a{two}{two}": 0.7, "x": 0.3}}, "for ever"),
    ],
)
def test_impossible_grammars_are_refused(rules, message) -> None:
    with pytest.raises(CourseError, match=message):
        Grammar(rules)


def test_texts_that_no_parser_can_take_are_named() -> None:
    grammar = Grammar(FINITE)
    with pytest.raises(CourseError, match=r"'x' \(position 2 of"):
        grammar.log_probability("a xylophone")
    with pytest.raises(CourseError, match="20,001 characters is nested too deeply"):
        Grammar(REPEAT).derivations("a" * 20_000 + "b")
    for count in (0, 1.5, True):
        with pytest.raises(CourseError, match="whole number"):
            grammar.sample(count, generator())
