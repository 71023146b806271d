"""Recipes: data, model, objective, optimiser and budget in steps, each as one frozen value.

A recipe is what the command line trains, samples and evaluates, and what made the weights in the
zoo. Its budget is a number of steps; the seconds are reported and never decide when to stop.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from aigc_lessons import results, zoo
from aigc_lessons.autoencoders import VAE
from aigc_lessons.batches import Batch, Batches, count
from aigc_lessons.checkpoint import written_aside
from aigc_lessons.data import images
from aigc_lessons.errors import CourseError
from aigc_lessons.optim import warmup_then_cosine
from aigc_lessons.score import Score
from aigc_lessons.scores import score_classifier, score_vae
from aigc_lessons.training import Run, progress

# Returns the losses by name; the one called "loss" is descended.
Objective = Callable[[nn.Module, Batch, float], dict[str, Tensor]]


@dataclass(frozen=True)
class Recipe:
    """All that determines a training, so that one name repeats it."""

    name: str  # also the name of its network and its weights in the zoo
    summary: str
    data: Callable[[], tuple[Tensor, ...]]  # the training set
    objective: Objective  # of the model, a batch and the part of the run that is done, in [0, 1]
    scores: Callable[[Any], list[Score]]  # of the trained model
    steps: int
    batch_size: int
    learning_rate: float
    weight_decay: float
    warmup: int  # updates over which the learning rate rises
    average: float  # decay of the averaged weights, which are the result
    transform: Callable[[Tensor, torch.Generator], Tensor] | None = None
    prepare: Callable[[Any, Tensor], None] | None = None  # the new model, from the first tensor
    clip: float | None = None  # largest norm of a gradient
    seed: int = 0


def _digits() -> tuple[Tensor, ...]:
    """The official training digits without the held-out thousand, (59,000, 1, 28, 28)."""
    return (images.mnist("train", full=True).images,)


def _labelled_digits() -> tuple[Tensor, ...]:
    digits = images.mnist("train", full=True)
    return digits.images, digits.labels


def _cross_entropy(model: nn.Module, batch: Batch, done: float) -> dict[str, Tensor]:
    pictures, labels = batch
    return {"loss": F.cross_entropy(model(pictures), labels)}


def _negative_elbo(
    model: nn.Module, batch: Batch, done: float, kl_warmup: float = 0.1
) -> dict[str, Tensor]:
    """The negative bound, in nats per image, its KL weighted less while the run is young.

    Without this warm-up (Bowman et al., 2016) the decoder learns to ignore latents that say
    nothing yet. After the part ``kl_warmup`` of the run the loss is the exact negative bound.
    """
    parts = model(batch)
    loss = (min(1.0, done / kl_warmup) * parts.kl - parts.reconstruction).mean()
    return {"loss": loss, "bound": parts.bound.mean(), "kl": parts.kl.mean()}


RECIPES = {
    recipe.name: recipe
    for recipe in (
        Recipe(
            name="digit-features",
            summary="classifier of digits; its features are the ruler of FID",
            data=_labelled_digits,
            transform=images.shift_and_turn,
            objective=_cross_entropy,
            scores=score_classifier,
            steps=4_600,
            batch_size=128,
            learning_rate=2e-3,
            weight_decay=1e-2,
            warmup=100,
            average=0.999,
        ),
        Recipe(
            name="vae-mnist",
            summary="variational autoencoder of digits with 32 latents",
            data=_digits,
            transform=images.binarize,
            prepare=VAE.start_from,
            objective=_negative_elbo,
            scores=score_vae,
            steps=40_000,
            batch_size=128,
            learning_rate=2e-3,
            weight_decay=1e-2,
            warmup=200,
            average=0.999,
        ),
        Recipe(
            name="vae-mnist-short",
            summary="the same with 24 latents, in two minutes on two cores",
            data=_digits,
            transform=images.binarize,
            prepare=VAE.start_from,
            objective=partial(_negative_elbo, kl_warmup=0.05),
            scores=score_vae,
            steps=6_900,
            batch_size=128,
            learning_rate=2e-3,
            weight_decay=0.0,
            warmup=200,
            average=0.999,
        ),
        Recipe(
            name="vae-mnist-2d",
            summary="variational autoencoder of digits with 2 latents, for the map of chapter 6",
            data=_digits,
            transform=images.binarize,
            prepare=VAE.start_from,
            objective=_negative_elbo,
            scores=score_vae,
            steps=12_000,
            batch_size=128,
            learning_rate=1e-3,
            weight_decay=1e-2,
            warmup=200,
            average=0.999,
            clip=500.0,  # with two latents a rare batch has a gradient ten times the usual
        ),
    )
}


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
    optimizer = torch.optim.AdamW(
        model.parameters(),
        lr=recipe.learning_rate,
        weight_decay=recipe.weight_decay,
        fused=True,  # one pass over all weights: a fifth of the time of a small step
    )
    run = Run(
        models={name: model},
        optimizers={name: optimizer},
        seed=seed,
        folder=folder,
        schedule=warmup_then_cosine(steps, recipe.warmup),
        average=recipe.average,
        clip=recipe.clip,
    )

    def update(batch: Batch) -> dict[str, Tensor]:
        losses = recipe.objective(run.models[name], batch, run.step / steps)
        run.descend(losses["loss"], name)
        return losses

    batches = Batches(*data, batch_size=recipe.batch_size, seed=seed, transform=recipe.transform)
    for _ in progress(run.fit(update, batches, steps)):
        pass
    weights = folder / "model.safetensors"
    if run.accelerator.is_main_process:
        zoo.save(run.averaged[name], weights, _facts(run, recipe, steps, commit))
    return weights


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
