"""The two-minute GAN: a short training leaves its scores and nothing else."""

import math
from pathlib import Path

import pytest

from aigc_lessons import scoring
from aigc_lessons.data import images
from aigc_lessons.data.images import ImageSet
from aigc_lessons.errors import CourseError
from aigc_lessons.experiments import ch10_two_minutes as two_minutes


def test_a_short_training_is_scored(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    mnist = images.mnist

    def embedded(split: str = "train", full: bool = False) -> ImageSet:
        return mnist("held-out" if split == "test" else split)

    monkeypatch.setattr(images, "mnist", embedded)
    monkeypatch.setattr(scoring, "SAMPLES", 500)
    monkeypatch.chdir(tmp_path)
    found = two_minutes.measure("gan-mnist-short", seed=1, steps=5)
    assert found["steps"] == 5
    assert found["FID of 5,000 samples on digit-features"] > 10 * found["floor (real digits)"] > 0
    assert all(math.isfinite(value) for value in found.values())
    assert not list(tmp_path.iterdir())


def test_an_unknown_case_is_refused() -> None:
    with pytest.raises(CourseError, match="no case 'gan-mnist'"):
        two_minutes.measure("gan-mnist", seed=0)
