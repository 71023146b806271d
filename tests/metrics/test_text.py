"""Measures of text against torchmetrics, textbook loops and closed forms."""

import math
import re
from collections import Counter
from pathlib import Path

import pytest
import torch
from rouge_score.tokenizers import DefaultTokenizer
from torchmetrics.functional.text import sacre_bleu_score

import aigc_lessons
from aigc_lessons.errors import CourseError
from aigc_lessons.metrics.text import (
    RougeWords,
    bits_per_character,
    bleu,
    characters_predicted,
    distinct_n,
    nats_per_character,
    perplexity,
    rouge,
    self_bleu,
)

ENGLISH = [
    "The warm red jacket keeps you dry, and it costs less than 40 euros.",
    "A light blue cup for every day of the week.",
    "This lamp gives soft light; it is small enough for your desk.",
]
REFERENCES = [
    [
        "The warm red jacket keeps you dry and costs under 40 euros.",
        "A red jacket that keeps you warm and dry, for less than 40 euros.",
    ],
    ["A light blue cup for each day of the week.", "The blue cup for every day."],
    ["A lamp with soft light, small enough for your desk.", "This lamp is small and soft."],
]
CHINESE = ["这件红色外套很保暖,价格不到40元。", "每天都可以用的蓝色杯子。"]
CHINESE_REFERENCES = [["这件红色外套保暖又便宜,价格不到40元。"], ["每天都能用的浅蓝色杯子。"]]


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture
def double():
    """Let torchmetrics compute in 64 bits."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def test_a_uniform_source_has_as_much_perplexity_as_symbols():
    texts = ["abc", "", "hello"]
    symbols = characters_predicted(texts)
    assert symbols == 3 + 0 + 5 + 3  # one end symbol each
    assert characters_predicted(texts, end_symbol=False) == 8
    total = symbols * math.log(27)
    assert perplexity(total, symbols) == pytest.approx(27, rel=1e-12)
    assert nats_per_character(total, symbols) == pytest.approx(math.log(27), rel=1e-12)
    assert bits_per_character(symbols * math.log(32), symbols) == pytest.approx(5, rel=1e-12)
    assert perplexity(0.0, 4) == 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: perplexity(-1.0, 4), "0 or more"),
        (lambda: perplexity(math.nan, 4), "0 or more"),
        (lambda: perplexity(1e6, 4), "number of symbols right"),
        (lambda: bits_per_character(5.0, 0), "at least 1"),
        (lambda: nats_per_character(5.0, 2.5), "integer"),
        (lambda: characters_predicted("abc"), "list of one or more"),
        (lambda: characters_predicted([]), "list of one or more"),
        (lambda: characters_predicted([""], end_symbol=False), "at least 1"),
    ],
)
def test_likelihood_per_symbol_refuses(call, message):
    with pytest.raises(CourseError, match=message):
        call()


@pytest.mark.parametrize(
    ("candidates", "references", "language", "tokenizer"),
    [
        (ENGLISH, REFERENCES, "en", "13a"),
        (CHINESE, CHINESE_REFERENCES, "zh", "zh"),
        (["a long candidate of words " * 3], [["a long candidate of words and more"]], "en", "13a"),
    ],
)
def test_bleu_equals_torchmetrics(double, candidates, references, language, tokenizer):
    expected = 100 * float(sacre_bleu_score(candidates, references, tokenize=tokenizer))
    assert 5 < expected < 95
    assert bleu(candidates, references, language) == pytest.approx(expected, rel=1e-6)


def test_bleu_by_hand():
    # 5 of 6 words, 3 of 5 pairs, 2 of 4 triples, 1 of 3 quadruples; 6 words against 7.
    expected = 100 * (5 / 6 * 3 / 5 * 2 / 4 * 1 / 3) ** 0.25 * math.exp(1 - 7 / 6)
    found = bleu(["the cat sat on red mats"], [["the cat sat on the old mats"]])
    assert found == pytest.approx(expected, rel=1e-6)


def test_equal_texts_get_full_marks():
    assert bleu(ENGLISH, [[text] for text in ENGLISH]) == pytest.approx(100)
    assert bleu(CHINESE, [[text] for text in CHINESE], "zh") == pytest.approx(100)
    for scores in (
        rouge(ENGLISH, [[t] for t in ENGLISH]),
        rouge(CHINESE, [[t] for t in CHINESE], "zh"),
    ):
        assert all((s.precision, s.recall, s.f1) == (1, 1, 1) for s in scores.values())
    assert self_bleu(ENGLISH[:1] * 4, 4, generator=generator()) == pytest.approx(100)


def longest_common_subsequence(a: list[str], b: list[str]) -> int:
    if not a or not b:
        return 0
    if a[-1] == b[-1]:
        return longest_common_subsequence(a[:-1], b[:-1]) + 1
    return max(longest_common_subsequence(a[:-1], b), longest_common_subsequence(a, b[:-1]))


def overlap(name: str, a: list[str], b: list[str]) -> tuple[float, float, float]:
    """Precision, recall and F1 of candidate ``a`` against reference ``b``, from the definition."""
    if name == "ROUGE-L":
        common, of_a, of_b = longest_common_subsequence(a, b), len(a), len(b)
    else:
        n = int(name[-1])
        counts = [Counter(zip(*(words[i:] for i in range(n)), strict=False)) for words in (a, b)]
        common = (counts[0] & counts[1]).total()
        of_a, of_b = counts[0].total(), counts[1].total()
    p, r = common / of_a, common / of_b
    return p, r, 2 * p * r / (p + r) if common else 0.0


TEXTBOOK = [
    (["The cat sat on my mat."], [["the cat lay on the mat"]], "en"),
    (["one two three", "b a b"], [["two one three", "three two"], ["a b a", "b b"]], "en"),
    (["红色外套很保暖"], [["红色的外套保暖"]], "zh"),
    (["USB 线很长"], [["很长的 usb 线"]], "zh"),
]


@pytest.mark.parametrize(("candidates", "references", "language"), TEXTBOOK)
def test_rouge_equals_its_definition(candidates, references, language):
    def cut(text: str) -> list[str]:
        words = text.lower().replace(".", "")
        if language == "en":
            return words.split()
        return [w for part in words.split() for w in ([part] if part == "usb" else list(part))]

    found = rouge(candidates, references, language)
    assert list(found) == ["ROUGE-1", "ROUGE-2", "ROUGE-L"]
    for name, score in found.items():
        best = [
            max((overlap(name, cut(c), cut(r)) for r in group), key=lambda prf: prf[2])
            for c, group in zip(candidates, references, strict=True)
        ]
        expected = [sum(values) / len(best) for values in zip(*best, strict=True)]
        assert (score.precision, score.recall, score.f1) == pytest.approx(expected, abs=1e-6)


def test_rouge_cuts_english_as_its_library_and_keeps_chinese():
    for text in ENGLISH:
        assert RougeWords().tokenize(text) == DefaultTokenizer(use_stemmer=False).tokenize(text)
    assert RougeWords().tokenize("红色 USB-3 线。") == ["红", "色", "usb", "3", "线"]
    assert DefaultTokenizer(use_stemmer=False).tokenize("红色线。") == []  # the fault we avoid


def test_self_bleu_is_the_mean_of_each_against_the_others():
    expected = [bleu([text], [[other for other in ENGLISH if other != text]]) for text in ENGLISH]
    found = self_bleu(ENGLISH, 3, generator=generator())
    assert found == pytest.approx(sum(expected) / 3, rel=1e-6)
    assert 0 < found < 50


def test_self_bleu_takes_a_subset_by_the_generator():
    texts = ["all alike"] * 3 + [f"text{i} other{i} words{i}" for i in range(3)]
    found = [self_bleu(texts, 3, generator=generator(seed)) for seed in range(10)]
    assert found == [self_bleu(texts, 3, generator=generator(seed)) for seed in range(10)]
    assert len(set(found)) == 2  # a subset with copies in it, and one without


def test_distinct_n_by_hand():
    texts = ["a b a b", "b a"]
    assert distinct_n(texts, 1) == pytest.approx(2 / 6)
    assert distinct_n(texts, 2) == pytest.approx(2 / 4)
    assert distinct_n(texts, 3) == pytest.approx(2 / 2)
    assert distinct_n(["红红绿"], 1, "zh") == pytest.approx(2 / 3)
    assert distinct_n(["红红绿"], 2, "zh") == 1


PAIRED = [
    (["a"], [["a"], ["b"]], "en", "as many groups"),
    (["a", "b"], [["a"], ["b", "c"]], "en", r"they have \[1, 2\]"),
    (["a"], ["a"], "en", "list of one or more"),
    (["a"], [[]], "en", "list of one or more"),
    (["a", "  "], [["a"], ["b"]], "en", "Text 1 of the candidates is empty"),
    (["a"], [["a", ""]], "en", "Text 1 of the references of candidate 0"),
    (["红"], [["a"]], "en", 'language="zh"'),
    (["a"], [["a"]], "fr", "one of en, zh, not 'fr'"),
    ([], [], "en", "list of one or more"),
    ("a", [["a"]], "en", "list of one or more"),
]


@pytest.mark.parametrize("measure", [bleu, rouge])
@pytest.mark.parametrize(("candidates", "references", "language", "message"), PAIRED)
def test_bad_pairs_are_refused(measure, candidates, references, language, message):
    with pytest.raises(CourseError, match=message):
        measure(candidates, references, language)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: rouge(["..."], [["a"]]), "no word in '...'"),
        (lambda: self_bleu(["a"] * 3, 4, generator=generator()), "cannot be drawn from 3"),
        (lambda: self_bleu(["a"] * 3, 1, generator=generator()), "at least 2"),
        (lambda: self_bleu(["a", ""], 2, generator=generator()), "is empty"),
        (lambda: distinct_n(["a b"], 3), "shorter than 3 words"),
        (lambda: distinct_n(["a b"], 0), "at least 1"),
        (lambda: distinct_n("a b", 1), "list of one or more"),
    ],
)
def test_bad_texts_are_refused(call, message):
    with pytest.raises(CourseError, match=message):
        call()


def test_one_module_alone_imports_the_libraries_of_text():
    package = Path(aigc_lessons.__file__).parent
    importers = [
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if re.search(
            r"^\s*(from|import) (sacrebleu|rouge_score|nltk)", path.read_text("utf-8"), re.M
        )
    ]
    assert importers == ["metrics/text.py"]
