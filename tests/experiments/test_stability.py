"""The experiment of chapter 11: every method plays, its rates are apart, a failure is a row."""

import math

import pytest
import torch
from torch import nn

from aigc_lessons.data.images import mnist
from aigc_lessons.errors import CourseError
from aigc_lessons.experiments import ch11_stability as subject
from aigc_lessons.models.gan.networks import Generator
from aigc_lessons.models.gan.update import GENERATOR, OPPONENT


@pytest.fixture(autouse=True)
def embedded(small_scores, monkeypatch):
    small_scores(subject)
    monkeypatch.setattr(subject, "TRIAL_SAMPLES", 500)
    monkeypatch.setattr(subject, "CHANNELS", 4)
    monkeypatch.setattr(subject, "BATCH_SIZE", 8)
    trials = subject.trials  # a test may replace it
    trials.cache_clear()
    yield
    trials.cache_clear()


def play(case, rate, steps):
    return subject.train(subject.METHODS[case], mnist("held-out"), rate, 0, steps)


def test_the_trials_see_no_digit_of_the_table(monkeypatch):
    asked = []
    monkeypatch.setattr(subject, "mnist", lambda split, full: asked.append(split) or mnist(split))
    subject.trials("hinge", 1)
    assert asked == ["tuning", "validation"]


@pytest.mark.parametrize("case", subject.METHODS)
def test_every_method_plays(case):
    torch.manual_seed(0)
    start = Generator(channels=subject.CHANNELS).state_dict()
    run = play(case, 1e-3, steps=2)
    end = run.models[GENERATOR].state_dict()
    assert all(value.isfinite().all() for value in end.values())
    assert any(not torch.equal(start[name], end[name]) for name in start)


def test_a_case_reports_what_the_chapter_reads_and_repeats_and_another_seed_differs():
    first, again, other = (subject.measure("R1", seed, 2, 1) for seed in (0, 0, 1))
    assert all(math.isfinite(value) for value in first.values())
    assert first["failed"] == 0
    for weights in ("live", "averaged"):
        shares = [first[f"share of {digit}, {weights}"] for digit in range(10)]
        assert sum(shares) == pytest.approx(100)
        assert min(shares) == first[f"rarest class, {weights}"]
        assert first[f"modes covered, {weights}"] == sum(share >= 1 for share in shares)
        assert first[f"FID, {weights}"] > 0
    del first["seconds"], again["seconds"]
    assert first == again
    assert first["FID, live"] != other["FID, live"]


def test_two_time_scales_are_two_rates_and_the_trial_decides_between_rates(monkeypatch):
    run = play("two time scales", 1e-3, steps=1)
    rates = [run.optimizers[name].param_groups[0]["lr"] for name in (GENERATOR, OPPONENT)]
    assert rates == pytest.approx([1e-3, 4e-3])
    monkeypatch.setattr(subject, "trials", lambda case, steps: {1e-3: 7.0, 3e-3: 5.0})
    assert subject.measure("hinge", 0, steps=1)["learning rate"] == 3e-3


def test_clipping_and_spectral_norm_bind_the_discriminator():
    clipped = play("Wasserstein, clipping", 3e-3, steps=3)
    assert max(weight.abs().max() for weight in clipped.models[OPPONENT].parameters()) <= 0.01
    normed = play("hinge, spectral norm", 1e-3, steps=3)
    for layer in normed.models[OPPONENT].eval().modules():
        if isinstance(layer, nn.Linear | nn.Conv2d):
            norm = torch.linalg.svdvals(layer.weight.flatten(1))[0]
            assert norm.item() == pytest.approx(1, abs=0.2)


def test_a_run_that_fails_is_a_row(monkeypatch):
    def fail(*arguments):
        raise CourseError("Step 1: the loss 'generator' is nan.")

    monkeypatch.setattr(subject, "train", fail)
    quantities = subject.measure("hinge", 0)
    assert quantities["failed"] == 1
    assert "FID, live" not in quantities


def test_an_unknown_method_is_named():
    with pytest.raises(CourseError, match=r"no method 'prayer'.*hinge"):
        subject.measure("prayer", 0)
