"""Shares of classes: counted on photographs whose names are known."""

import pytest
import torch

from aigc_lessons.data.images import CIFAR, ImageSet
from aigc_lessons.errors import CourseError
from aigc_lessons.experiments import ch10_photographs as subject


def test_shares_are_those_of_known_names(monkeypatch: pytest.MonkeyPatch) -> None:
    labels = torch.tensor([0, 0, 0, 1, 1, 1, 1, 1, 2, 2])
    seen = torch.tensor([0, 0, 1, 1, 1, 1, 1, 0, 2, 3])  # seven of ten are right
    test = ImageSet(torch.zeros(10, 3, 32, 32), labels, CIFAR, "made", "none")
    monkeypatch.setattr(subject, "_photographs", lambda: (test, seen, 70.0))
    monkeypatch.setattr(subject, "_samples", lambda seed: torch.tensor([0, 1, 1, 1 + seed]))
    found = subject.measure("automobile", 0)
    assert found == pytest.approx(
        {"samples": 75, "real photographs": 50, "right": 80, "found": 80, "accuracy": 70}
    )
    assert subject.measure("automobile", 1)["samples"] == pytest.approx(50)


def test_an_unknown_class_is_named():
    with pytest.raises(CourseError, match=r"no class 'fog'.*airplane"):
        subject.measure("fog", 0)
