"""Recipes: data, model, objective, optimiser and budget in steps, each as one frozen value.

A recipe is what the command line trains, samples and evaluates, and what made the weights in the
zoo. Its budget is a number of steps; the seconds are reported and never decide when to stop.
"""

import json
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from aigc_lessons import results, zoo
from aigc_lessons.batches import Batch, Batches, count
from aigc_lessons.catalogue import RECIPES
from aigc_lessons.checkpoint import written_aside
from aigc_lessons.errors import CourseError
from aigc_lessons.optim import warmup_then_cosine
from aigc_lessons.recipe import Recipe
from aigc_lessons.score import Score
from aigc_lessons.training import Run, progress


def find(name: str) -> Recipe:
    """Return the recipe ``name``, or raise an error that lists them all."""
    if name not in RECIPES:
        raise CourseError(f"There is no recipe {name!r}. There are: {', '.join(RECIPES)}.")
    return RECIPES[name]


def train(
    name: str, steps: int | None = None, seed: int | None = None, folder: str | Path | None = None
) -> Path:
    """Train a recipe; a run that was stopped in the same folder goes on where it was.

    Args:
        name: of the recipe.
        steps: instead of the recipe's; the schedule shrinks with it.
        seed: instead of the recipe's; of the initial weights, the order and all noise.
        folder: for checkpoints and weights; ``runs/NAME`` under the current folder if None.

    Returns:
        the file of the trained, averaged weights.

    Raises:
        CourseError: unknown recipe, impossible numbers, missing data, or the folder holds a run
            with other settings.
    """
    recipe = find(name)
    steps = recipe.steps if steps is None else count(steps, "steps", recipe.warmup + 1)
    seed = recipe.seed if seed is None else count(seed, "seed", least=0)
    folder = Path("runs") / name if folder is None else Path(folder)
    data = recipe.data()  # before anything is written: the files may be missing
    _claim(folder, {"recipe": name, "steps": steps, "seed": seed})
    commit = results.commit()  # of the code that runs, whatever is edited meanwhile
    torch.manual_seed(seed)
    model = zoo.build(name)
    if recipe.prepare is not None:
        recipe.prepare(model, data[0])
    models = {name: model, **recipe.opponents()}
    run = Run(
        models=models,
        optimizers={player: _optimizer(recipe, network) for player, network in models.items()},
        seed=seed,
        folder=folder,
        schedule=warmup_then_cosine(steps, recipe.warmup),
        average=recipe.average,
        clip=recipe.clip,
    )

    def update(batch: Batch) -> dict[str, Tensor]:
        return recipe.update(run, name, batch, run.step / steps)

    batches = Batches(*data, batch_size=recipe.batch_size, seed=seed, transform=recipe.transform)
    for _ in progress(run.fit(update, batches, steps)):
        pass
    weights = folder / "model.safetensors"
    if run.accelerator.is_main_process:
        zoo.save(run.averaged[name], weights, _facts(run, recipe, steps, commit))
    return weights


def _optimizer(recipe: Recipe, network: nn.Module) -> torch.optim.Optimizer:
    return torch.optim.AdamW(
        network.parameters(),
        lr=recipe.learning_rate,
        betas=recipe.betas,
        weight_decay=recipe.weight_decay,
        fused=True,  # one pass over all weights: a fifth of the time of a small step
    )


def _claim(folder: Path, settings: dict[str, Any]) -> None:
    """Note in the folder which run it holds; refuse it if it holds another."""
    note = folder / "run.json"
    if folder.exists() and not folder.is_dir():
        raise CourseError(f"{folder} is a file. Name a folder for the run, or remove the file.")
    if note.exists():
        found = json.loads(note.read_text(encoding="utf8"))
        if found != settings:
            raise CourseError(
                f"{folder} holds the run {found}, which is not {settings}. Name another --folder, "
                "or remove that one."
            )
        return
    with written_aside(note) as aside:
        aside.write_text(json.dumps(settings) + "\n", encoding="utf8")


def _facts(run: Run, recipe: Recipe, steps: int, commit: str) -> dict[str, str]:
    """Describe the training for the header of the weights."""
    return {
        "recipe": recipe.name,
        "seed": str(run.seed),
        "steps": str(steps),
        "seconds": f"{run.seconds:.0f}",
        "device": results.device_name(),
        "date": date.today().isoformat(),
        "commit": commit,
    }


def sample(model: Any, count_of_images: int, seed: int) -> Tensor:
    """Draw pictures from a generative model of the zoo, repeatably.

    Returns:
        (N, C, H, W), values in [0, 1].

    Raises:
        CourseError: the model does not generate, or the number is not positive.
    """
    if not hasattr(model, "sample"):
        raise CourseError(
            f"{type(model).__name__} is not a generative model: it has nothing to sample. "
            "Choose a recipe that generates, for example vae-mnist."
        )
    count(count_of_images, "count")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(count(seed, "seed", least=0))
        pictures: Tensor = model.sample(count_of_images)
    return pictures


def evaluate(name: str, weights: str | Path | None = None) -> list[Score]:
    """Measure the shipped weights of a recipe, or those of ``weights``, by its scores.

    Raises:
        CourseError: unknown recipe, unusable weights, or missing data.
    """
    recipe = find(name)
    return recipe.scores(zoo.load(name, weights))


def store(name: str, scores: list[Score], weights: str | Path | None = None) -> Path:
    """Keep the scores of a recipe as its stored result."""
    facts = zoo.facts(name, weights)
    command = f"aigc train {name} && aigc evaluate {name} --weights runs/{name}/model.safetensors"
    return results.store(
        name,
        command=f"{command} --store",
        seed=int(facts["seed"]),
        budget={
            "steps": int(facts["steps"]),
            "seconds": float(facts["seconds"]),
            "device": facts["device"],
        },
        values={score.name: asdict(score) for score in scores},
    )
