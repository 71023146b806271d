"""Trains every recipe for a few steps; the launcher of PyTorch runs this file in two processes."""

import dataclasses
import sys
from pathlib import Path

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
    """Train; then compare the weights of all players and their averages over the processes."""
    recipes.Run = NotedRun  # type: ignore[misc]
    for name, recipe in recipes.RECIPES.items():
        recipes.RECIPES[name] = dataclasses.replace(recipe, warmup=1, batch_size=16)
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
