"""The order of the data: every batch is a pure function of (seed, step)."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from aigc_lessons.errors import CourseError, count

Batch = Any  # a tensor or a tuple of tensors, as Batches makes them

# Independent random streams, so that no two uses of one seed share their numbers.
ORDER, TRANSFORM, NOISE = range(3)


def mixed_seed(*parts: int) -> int:
    """Hash several integers to one seed; neighbours such as (0, 1) and (1, 0) become unrelated."""
    return int(np.random.SeedSequence(parts).generate_state(1)[0])


class Batches:
    """Shuffled batches as a pure function of (seed, step).

    A run that was killed asks for the next step and gets the batch that it would have got. Each
    epoch visits the examples in a new order; the remainder that does not fill a batch is dropped.
    """

    def __init__(
        self,
        *tensors: Tensor,
        batch_size: int,
        seed: int = 0,
        transform: Callable[[Tensor, torch.Generator], Tensor] | None = None,
    ) -> None:
        """Hold the data.

        Args:
            tensors: one or more, with the same first dimension N.
            batch_size: examples in a batch, at most N.
            seed: of the order and of the transform.
            transform: called with the first tensor's batch and a generator that depends on
                (seed, step) alone; for binarisation and augmentation.

        Raises:
            CourseError: no data, unequal lengths, or a batch larger than the data.
        """
        lengths = {len(tensor) for tensor in tensors}
        if len(lengths) != 1 or 0 in lengths:
            raise CourseError(
                "Batches needs one or more tensors of the same, non-zero length; "
                f"it got lengths {[len(tensor) for tensor in tensors]}."
            )
        self.length = lengths.pop()
        if count(batch_size, "batch_size") > self.length:
            raise CourseError(
                f"batch_size is {batch_size}, but there are only {self.length} examples."
            )
        self.tensors = tensors
        self.batch_size = batch_size
        self.seed = count(seed, "seed", least=0)
        self.transform = transform
        self._epoch = -1
        self._order = torch.empty(0, dtype=torch.int64)

    def __call__(self, step: int) -> Batch:
        """Return batch number ``step``: a tensor, or a tuple if there are several tensors."""
        epoch, position = divmod(step, self.length // self.batch_size)
        if epoch != self._epoch:
            generator = torch.Generator().manual_seed(mixed_seed(self.seed, ORDER, epoch))
            self._order = torch.randperm(self.length, generator=generator)
            self._epoch = epoch
        rows = self._order[position * self.batch_size : (position + 1) * self.batch_size]
        first, *rest = (tensor[rows] for tensor in self.tensors)
        if self.transform is not None:
            generator = torch.Generator().manual_seed(mixed_seed(self.seed, TRANSFORM, step))
            first = self.transform(first, generator)
        return (first, *rest) if rest else first
