"""The augmentation experiment: its changes, its early stopping and its measure."""

import pytest
import torch
from scipy.ndimage import rotate
from torch import nn

from aigc_lessons.data import augmentation
from aigc_lessons.data.images import mnist
from aigc_lessons.errors import CourseError
from aigc_lessons.experiments import ch02_augmentation as subject
from aigc_lessons.small_trainings.few_digits import train_keeping_best
from aigc_lessons.train.batches import Batches


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_shift_moves_whole_pixels_and_loses_no_ink_inside() -> None:
    dots = torch.zeros(200, 1, 28, 28)
    dots[:, 0, 10, 14] = 1
    moved = augmentation.shift(dots, seeded())
    assert (moved.sum((1, 2, 3)) == 1).all()
    places = moved[:, 0].nonzero()[:, 1:] - torch.tensor([10, 14])
    assert set(places.flatten().tolist()) == {-2, -1, 0, 1, 2}


def test_turn_agrees_with_scipy() -> None:
    picture = mnist("held-out").images[205:206]
    angle = (2 * torch.rand(1, generator=seeded(3)) - 1).item() * augmentation.DEGREES
    ours = augmentation.turn(picture, seeded(3))[0, 0]
    assert abs(angle) > 1
    error = {
        sign: (ours - torch.from_numpy(rotate(picture[0, 0].numpy(), sign * angle, reshape=False,
                                              order=1))).abs().max()
        for sign in (-1, 1)
    }  # fmt: skip
    assert error[1] < 1e-3 < error[-1]


def test_flip_is_its_own_inverse() -> None:
    pictures = mnist("held-out").images[:5]
    once = augmentation.flip(pictures, seeded())
    assert not torch.equal(once, pictures)
    assert torch.equal(once[..., 0], pictures[..., 27])
    assert torch.equal(augmentation.flip(once, seeded()), pictures)


def test_sometimes_changes_half_of_the_pictures_and_leaves_the_others() -> None:
    pictures = torch.zeros(4000, 1, 1, 1)
    changed = augmentation.sometimes(lambda batch, generator: batch + 1, pictures, seeded())
    assert set(changed.unique().tolist()) == {0.0, 1.0}
    assert abs(changed.mean().item() - 0.5) < 4 * 0.5 / 4000**0.5


def test_training_ends_where_validation_was_lowest() -> None:
    model = nn.Linear(1, 1, bias=False)
    nn.init.zeros_(model.weight)
    seen: list[float] = []

    def validation() -> torch.Tensor:
        seen.append(model.weight.item())
        return (model.weight - 0.0105).square().sum()  # passed on the way down to the loss's 1

    batches = Batches(torch.ones(4, 1), batch_size=4)
    train_keeping_best(model, lambda x: (model(x) - 1).square().mean(), batches, validation, 40)
    best = min(seen, key=lambda weight: abs(weight - 0.0105))
    assert model.weight.item() == best
    assert seen[-1] > 2 * best


def test_measure_reports_what_the_chapter_reads() -> None:
    quantities = subject.measure("flipped", 0, classifier_steps=2, vae_steps=2)
    by_digit = [quantities[f"error on {digit}"] for digit in range(10)]
    assert quantities["error"] == pytest.approx(sum(by_digit) / 10)  # 100 digits of each class
    assert quantities["negative bound"] < quantities["negative ELBO"]
    assert quantities == subject.measure("flipped", 0, classifier_steps=2, vae_steps=2)


def test_an_unknown_change_is_named() -> None:
    with pytest.raises(CourseError, match=r"no change 'cropped'.*flipped"):
        subject.measure("cropped", 0)
