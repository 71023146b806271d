"""Counting against memory on first names: equal data, everyone tuned on the same validation names.

A seed draws who is learnt from, validated and tested on, the initial weights and the batches; all
models of a seed have the same names. The names are the different ones of the list: what occurs
twice could stand on both sides. Kneser-Ney chooses its order and a discount for each length of
context, a network its learning rate, by the likelihood of the validation names. The networks'
steps are fixed, and their learning rate falls to 0.
"""

from functools import cache
from string import ascii_lowercase

import torch
from torch import Tensor, nn

from aigc_lessons.data.text import Vocabulary, first_names
from aigc_lessons.experiments import Experiment
from aigc_lessons.models.autoregressive.ngrams import KneserNey
from aigc_lessons.models.autoregressive.recurrent import RecurrentModel
from aigc_lessons.models.gan.text import to_codes, within

TESTED, VALIDATED = 3_000, 1_000
STEPS = {1_000: 300, 5_000: 800, 25_000: 2_000}  # updates, by the number of names learnt from
DROPOUTS = {1_000: 0.3, 5_000: 0.2, 25_000: 0.1}  # the fewer names, the more
BATCH, WIDTH = 64, 128
RATES = (5e-3, 1e-2)
ORDERS = (3, 4, 5, 6, 7)
DISCOUNTS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95)


@cache
def split(seed: int, size: int) -> tuple[list[str], list[str], list[str]]:
    """Return the names to learn from, ``size`` at most, to validate and to test on."""
    names = sorted(set(first_names()))
    order = torch.randperm(len(names), generator=torch.Generator().manual_seed(seed)).tolist()
    names = [names[i] for i in order]
    test, validation, rest = (
        names[:TESTED],
        names[TESTED : TESTED + VALIDATED],
        names[TESTED + VALIDATED :],
    )
    return rest[:size], validation, test


def counting(size: int, seed: int) -> dict[str, float]:
    """Kneser-Ney: the order with one discount, then a discount for each length of context."""
    learnt, validation, test = split(seed, size)

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


def trained(kind: str, learnt: Tensor, size: int, rate: float, seed: int) -> RecurrentModel:
    """Train a network by maximum likelihood."""
    torch.manual_seed(seed)
    model = RecurrentModel(len(ascii_lowercase) + 1, kind, WIDTH, DROPOUTS[size])
    optimizer = torch.optim.Adam(model.parameters(), rate, fused=True)
    generator = torch.Generator().manual_seed(seed)
    steps = STEPS[size]
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = rate * (1 - step / steps)
        loss = cost(model, learnt[torch.randint(len(learnt), (BATCH,), generator=generator)])
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    return model.eval()


def remembering(kind: str, size: int, seed: int) -> dict[str, float]:
    """A recurrent network, with the learning rate that is better on the validation names."""
    vocabulary, parts = Vocabulary(tuple(ascii_lowercase)), split(seed, size)
    length = 1 + max(len(name) for part in parts for name in part)
    learnt, validation, test = (to_codes(part, vocabulary, length) for part in parts)
    models = {rate: trained(kind, learnt, size, rate, seed) for rate in RATES}
    with torch.no_grad():
        costs = {rate: cost(model, validation).item() for rate, model in models.items()}
        rate = min(RATES, key=lambda each: costs[each])
        return {
            "nats per character": cost(models[rate], test).item(),
            "validation": costs[rate],
            "learnt names": cost(models[rate], learnt[:3_000]).item(),
            "rate": rate,
            "steps": STEPS[size],
        }


def measure(case: str, seed: int) -> dict[str, float]:
    """Tune one model on some names and measure it on the test names."""
    name, _, number = case.partition(", ")
    size = int(number.replace(",", "").split()[0])
    if name == "Kneser-Ney":
        return counting(size, seed)
    return remembering(name, size, seed)


EXPERIMENT = Experiment(
    summary="Kneser-Ney against recurrent networks on names (chapter 14)",
    cases=tuple(
        f"{name}, {size:,} names"
        for size in STEPS
        for name in (("Kneser-Ney", "GRU", "LSTM") if size > 5_000 else ("Kneser-Ney", "GRU"))
    ),
    seeds=(0, 1, 2),
    measure=measure,
)
