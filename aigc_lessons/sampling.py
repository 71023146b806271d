"""Seeded sampling in batches: the same samples of the same model, whatever was drawn before."""

from typing import Protocol

import torch
from torch import Tensor


class Generative(Protocol):
    """What can be sampled."""

    def sample(self, count: int) -> Tensor:
        """Draw examples, (count, ...)."""
        ...


class Conditional(Protocol):
    """What can be sampled for given classes."""

    def sample(self, count: int, labels: Tensor) -> Tensor:
        """Draw an example of each label, (count, ...)."""
        ...


def draw(model: Generative, count: int, seed: int = 0, batch_size: int = 500) -> Tensor:
    """Draw ``count`` samples: (count, ...). The caller's random state stays as it was.

    Args:
        model: in evaluation mode.
        count: of the samples.
        seed: of the draws.
        batch_size: samples at once; another one gives other samples.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        sizes = [min(batch_size, count - done) for done in range(0, count, batch_size)]
        return torch.cat([model.sample(size) for size in sizes])


def draw_classes(
    model: Conditional, classes: int, each: int, seed: int = 0, batch_size: int = 500
) -> tuple[Tensor, Tensor]:
    """Draw ``each`` samples of every class: (N, ...), and the labels that were asked for, (N,)."""
    labels = torch.arange(classes).repeat_interleave(each)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        drawn = [model.sample(len(part), part) for part in labels.split(batch_size)]
    return torch.cat(drawn), labels
