"""Recipes: data, model, objective, optimiser and budget in steps, each as one frozen value.

A recipe is what the command line trains, samples and evaluates, and what made the weights in the
zoo. Its budget is a number of steps; the seconds are reported and never decide when to stop.
"""

import json
import pkgutil
from dataclasses import asdict
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from aigc_lessons import models, results, sampling, zoo
from aigc_lessons.errors import CourseError, count
from aigc_lessons.files import written_aside
from aigc_lessons.metrics.measures import Score
from aigc_lessons.train.batches import Batches
from aigc_lessons.train.device_name import device_name
from aigc_lessons.train.progress import progress
from aigc_lessons.train.recipe import Recipe
from aigc_lessons.train.run import Run


def _collect() -> dict[str, Recipe]:
    """Gather the recipes of every family that has some: the folder is the registration."""
    found: dict[str, Recipe] = {}
    for family in pkgutil.iter_modules(models.__path__, f"{models.__name__}."):
        package = import_module(family.name)
        if "recipes" in {module.name for module in pkgutil.iter_modules(package.__path__)}:
            recipes = import_module(f"{family.name}.recipes").RECIPES
            found |= {recipe.name: recipe for recipe in recipes}
    return found


RECIPES = _collect()
EMBEDDED = "embedded data"


def find(name: str) -> Recipe:
    """Return the recipe ``name``, or raise an error that lists them all."""
    if name not in RECIPES:
        raise CourseError(f"There is no recipe {name!r}. There are: {', '.join(RECIPES)}.")
    return RECIPES[name]


def train(
    name: str,
    steps: int | None = None,
    seed: int | None = None,
    folder: str | Path | None = None,
    embedded: bool = False,
) -> Path:
    """Train a recipe; a run that was stopped in the same folder goes on where it was.

    Args:
        name: of the recipe.
        steps: instead of the recipe's; the schedule shrinks with it.
        seed: instead of the recipe's; of the initial weights, the order and all noise.
        folder: for checkpoints and weights; ``runs/NAME`` under the current folder if None.
        embedded: train on what is installed with the course, digits or a text, without a download.

    Returns:
        the file of the trained, averaged weights.

    Raises:
        CourseError: unknown recipe, impossible numbers, missing data, or the folder holds a run
            with other settings.
    """
    recipe = find(name)
    steps = recipe.steps if steps is None else _checked_steps(recipe, steps)
    seed = recipe.seed if seed is None else count(seed, "seed", least=0)
    folder = Path("runs") / name if folder is None else Path(folder)
    data = recipe.data(embedded)  # before anything is written: the files may be missing
    settings = {"recipe": name, "steps": steps, "seed": seed}
    _claim(folder, settings | ({"data": EMBEDDED} if embedded else {}))
    commit = results.commit()  # of the code that runs, whatever is edited meanwhile
    torch.manual_seed(seed)
    model = recipe.network()
    if recipe.prepare is not None:
        recipe.prepare(model, data[0])
    networks = {name: model, **recipe.opponents()}
    run = Run(
        models=networks,
        optimizers={
            f"{player}/{part}" if part else player: optimizer
            for player, network in networks.items()
            for part, optimizer in recipe.optimizers(recipe, network).items()
        },
        seed=seed,
        folder=folder,
        schedule=recipe.schedule(steps, recipe.warmup),
        average=recipe.average,
        clip=recipe.clip,
    )
    batches = Batches(*data, batch_size=recipe.batch_size, seed=seed, transform=recipe.transform)
    for _ in progress(run.fit(recipe.rule(run, name), batches, steps)):
        pass
    weights = folder / "model.safetensors"
    if run.accelerator.is_main_process:
        facts = _facts(run, recipe, steps, commit) | ({"data": EMBEDDED} if embedded else {})
        zoo.save(run.averaged[name], weights, facts)
    return weights


def _checked_steps(recipe: Recipe, steps: int) -> int:
    if count(steps, "steps") <= recipe.warmup:
        raise CourseError(
            f"The learning rate of {recipe.name} rises over the first {recipe.warmup} steps, so a "
            f"training has at least {recipe.warmup + 1} steps, not {steps}."
        )
    return steps


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
        "device": device_name(),
        "date": date.today().isoformat(),
        "commit": commit,
    }


def sample(model: Any, count_of_samples: int, seed: int) -> Tensor:
    """Draw from a generative model of the zoo, repeatably.

    Returns:
        pictures, (N, C, H, W), with values in [0, 1], or texts, (N, T), as numbers of tokens.

    Raises:
        CourseError: the model does not generate, or the number is not positive.
    """
    if not hasattr(model, "sample"):
        raise CourseError(
            f"{type(model).__name__} is not a generative model: it has nothing to sample. "
            "Choose a recipe that generates, for example vae-mnist."
        )
    count(count_of_samples, "count")
    count(seed, "seed", least=0)
    return sampling.draw(model, count_of_samples, seed)


def evaluate(name: str, weights: str | Path | None = None) -> list[Score]:
    """Measure the shipped weights of a recipe, or those of ``weights``, by its scores.

    Raises:
        CourseError: unknown recipe, unusable weights, or missing data.
    """
    return find(name).scores(load(name, weights))


def store(name: str, scores: list[Score], weights: str | Path | None = None) -> Path:
    """Keep the scores of a recipe as its stored result."""
    facts = zoo.facts(name, weights)
    if "data" in facts:
        raise CourseError(
            f"These weights were trained on {facts['data']}; stored results are of the full set. "
            f"Train with: aigc train {name}"
        )
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


def load(name: str, weights: str | Path | None = None) -> Any:
    """Build the network of a recipe with the shipped weights, or with those of a file.

    Raises:
        CourseError: unknown recipe, or unusable weights.
    """
    recipe = find(name)
    return zoo.load(name) if weights is None else zoo.fill(recipe.network(), weights, name)


def ship(name: str, weights: str | Path) -> None:
    """Make a file the shipped weights of a recipe; see :func:`zoo.ship`."""
    zoo.ship(name, weights, find(name).network)
