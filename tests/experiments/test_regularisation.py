"""The experiment of chapter 4: its data are apart, its model is a distribution, it does choose."""

import math
from dataclasses import replace

import pytest
import torch

from aigc_lessons.errors import CourseError
from aigc_lessons.experiments import ch04_regularisation as subject
from aigc_lessons.models.autoregressive.networks import MaskedMLP
from aigc_lessons.small_trainings import regularisation as study


@pytest.fixture
def short(monkeypatch):
    """Both tasks with 30 updates."""
    tasks = {name: replace(task, steps=30) for name, task in study.TASKS.items()}
    monkeypatch.setattr(subject, "TASKS", tasks)
    monkeypatch.setattr(study, "TASKS", tasks)


def test_the_masked_network_is_a_distribution():
    torch.manual_seed(0)
    pictures = torch.cartesian_prod(*[torch.tensor([0.0, 1.0])] * 8)
    model = MaskedMLP(pixels=8, width=20)
    log_p = -study.drawing_cost(model, pictures, pictures)
    assert log_p.exp().sum().item() == pytest.approx(1, abs=1e-5)
    drawn = model.sample(20_000, torch.Generator().manual_seed(0))
    cost = study.drawing_cost(model, drawn, drawn)
    entropy = -(log_p.exp() * log_p).sum().item()
    error = cost.std().item() / math.sqrt(len(cost))
    assert abs(cost.mean().item() - entropy) < 4 * error


def test_no_training_digit_is_a_validation_digit():
    check = set(study.data()[1][:1_000].tolist())
    for seed in (0, 1):
        rows = study.training_rows(seed, 300)
        assert len(set(rows.tolist())) == 300
        assert not check & set(rows.tolist())
    assert not torch.equal(study.training_rows(0, 300), study.training_rows(1, 300))


def test_a_case_repeats_and_another_seed_differs(short):
    first = subject.measure("classifier, nothing", 0)
    assert subject.measure("classifier, nothing", 0) == first
    assert subject.measure("classifier, nothing", 1)["held-out"] != first["held-out"]
    assert first["held-out"] < math.log(10)
    assert first["train"] < first["held-out"]
    assert first["accuracy"] > 0.5


def test_the_strength_is_the_one_that_validation_prefers(short):
    chosen = subject.measure("generator, dropout", 0)
    costs = {
        setting.dropout: study.train(study.TASKS["generator"], setting, 0)["validation"]
        for setting in study.METHODS["dropout"]
    }
    assert chosen["dropout"] == min(costs, key=costs.get)
    assert chosen["validation"] == min(costs.values())
    assert len(set(costs.values())) == len(costs)


def test_early_stopping_keeps_the_lowest_validation_cost(short, monkeypatch):
    values = iter([(5.0, 0.5), (3.0, 0.5), (4.0, 0.5)])
    held_out = iter([7.0, 8.0])

    def costs(task, model, images, labels):
        if len(images) == 1_000 and images is not study.data()[2].images:
            return next(values)
        return (next(held_out), 0.5) if len(images) == 1_000 else (1.0, 0.5)

    monkeypatch.setattr(study, "costs", costs)
    task = study.TASKS["classifier"]
    best = study.train(task, study.Setting(early=True), 0)
    assert (best["validation"], best["held-out"], best["step"]) == (3.0, 8.0, 20)


def test_an_unknown_case_is_named():
    with pytest.raises(CourseError, match="no case 'painter, nothing'"):
        subject.measure("painter, nothing", 0)
