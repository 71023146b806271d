"""Fits a small regression, then trains every recipe for a few steps, as one of two processes.

One launch does both, since each process takes seconds to start.
"""

import dataclasses
import sys
from pathlib import Path

import small_regression
import torch

from aigc_lessons import recipes, zoo
from aigc_lessons.train.run import Run

STEPS = 3
RUNS: list[Run] = []


class NotedRun(Run):
    """A run that is still there after its training."""

    def __init__(self, *arguments: object, **named: object) -> None:
        super().__init__(*arguments, **named)  # type: ignore[arg-type]
        RUNS.append(self)


def main() -> None:
    """Train both; then compare the weights of all players and their averages over the processes."""
    small_regression.main(f"{sys.argv[1]}/regression")
    recipes.Run = NotedRun  # type: ignore[misc]
    for name, recipe in recipes.RECIPES.items():
        rows = 16 if recipe.decode is None else 2  # a row of text is long
        recipes.RECIPES[name] = dataclasses.replace(recipe, warmup=1, batch_size=rows)
        folder = Path(sys.argv[1]) / name
        weights = recipes.train(name, steps=STEPS, folder=folder, embedded=True)
        run = RUNS.pop()
        assert run.accelerator.num_processes == 2
        for model in (*run.models.values(), *run.averaged.values()):
            for weight in model.parameters():
                both = [torch.empty_like(weight) for _ in range(2)]
                torch.distributed.all_gather(both, weight.detach())
                assert torch.equal(*both), name
        torch.distributed.barrier()
        assert zoo.facts(name, weights)["steps"] == str(STEPS)


if __name__ == "__main__":
    main()
