"""Perceptrons beside convolutions: the terms that are said to be equal are."""

import math

import pytest
from torch import nn

from aigc_lessons.errors import CourseError
from aigc_lessons.experiments import ch10_perceptrons as subject


def test_each_pair_is_measured_and_a_seed_repeats(monkeypatch):
    mnist = subject.mnist
    monkeypatch.setattr(subject, "mnist", lambda split: mnist(split).rows(slice(0, None, 4)))
    monkeypatch.setattr(subject, "SAMPLES", 200)  # fewer of all pictures, for the time
    found = {case: subject.measure(case, 0, steps=2) for case in subject.CASES}
    for quantities in found.values():
        assert all(math.isfinite(value) for value in quantities.values())
        assert quantities["FID"] > 10 * quantities["FID, floor"] > 0
        assert 0 <= quantities["sure"] <= 100
        assert 95 < quantities["sure, real digits"] <= 100
    case, first = next(iter(found.items()))
    again, other = (subject.measure(case, seed, steps=2) for seed in (0, 1))
    assert first["FID"] == again["FID"] != other["FID"]
    tried = subject.measure(case, 0, subject.GRID[0], subject.TUNING, steps=2)
    assert tried["FID"] != first["FID"]
    assert tried["FID, floor"] != first["FID, floor"]


def test_the_rates_of_each_case_are_among_those_that_were_tried():
    assert len(set(subject.GRID)) == len(subject.GRID) == 15
    assert all(rates in subject.GRID for _, rates in subject.CASES.values())


def test_both_generators_are_normalised_and_no_discriminator_is():
    norms = (nn.BatchNorm1d, nn.BatchNorm2d)
    for case in subject.CASES:
        generator, discriminator = subject.players(case)
        assert any(isinstance(layer, norms) for layer in generator.modules())
        assert not any(isinstance(layer, norms) for layer in discriminator.modules())


def test_an_unknown_case_is_named():
    with pytest.raises(CourseError, match=r"no case 'fog'.*perceptrons"):
        subject.measure("fog", 0)
