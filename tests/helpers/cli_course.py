"""A tiny course for the tests of the command line: recipes, zoo and clone of their own."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import torch

from aigc_lessons import recipes, results, zoo
from aigc_lessons.metrics.measures import Score
from aigc_lessons.models.autoencoders.networks import VAE
from aigc_lessons.models.classifier.networks import SmallClassifier

TINY_VAE = {"latents": 2, "width": 8, "blocks": 1}


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files of weights: of two tiny VAEs and of the classifier."""
    folder = tmp_path_factory.mktemp("weights")
    facts = {"seed": "0", "steps": "6", "seconds": "1", "device": "a machine"}
    torch.manual_seed(0)
    for name, network in [
        ("vae-mnist", VAE(**TINY_VAE)),
        ("vae-mnist-2d", VAE(**TINY_VAE | {"latents": 3})),
        ("digit-features", SmallClassifier()),
    ]:
        zoo.save(network, folder / f"{name}.safetensors", facts | {"recipe": name})
    return folder


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, weights: Path) -> Path:
    """An empty current folder, tiny recipes, and a zoo that holds the VAE of one of them."""
    store = tmp_path / "package"
    monkeypatch.setattr(zoo, "FOLDER", store)
    monkeypatch.setattr(results, "FOLDER", store)
    monkeypatch.setattr(zoo, "INDEX", store / "index.json")
    two = replace(
        recipes.RECIPES["vae-mnist-2d"], network=partial(VAE, **TINY_VAE | {"latents": 3})
    )
    monkeypatch.setitem(recipes.RECIPES, "vae-mnist-2d", two)
    score = Score("bound", 90.25, "nats per image", "lower", 0.5, {"pixels": 206.0, "floor": 80.0})
    vae = replace(
        recipes.RECIPES["vae-mnist"],
        network=partial(VAE, **TINY_VAE),
        data=lambda embedded: (
            torch.rand(40, 1, 28, 28, generator=torch.Generator().manual_seed(5)),
        ),
        scores=lambda model: [score, Score("FID", 7.0, "", "lower")],
        steps=6,
        batch_size=16,
        warmup=1,
    )
    monkeypatch.setitem(recipes.RECIPES, "vae-mnist", vae)

    recipes.ship("vae-mnist", weights / "vae-mnist.safetensors")

    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    return work


@pytest.fixture
def clone(course: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone with one chapter; the current folder is its root."""
    root = course / "clone"
    source = root / "notebooks" / "1-from-scratch" / "01-what-it-does.ipynb"
    source.parent.mkdir(parents=True)
    source.write_text('{"cells": [], "metadata": {}}')
    (root / "aigc_lessons").mkdir()
    (root / "aigc_lessons/__init__.py").touch()
    monkeypatch.chdir(root)
    return root
