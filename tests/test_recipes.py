"""Recipes: every one trains on its real data format, resumes, samples and refuses."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from aigc_lessons import recipes, scoring, zoo
from aigc_lessons.data import images, sprites, text
from aigc_lessons.data.augmentation import mirror, shift_and_turn
from aigc_lessons.data.images import ImageSet
from aigc_lessons.data.sets import PICTURES, TEXTS, training_text
from aigc_lessons.errors import CourseError
from aigc_lessons.models.gan.update import OPPONENT
from aigc_lessons.recipes import RECIPES
from aigc_lessons.train.run import Step


@pytest.fixture(autouse=True)
def embedded_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The embedded digits in place of the official files, so that every machine can run this."""
    mnist = images.mnist

    def embedded(split: str = "train", full: bool = False) -> ImageSet:
        return mnist("held-out" if split == "test" else split)

    def colour(split: str = "train") -> ImageSet:
        grey = embedded(split)
        pictures = F.pad(grey.images, (2, 2, 2, 2)).expand(-1, 3, -1, -1)
        return dataclasses.replace(grey, images=pictures, classes=images.CIFAR)

    monkeypatch.setattr(images, "mnist", embedded)
    monkeypatch.setattr(images, "fashion_mnist", embedded)
    monkeypatch.setattr(images, "cifar10", colour)
    monkeypatch.setattr(sprites, "sprites", colour)
    plays = TEXTS["plays"].vocabulary.decode(training_text("plays", embedded=True))
    monkeypatch.setattr(text, "tiny_shakespeare", lambda: plays)


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_trains_resumes_samples_saves_and_reloads(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = 16 if RECIPES[name].decode is None else 2  # a row of text is long
    small = dataclasses.replace(RECIPES[name], warmup=1, batch_size=rows)
    monkeypatch.setitem(RECIPES, name, small)

    def stopped(updates: Iterator[Step]) -> Iterator[Step]:
        for update in updates:
            if update.step == 2:
                raise KeyboardInterrupt
            yield update

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(recipes, "progress", stopped)
        recipes.train(name, steps=4, folder=tmp_path / "run")
    resumed = recipes.train(name, steps=4, folder=tmp_path / "run")
    whole = recipes.train(name, steps=4, folder=tmp_path / "whole")
    expected = load_file(whole)
    for key, value in load_file(resumed).items():
        assert torch.equal(value, expected[key]), key
    facts = zoo.facts(name, resumed)
    assert facts["steps"] == "4"
    resumed.unlink()
    assert zoo.facts(name, recipes.train(name, steps=4, folder=tmp_path / "run")) == facts
    with pytest.raises(CourseError, match="Name another --folder"):
        recipes.train(name, steps=4, seed=1, folder=tmp_path / "run")
    model = recipes.load(name, whole)
    if RECIPES[name].generates:
        samples = recipes.sample(model, 2, seed=0)
        assert samples.isfinite().all()
        if small.decode is not None:
            assert len(small.decode(samples[1])) == len(samples[1])


def test_every_recipe_trains_on_embedded_data_of_the_same_kind() -> None:
    for recipe in RECIPES.values():
        own, embedded = recipe.data(False)[0], recipe.data(True)[0]
        assert embedded.shape[1:] == own.shape[1:], recipe.name
        assert embedded.dtype == own.dtype
        assert len(embedded) == 4_000 if recipe.decode is None else len(embedded) > 300_000


def test_missing_data_leave_no_folder_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(split: str, full: bool) -> ImageSet:
        raise CourseError("no data")

    monkeypatch.setattr(images, "mnist", absent)
    with pytest.raises(CourseError, match="no data"):
        recipes.train("vae-mnist", folder=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_samples_are_repeatable_and_leave_the_random_state_alone() -> None:
    model = zoo.load("vae-mnist-2d")
    state = torch.get_rng_state()
    first = recipes.sample(model, 5, seed=1)
    assert torch.equal(first, recipes.sample(model, 5, seed=1))
    assert not torch.equal(first, recipes.sample(model, 5, seed=2))
    assert torch.equal(state, torch.get_rng_state())


def test_augmentation_moves_ink_and_keeps_it() -> None:
    digits = images.mnist().images[::40]
    moved = shift_and_turn(digits, torch.Generator().manual_seed(0))
    assert moved.shape == digits.shape
    assert moved.min() >= 0
    assert moved.max() <= 1

    def centre(pictures: Tensor) -> Tensor:
        ink = pictures.sum((1, 2, 3))
        rows = torch.arange(28.0)
        return (pictures.sum((1, 2)) * rows).sum(1) / ink

    shifts = centre(moved) - centre(digits)
    assert shifts.abs().max() < 2.8  # 2 pixels, and a little from turning and scaling
    assert shifts.std() == pytest.approx(2 / 3**0.5, rel=0.3)  # uniform on [-2, 2]
    ink = moved.sum((1, 2, 3)) / digits.sum((1, 2, 3))
    assert 0.8 < ink.min() < ink.max() < 1.25


def test_bad_requests_are_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for message, act in (
        ("no recipe 'x'", lambda: recipes.train("x")),
        ("at least 201 steps, not 3", lambda: recipes.train("vae-mnist", steps=3)),
        ("seed must be", lambda: recipes.train("vae-mnist", seed=-1)),
        ("is a file", lambda: recipes.train("vae-mnist", folder=tmp_path / "file")),
        ("not a generative model", lambda: recipes.sample(zoo.load("digit-features"), 1, 0)),
        ("count must be", lambda: recipes.sample(zoo.load("vae-mnist-2d"), 0, 0)),
        ("no recipe", lambda: recipes.evaluate("y")),
    ):
        with pytest.raises(CourseError, match=message):
            act()


def test_mirroring_swaps_left_and_right_of_about_half() -> None:
    pictures = images.mnist().images[::8]
    mirrored = mirror(pictures, torch.Generator().manual_seed(0))
    same = (mirrored == pictures).flatten(1).all(1)
    turned = (mirrored == pictures.flip(-1)).flatten(1).all(1)
    assert bool((same | turned).all())
    assert 0.4 < float(turned.float().mean()) < 0.6


def test_gaussians_of_classes_have_their_shares_means_and_covariances() -> None:
    digits = images.mnist()
    few = dataclasses.replace(
        digits,
        images=F.avg_pool2d(digits.images, 14),  # four pixels, so that 5,000 draws fix them
        labels=(digits.labels > 2).long(),
    )
    drawn = scoring._gaussians(few, torch.Generator().manual_seed(0))
    assert len(drawn) == scoring.SAMPLES
    for label, part in ((0, drawn[:1500]), (1, drawn[1500:])):
        real = few.images[few.labels == label].flatten(1)
        assert torch.allclose(part.flatten(1).mean(0), real.mean(0), atol=0.01)
        assert torch.allclose(torch.cov(part.flatten(1).T), torch.cov(real.T), atol=0.004)


@pytest.mark.filterwarnings("ignore:FID on 100 samples")  # the embedded test set is small
@pytest.mark.parametrize("data", ["digits", "cats"])
def test_scores_of_real_pictures_stand_near_their_floor(
    data: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scoring, "SAMPLES", 500)
    pictures = PICTURES[data].load("train").images

    class Copier:
        def sample(self, count: int) -> Tensor:
            return pictures[torch.randint(len(pictures), (count,))]

    distance, share = scoring.score_gan(Copier(), data)
    floor = distance.beside[f"floor (real {data})"]
    assert distance.value < 2 * floor < distance.beside["a Gaussian for each class"]
    assert share.value == pytest.approx(share.beside[f"ceiling (real {data})"], abs=5)


def test_sprites_that_are_copied_are_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    train, test = (PICTURES["sprites"].load(split) for split in ("train", "test"))

    class Giver(torch.nn.Module):
        def __init__(self, pictures: Tensor) -> None:
            super().__init__()
            self.pictures = pictures

        def sample(self, count: int) -> Tensor:
            return self.pictures[torch.randint(len(self.pictures), (count,))]

    few = dataclasses.replace(train, images=train.images[::20], labels=train.labels[::20])
    held_out = test.rows(torch.arange(0, 1000, 10))
    monkeypatch.setattr(sprites, "sprites", lambda split: {"train": few, "test": held_out}[split])
    monkeypatch.setattr(scoring, "SAMPLES", 200)
    # Two views of each sprite in place of twelve, for the time.
    mirrored = lambda pictures: torch.cat([pictures, pictures.flip(-1)])  # noqa: E731
    monkeypatch.setattr(scoring, "mirrored_and_recoloured", mirrored)
    copied = scoring.score_sprites(Giver(few.images.flip(-1)))
    drawn = scoring.score_sprites(Giver(test.images[5::10]))
    samples, real = (f"median distance of the {kind}" for kind in ("samples", "held-out sprites"))
    for distance, closer in (copied, drawn):
        assert distance.beside["independent pixels"] > distance.beside["floor (held-out sprites)"]
        assert closer.beside[real] > 1
        assert closer.beside["without copies"] == 1
    assert copied[1].value == 100 and copied[1].beside[samples] == 0
    assert drawn[1].value < 10
    assert drawn[1].beside[samples] == pytest.approx(drawn[1].beside[real], rel=0.1)


@pytest.mark.filterwarnings("ignore:FID on")  # 50 samples of a class, for the time
def test_a_generator_that_mixes_up_its_labels_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring, "SAMPLES", 500)
    digits = images.mnist()

    class Shifted(torch.nn.Module):
        """Real digits, but each 3 where an 8 was asked for."""

        def sample(self, count: int, labels: Tensor | None = None) -> Tensor:
            labels = torch.arange(count) % 10 if labels is None else labels
            labels = torch.where(labels == 8, 3, labels)
            return torch.stack([digits.images[400 * label + 7] for label in labels.tolist()])

    found = {score.name: score for score in scoring.score_conditional_gan(Shifted(), "digits")}
    assert found["class accuracy of samples"].value == pytest.approx(90, abs=0.1)
    assert found["class accuracy of samples"].beside["chance"] == 10
    assert found["share of the rarest class"].value == 0
    assert (
        found["FID of class 8"].value > 10 * found["FID of class 8"].beside["floor (real digits)"]
    )


def test_a_discriminator_of_labels_begins_blind_and_learns_to_see() -> None:
    torch.manual_seed(0)
    discriminator = RECIPES["gan-mnist-conditional"].opponents()[OPPONENT]
    x, labels = torch.rand(1, 1, 28, 28).expand(10, -1, -1, -1), torch.arange(10)
    assert torch.equal(discriminator(x, labels), discriminator(x, labels.flip(0)))
    (discriminator(x, labels) * labels).sum().backward()
    gradients = discriminator.embedding.weight.grad.abs().sum(1)
    assert (gradients[1:] > 0).all() and gradients[0] == 0


def test_one_class_alone_keeps_its_label() -> None:
    digits = images.mnist("held-out")
    threes = digits.only("3")
    assert len(threes) == 100
    assert threes.labels.unique().tolist() == [3]
    assert threes.name.endswith("3 alone")
    with pytest.raises(CourseError, match="no class 'cat'"):
        digits.only("cat")
