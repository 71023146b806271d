"""Scores of text: every token once, with the context that the protocol gives it."""

import math

import pytest
import torch
from torch import Tensor

from aigc_lessons import text_scoring
from aigc_lessons.data import text
from aigc_lessons.errors import CourseError
from aigc_lessons.text_scoring import negative_log_likelihoods, score_text


class Counter:
    """Predicts token t with exp(-t - the number of tokens before it in the window)."""

    context = 8

    def __call__(self, tokens: Tensor) -> Tensor:
        seen = torch.arange(1.0, tokens.shape[1] + 1)
        logits = torch.full((*tokens.shape, 50), -1e9)
        logits[..., 0] = 0.0
        logits[..., 1] = -seen  # nearly the log-probability of token 1
        return logits


@pytest.mark.parametrize("length", [9, 10, 13, 21, 24, 30])
def test_every_token_is_scored_once_with_half_a_context_before_it(length: int) -> None:
    nats = negative_log_likelihoods(Counter(), torch.ones(length, dtype=torch.int64))
    assert len(nats) == length - 1
    seen = nats.round().int().tolist()  # the number of tokens read before each
    assert seen[:8] == list(range(1, 9))
    assert all(5 <= number <= 8 for number in seen[8:])


def test_a_short_text_is_refused() -> None:
    with pytest.raises(CourseError, match="more than the context, 8"):
        negative_log_likelihoods(Counter(), torch.ones(8, dtype=torch.int64))


def test_guessing_evenly_costs_the_logarithm_and_baselines_less(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    words = text.python_docs()
    known = set("abcdefghijklmnopqrstuvwxyz ,.")
    plays = "".join(c for c in words if c in known)[:60_000]
    monkeypatch.setattr(text, "tiny_shakespeare", lambda: plays)

    class Even:
        context = 64

        def __call__(self, tokens: Tensor) -> Tensor:
            return torch.zeros(*tokens.shape, 65)

    (score,) = score_text(Even(), "plays")
    assert score.value == pytest.approx(math.log(65), rel=1e-5)
    assert score.beside["xz"] < score.beside["frequency of characters"] < score.value
    rate = torch.tensor([plays.count(c) for c in sorted(known)]) / len(plays)
    entropy = float(-(rate * rate.log()).sum())
    assert score.beside["frequency of characters"] == pytest.approx(entropy, abs=0.05)
    assert text_scoring.BATCH > 1
