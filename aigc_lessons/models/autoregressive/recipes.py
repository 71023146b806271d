"""The recipes of the autoregressive models."""

from dataclasses import replace
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from aigc_lessons.data.sets import TEXTS, training_text
from aigc_lessons.models.autoregressive.transformer import Transformer
from aigc_lessons.text_scoring import score_text
from aigc_lessons.train.batches import Batch
from aigc_lessons.train.optimizers import Muon
from aigc_lessons.train.recipe import Recipe, descending
from aigc_lessons.train.schedules import warmup_then_plateau

MUON_RATE = 0.02  # relative to the recipe's, which is AdamW's


def _windows(name: str, context: int, embedded: bool) -> tuple[Tensor, ...]:
    """All windows of a text, (N, context + 1): each predicts its tokens but the first."""
    return (training_text(name, embedded).unfold(0, context + 1, 1),)


def next_token_loss(model: nn.Module, batch: Batch, done: float) -> dict[str, Tensor]:
    """The cross-entropy of the next token, in nats."""
    logits = model(batch[:, :-1])
    return {"loss": F.cross_entropy(logits.flatten(0, 1), batch[:, 1:].flatten())}


def muon_and_adamw(recipe: Recipe, network: Any) -> dict[str, torch.optim.Optimizer]:
    """Muon for the matrices of the blocks, AdamW for embedding and head."""
    ends = [*network.embedding.parameters(), *network.head.parameters()]
    return {
        "blocks": Muon(network.blocks.parameters(), MUON_RATE, weight_decay=recipe.weight_decay),
        "ends": torch.optim.AdamW(ends, recipe.learning_rate, recipe.betas, weight_decay=0.0),
    }


def _gpt(name: str, summary: str, data: str, steps: int, network: "partial[Transformer]") -> Recipe:
    return Recipe(
        name=name,
        summary=summary,
        network=partial(network, tokens=len(TEXTS[data].vocabulary)),
        data=partial(_windows, data, network.keywords["context"]),
        rule=descending(next_token_loss),
        scores=partial(score_text, data=data),
        optimizers=muon_and_adamw,
        schedule=warmup_then_plateau,
        decode=TEXTS[data].vocabulary.decode,
        steps=steps,
        batch_size=16,
        learning_rate=1e-2,
        betas=(0.9, 0.95),
        weight_decay=0.1,
        warmup=20,
        average=0.99,
    )


RECIPES = (
    replace(
        _gpt(
            "gpt-shakespeare",
            "transformer of plays, character by character",
            "plays",
            2_500,
            partial(Transformer, width=192, blocks=6, heads=6, context=256, dropout=0.15),
        ),
        average=0.998,
    ),
    _gpt(
        "gpt-shakespeare-short",
        "transformer of plays, character by character, in a minute",
        "plays",
        500,
        partial(Transformer, width=128, blocks=4, heads=4, context=128),
    ),
)
