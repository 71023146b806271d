"""How models of text are scored, by the data protocol of the course.

Scores are of the last tenth of a text, all of it, which no recipe trains on. The network reads
windows of its context that move by half a context, so that every token but those of the first
window is predicted from at least half a context. Bits are 32.
"""

import lzma
import math
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from aigc_lessons.data.sets import TEXTS
from aigc_lessons.errors import CourseError
from aigc_lessons.metrics.likelihood import Estimate
from aigc_lessons.metrics.measures import Score
from aigc_lessons.metrics.text import nats_per_character

BATCH = 64  # windows at once


class NextToken(Protocol):
    """What predicts the next token."""

    context: int

    def __call__(self, tokens: Tensor) -> Tensor:
        """Map tokens (B, T) to logits (B, T, V)."""
        ...


@torch.no_grad()
def negative_log_likelihoods(model: NextToken, tokens: Tensor) -> Tensor:
    """The nats of each token of a text but its first, (T - 1,).

    Args:
        model: in evaluation mode.
        tokens: of one text, (T,), longer than the model's context.

    Raises:
        CourseError: the text is not longer than a context.
    """
    context, stride = model.context, model.context // 2
    if len(tokens) <= context:
        raise CourseError(
            f"The text has {len(tokens)} tokens; a score needs more than the context, {context}."
        )
    windows = tokens.unfold(0, context + 1, stride)  # (N, C + 1)
    parts = [_losses(model, windows[:1]).flatten()]
    parts += [_losses(model, batch)[:, -stride:].flatten() for batch in windows[1:].split(BATCH)]
    done = 1 + sum(len(part) for part in parts)
    if done < len(tokens):  # the rest is shorter than a stride
        rest = _losses(model, tokens[None, -context - 1 :])
        parts.append(rest[0, done - len(tokens) :])
    return torch.cat(parts)


def _losses(model: NextToken, windows: Tensor) -> Tensor:
    logits = model(windows[:, :-1])
    return F.cross_entropy(logits.transpose(1, 2), windows[:, 1:], reduction="none")


def score_text(model: NextToken, data: str) -> list[Score]:
    """Nats per character of the held-out part of a text.

    The first baseline knows how often each character occurs; the second is what the compressor
    xz adds to the training text for the held-out one.
    """
    train, test = (TEXTS[data].tokens(split) for split in ("train", "test"))
    nats = negative_log_likelihoods(model, test)
    # Neighbours are not independent: the standard error is of the means of 1,000 in a row.
    blocks = nats[: len(nats) // 1_000 * 1_000].view(-1, 1_000).mean(1)
    rate = train.bincount(minlength=len(TEXTS[data].vocabulary)).float() + 1
    frequency = -(rate / rate.sum()).log()[test]
    score = Score(
        f"negative log-likelihood of the test {data}",
        nats_per_character(float(nats.sum()), len(nats)),
        "nats per character",
        "lower",
        Estimate.of(blocks).standard_error,
        {"frequency of characters": float(frequency.mean()), "xz": _compressed(train, test)},
    )
    return [score]


def _compressed(train: Tensor, test: Tensor) -> float:
    """What the test text costs a compressor that has read the training text, in nats a token."""
    both, alone = (
        len(lzma.compress(bytes(tokens.tolist()), preset=9))
        for tokens in (torch.cat([train, test]), train)
    )
    return 8 * (both - alone) * math.log(2) / len(test)
