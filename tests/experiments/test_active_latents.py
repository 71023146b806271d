"""The experiment of chapter 6: its losses are those of the text, and a case is checked."""

import math

import pytest
import torch

from aigc_lessons.errors import CourseError
from aigc_lessons.experiments import ch06_active_latents as subject


def test_the_losses_are_those_of_the_chapter():
    terms = subject.Terms(torch.tensor([30.0, 50.0]), torch.tensor([2.0, 4.0]))
    assert subject.mean_loss("averaged", terms).item() == pytest.approx(40 / 784 + 3 / 16)
    assert subject.mean_loss("variance 0.1", terms).item() == pytest.approx(40 / 0.2 + 3)
    best = min(
        392 * math.log(variance) + 40 / (2 * variance) - 392 + 3
        for variance in torch.linspace(0.02, 0.2, 18_001).tolist()
    )
    learnt = subject.mean_loss("variance learnt", terms).item()
    assert learnt == pytest.approx(best, abs=1e-3)


def test_a_short_training_is_measured(monkeypatch):
    monkeypatch.setattr(subject, "train", lambda name, steps, seed: subject.Perceptrons())
    found = subject.measure("variance 1, 250 steps", 0)
    assert 0 <= found["active latents"] <= 16
    assert found["its root"] ** 2 == pytest.approx(found["squared error of a pixel"])
    with pytest.raises(CourseError, match="There are: averaged"):
        subject.measure("variance 2, 250 steps", 0)


def test_training_lowers_the_error():
    torch.manual_seed(0)
    x = torch.rand(20, 1, 28, 28)
    fresh, trained = subject.Perceptrons(), subject.train("variance 0.1", 10, 0)
    with torch.no_grad():
        assert trained(x).error.shape == (20,)
        digits = subject.mnist("held-out").images
        assert trained(digits).error.mean() < fresh(digits).error.mean()
