"""Counting against memory on names and on words: equal data, everyone tuned on the same texts.

A seed draws what is learnt from, validated and tested on, the initial weights and the batches; all
models of a seed have the same texts. The names are the different ones of the list: what occurs
twice could stand on both sides. The words are those of the names in Python's standard library.

Kneser-Ney chooses its order and a discount for each length of context, a network its learning
rate, by the likelihood of the validation texts. The networks' updates and dropout are fixed, and
their learning rate falls to 0.
"""

from collections.abc import Callable
from functools import cache
from string import ascii_lowercase
from typing import NamedTuple

import torch
from torch import Tensor, nn

from aigc_lessons.data.text import Vocabulary, first_names, identifiers
from aigc_lessons.errors import CourseError
from aigc_lessons.experiments import Experiment
from aigc_lessons.models.autoregressive.ngrams import KneserNey
from aigc_lessons.models.autoregressive.recurrent import RecurrentModel
from aigc_lessons.models.gan.text import to_codes, within

BATCH, WIDTH = 64, 128
RATES = (5e-3, 1e-2)
ORDERS = (3, 4, 5, 6, 7)
DISCOUNTS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95)


class Setting(NamedTuple):
    """Which texts, how many of them, and how a network learns them."""

    load: Callable[[], list[str]]
    learnt: int  # at most
    validated: int
    tested: int
    updates: int
    dropout: float  # the fewer texts, the more


SETTINGS = {
    "1,000 names": Setting(lambda: first_names(), 1_000, 1_000, 3_000, 300, 0.3),
    "5,000 names": Setting(lambda: first_names(), 5_000, 1_000, 3_000, 800, 0.2),
    "25,000 names": Setting(lambda: first_names(), 25_494, 1_000, 3_000, 2_000, 0.1),
    "words": Setting(lambda: identifiers(), 2_810, 351, 351, 500, 0.3),
}


@cache
def split(texts: str, seed: int) -> tuple[list[str], list[str], list[str]]:
    """Return the texts to learn from, to validate and to test on."""
    setting = SETTINGS[texts]
    every = sorted(set(setting.load()))
    order = torch.randperm(len(every), generator=torch.Generator().manual_seed(seed)).tolist()
    drawn = [every[i] for i in order]
    kept = setting.tested + setting.validated
    return (
        drawn[kept : kept + setting.learnt],
        drawn[setting.tested : kept],
        drawn[: setting.tested],
    )


def counting(texts: str, seed: int) -> dict[str, float]:
    """Kneser-Ney: the order with one discount, then a discount for each length of context."""
    learnt, validation, test = split(texts, seed)

    def nats(model: KneserNey, discounts: list[float], names: list[str]) -> float:
        return model.negative_log_likelihood(names, discounts) / sum(len(n) + 1 for n in names)

    found = []
    for order in ORDERS:
        model = KneserNey(learnt, order, ascii_lowercase)
        found += [(nats(model, [d] * order, validation), order, d) for d in DISCOUNTS]
    _, order, discount = min(found)
    model, discounts = KneserNey(learnt, order, ascii_lowercase), [discount] * order
    for length in range(order):
        tried = [
            [*discounts[:length], d, *discounts[length + 1 :]] for d in (0.3, *DISCOUNTS, 0.98)
        ]
        discounts = min(tried, key=lambda each: nats(model, each, validation))
    return {
        "nats per character": nats(model, discounts, test),
        "validation": nats(model, discounts, validation),
        "order": order,
        "discount of the longest": discounts[-1],
    }


def cost(model: RecurrentModel, codes: Tensor) -> Tensor:
    """Nats per character of some texts, their ends counted: a scalar."""
    inside = within(codes)
    longest = int(inside.sum(1).max())
    nats = model.negative_log_likelihoods(codes[:, :longest])
    return (nats * inside[:, :longest]).sum() / inside.sum()


def trained(kind: str, learnt: Tensor, setting: Setting, rate: float, seed: int) -> RecurrentModel:
    """Train a network by maximum likelihood."""
    torch.manual_seed(seed)
    model = RecurrentModel(len(ascii_lowercase) + 1, kind, WIDTH, setting.dropout)
    optimizer = torch.optim.Adam(model.parameters(), rate, fused=True)
    generator = torch.Generator().manual_seed(seed)
    steps = setting.updates
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = rate * (1 - step / steps)
        loss = cost(model, learnt[torch.randint(len(learnt), (BATCH,), generator=generator)])
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    return model.eval()


def remembering(kind: str, texts: str, seed: int) -> dict[str, float]:
    """A recurrent network, with the learning rate that is better on the validation texts."""
    vocabulary, parts = Vocabulary(tuple(ascii_lowercase)), split(texts, seed)
    length = 1 + max(len(name) for part in parts for name in part)
    learnt, validation, test = (to_codes(part, vocabulary, length) for part in parts)
    models = {rate: trained(kind, learnt, SETTINGS[texts], rate, seed) for rate in RATES}
    with torch.no_grad():
        costs = {rate: cost(model, validation).item() for rate, model in models.items()}
        rate = min(RATES, key=lambda each: costs[each])
        return {
            "nats per character": cost(models[rate], test).item(),
            "validation": costs[rate],
            "learnt names": cost(models[rate], learnt[:3_000]).item(),
            "rate": rate,
            "steps": SETTINGS[texts].updates,
        }


def measure(case: str, seed: int) -> dict[str, float]:
    """Tune one model on some texts and measure it on the test texts.

    Raises:
        CourseError: there is no such case.
    """
    if case not in EXPERIMENT.cases:
        raise CourseError(f"There is no case {case!r}. There are: {'; '.join(EXPERIMENT.cases)}.")
    name, _, texts = case.partition(", ")
    return counting(texts, seed) if name == "Kneser-Ney" else remembering(name, texts, seed)


EXPERIMENT = Experiment(
    summary="Kneser-Ney against recurrent networks on names and words (chapter 14)",
    cases=tuple(
        f"{name}, {texts}"
        for texts in SETTINGS
        for name in ("Kneser-Ney", "GRU", "LSTM")
        if name != "LSTM" or texts in ("25,000 names", "words")
    ),
    seeds=(0, 1, 2),
    measure=measure,
)
