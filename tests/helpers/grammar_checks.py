"""Enumeration and sample means for the tests of grammars."""

import math
from itertools import product

import pytest
import torch


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def every_derivation(rules, body: str = "{start}") -> list[tuple[str, float]]:
    """Write out a finite grammar: (text, probability) of each derivation of a body."""
    before, brace, rest = body.partition("{")
    if not brace:
        return [(before, 1.0)]
    symbol, _, after = rest.partition("}")
    return [
        (before + inner + last, p * q * r)
        for inside, p in rules[symbol].items()
        for (inner, q), (last, r) in product(
            every_derivation(rules, inside), every_derivation(rules, after)
        )
    ]


def mean_within_its_error(values: list[float], expected: float) -> None:
    sample = torch.tensor(values, dtype=torch.float64)
    error = sample.std().item() / math.sqrt(len(values))
    assert sample.mean().item() == pytest.approx(expected, abs=4 * error)
