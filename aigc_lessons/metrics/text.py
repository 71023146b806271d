"""Measures of text: likelihood per symbol, agreement with references, and diversity.

Words are what the tokenizers of BLEU find: "13a" for English ("en"), and for Chinese ("zh") one
word for each character. Scores under different tokenizers cannot be compared.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from sacrebleu.metrics.bleu import BLEU

from aigc_lessons.errors import CourseError, count

Language = Literal["en", "zh"]

TOKENIZERS = {"en": "13a", "zh": "zh"}
CHINESE = "[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
ROUGE_NAMES = {"ROUGE-1": "rouge1", "ROUGE-2": "rouge2", "ROUGE-L": "rougeL"}


def characters_predicted(texts: Sequence[str], end_symbol: bool = True) -> int:
    """Count the symbols that a model of characters predicts, the divisor of the scores below.

    A model that says where a text ends predicts one end symbol more per text; its
    log-probability is part of log p(text), so the symbol is counted.

    Args:
        texts: the texts whose negative log-likelihoods were added up.
        end_symbol: whether the model predicts the end. False for one text without an end, such as
            a book cut into windows.

    Raises:
        CourseError: ``texts`` is one string, or there is nothing to predict.
    """
    _check_list("texts", texts)
    symbols = sum(len(text) for text in texts) + end_symbol * len(texts)
    return count(symbols, "The number of symbols")


def nats_per_character(nats: float, characters: int) -> float:
    """The negative log-likelihood per character, in nats.

    From 0 up; lower is better. The floor is the entropy of the source per character, where it is
    known; the ceiling is log(symbols), what guessing evenly costs.

    Args:
        nats: -log p, the sum over all texts.
        characters: as :func:`characters_predicted` counts them.

    Raises:
        CourseError: ``nats`` is no sum of negative log-probabilities, or nothing was predicted.

    Source: Shannon (1948).
    """
    count(characters, "The number of symbols")
    if not 0 <= nats < math.inf:
        raise CourseError(
            f"A negative log-likelihood of text is a finite number of nats, 0 or more, not {nats}."
        )
    return nats / characters


def bits_per_character(nats: float, characters: int) -> float:
    """:func:`nats_per_character` divided by ln 2: the length of the best code, in bits.

    From 0 up; lower is better; floor and ceiling are those of the nats, divided by ln 2.

    Source: Shannon (1948).
    """
    return nats_per_character(nats, characters) / math.log(2)


def perplexity(nats: float, symbols: int) -> float:
    """exp of the nats per symbol: among how many equally likely symbols the model seems to choose.

    No unit; from 1 up; lower is better. The floor is exp of the source's entropy per symbol; even
    guessing scores the number of symbols. Per character, per token and per word are three different
    scales: say which symbols were counted.

    Args:
        nats: -log p, the sum over all texts.
        symbols: how many were predicted, end symbols counted.

    Raises:
        CourseError: as :func:`nats_per_character`, or the perplexity is too large to be one.

    Source: Jelinek et al. (1977).
    """
    mean = nats_per_character(nats, symbols)
    try:
        return math.exp(mean)
    except OverflowError as error:
        raise CourseError(
            f"{mean:.0f} nats per symbol is no perplexity. Is the number of symbols right?"
        ) from error


def bleu(
    candidates: Sequence[str], references: Sequence[Sequence[str]], language: Language = "en"
) -> float:
    """The share of word sequences of length 1 to 4 that the references contain too.

    The geometric mean of the four precisions over the whole set, times a penalty if the candidates
    are shorter than their references; orders without a match are smoothed exponentially. No unit;
    0 to 100; higher is better. The ceiling is what other human texts score against the same
    references, far below 100 where many answers are right. Give as many references to everyone.

    Args:
        candidates: N texts.
        references: for each candidate its references, equally many for all.
        language: "en" or "zh"; chooses the tokenizer.

    Raises:
        CourseError: empty texts, numbers that do not fit, an unknown language, Chinese as English.

    Source: Papineni et al. (2002); computed by sacrebleu, Post (2018).
    """
    _check_pairs(candidates, references, language)
    # force only silences a guess that the texts were tokenized before.
    scorer = BLEU(tokenize=TOKENIZERS[language], force=True)
    streams = [list(stream) for stream in zip(*references, strict=True)]
    return float(scorer.corpus_score(list(candidates), streams).score)


@dataclass(frozen=True)
class Rouge:
    """Means over texts, each 0 to 1; higher is better. F1 is the usual number to report."""

    precision: float
    recall: float
    f1: float


class RougeWords:
    """Cut text for ROUGE: runs of a-z and 0-9 in lower case, and each Chinese character.

    The tokenizer that rouge-score uses by default drops every other character without a word, and
    with it the whole of a Chinese text.
    """

    def tokenize(self, text: str) -> list[str]:
        """Return the words of the text, without punctuation."""
        return re.findall(f"[a-z0-9]+|{CHINESE}", text.lower())


def rouge(
    candidates: Sequence[str], references: Sequence[Sequence[str]], language: Language = "en"
) -> dict[str, Rouge]:
    """The overlap of words (ROUGE-1), pairs (ROUGE-2) and the longest common subsequence (ROUGE-L).

    Recall is the share of the reference found in the candidate, precision the share of the
    candidate found in the reference. With several references the one with the best F1 counts. No
    unit; 0 to 1; higher is better. The ceiling is what other human texts score against the same
    references. A text of one word has no pairs and 0 in ROUGE-2.

    Args:
        candidates: N texts.
        references: for each candidate its references, equally many for all.
        language: "en" or "zh"; words are those of :class:`RougeWords`, not stemmed.

    Returns:
        The scores by name, "ROUGE-1", "ROUGE-2" and "ROUGE-L".

    Raises:
        CourseError: empty texts, numbers that do not fit, an unknown language, Chinese as English,
            or a text without any word.

    Source: Lin (2004); computed by rouge-score.
    """
    # Here and not above: this import takes longer than all of the others together.
    from rouge_score.rouge_scorer import RougeScorer

    _check_pairs(candidates, references, language)
    words = RougeWords()
    for text in [*candidates, *(text for group in references for text in group)]:
        if not words.tokenize(text):
            raise CourseError(f"There is no word in {text!r} that ROUGE could count.")
    scorer = RougeScorer(list(ROUGE_NAMES.values()), tokenizer=words)
    scores = [
        scorer.score_multi(list(group), text)
        for text, group in zip(candidates, references, strict=True)
    ]
    return {
        name: Rouge(
            precision=math.fsum(score[key].precision for score in scores) / len(scores),
            recall=math.fsum(score[key].recall for score in scores) / len(scores),
            f1=math.fsum(score[key].fmeasure for score in scores) / len(scores),
        )
        for name, key in ROUGE_NAMES.items()
    }


def self_bleu(
    texts: Sequence[str],
    subset: int = 100,
    language: Language = "en",
    *,
    generator: torch.Generator,
) -> float:
    """How much texts resemble each other: the mean BLEU of each with all others as references.

    No unit; 0 to 100; lower is more diverse, and 100 means that the texts repeat each other. Good
    is what real texts score in a subset of the same size: nonsense scores below that. It grows with
    the size of the subset, and its cost with the square.

    Args:
        texts: at least ``subset`` of them.
        subset: how many are compared with each other, at least 2.
        language: "en" or "zh"; chooses the tokenizer.
        generator: chooses the subset.

    Raises:
        CourseError: empty or too few texts, an unknown language, Chinese as English.

    Source: Zhu et al. (2018).
    """
    count(subset, "subset", 2)
    _check_texts("texts", texts, language)
    if len(texts) < subset:
        raise CourseError(f"A subset of {subset} texts cannot be drawn from {len(texts)}.")
    order = torch.randperm(len(texts), generator=generator)[:subset].tolist()
    chosen = [texts[i] for i in order]
    # Short texts have no sequences of 4 words; for them the shorter ones count.
    scorer = BLEU(tokenize=TOKENIZERS[language], effective_order=True)
    scores = [
        scorer.sentence_score(text, chosen[:i] + chosen[i + 1 :]).score
        for i, text in enumerate(chosen)
    ]
    return math.fsum(scores) / subset


def distinct_n(texts: Sequence[str], n: int, language: Language = "en") -> float:
    """The number of different sequences of n words, divided by the number of all of them.

    No unit; above 0, at most 1; higher is more diverse. Good is what real texts of equally many
    words score: nonsense scores above that. It falls as there are more texts. The paper divides
    by the number of words, which is the same for n = 1.

    Args:
        texts: one or more.
        n: the length of the sequences.
        language: "en" or "zh"; chooses the tokenizer.

    Raises:
        CourseError: empty texts, an unknown language, Chinese as English, or all shorter than n.

    Source: Li et al. (2016).
    """
    count(n, "n")
    _check_texts("texts", texts, language)
    tokenize = BLEU(tokenize=TOKENIZERS[language]).tokenizer
    words = [tokenize(text).split() for text in texts]
    sequences = [tuple(w[i : i + n]) for w in words for i in range(len(w) - n + 1)]
    if not sequences:
        raise CourseError(f"Every text is shorter than {n} words; take a smaller n.")
    return len(set(sequences)) / len(sequences)


def _check_list(name: str, texts: Sequence[str]) -> None:
    if isinstance(texts, str) or len(texts) < 1:
        raise CourseError(f"Give {name} as a list of one or more texts, not {texts!r}.")


def _check_texts(name: str, texts: Sequence[str], language: str) -> None:
    if language not in TOKENIZERS:
        raise CourseError(f"The language is one of {', '.join(TOKENIZERS)}, not {language!r}.")
    _check_list(name, texts)
    for index, text in enumerate(texts):
        if not text.strip():
            raise CourseError(
                f"Text {index} of the {name} is empty. Leave it out and say how many were."
            )
        if language == "en" and re.search(CHINESE, text):
            raise CourseError(
                f"Text {index} of the {name} holds Chinese characters, which the English tokenizer "
                'does not cut apart. Pass language="zh".'
            )


def _check_pairs(
    candidates: Sequence[str], references: Sequence[Sequence[str]], language: str
) -> None:
    _check_texts("candidates", candidates, language)
    if len(references) != len(candidates):
        raise CourseError(
            f"{len(candidates)} candidates need as many groups of references, not "
            f"{len(references)}."
        )
    for index, group in enumerate(references):
        _check_texts(f"references of candidate {index}", group, language)
    counts = sorted({len(group) for group in references})
    if len(counts) > 1:
        raise CourseError(
            f"Each candidate needs the same number of references; here they have {counts}."
        )
