"""Loud labels or none at the start: the two cases differ in this alone."""

import math

import pytest
import torch

from aigc_lessons.errors import CourseError
from aigc_lessons.experiments import label_start as subject
from aigc_lessons.gan_training import GENERATOR, OPPONENT


@pytest.fixture(autouse=True)
def embedded(small_scores):
    small_scores(subject)


def test_only_the_judges_vectors_start_apart(monkeypatch):
    begun = {}

    def noted(generator, discriminator, *arguments, **named):
        begun[case] = {
            f"{player}.{name}": weight.clone()
            for player, network in ((GENERATOR, generator), (OPPONENT, discriminator))
            for name, weight in network.state_dict().items()
        }
        return compete(generator, discriminator, *arguments, **named)

    compete = subject.compete
    monkeypatch.setattr(subject, "compete", noted)
    for case in subject.STARTS:
        found = subject.measure(case, 0, steps=1)
        assert all(math.isfinite(value) for value in found.values())
        assert 0 <= found["class accuracy"] <= 100
    loud, silent = begun["N(0, 1)"], begun["zeros"]
    apart = {name for name in loud if not torch.equal(loud[name], silent[name])}
    assert apart == {f"{OPPONENT}.embedding.weight"}
    (vectors,) = apart
    assert (silent[vectors] == 0).all()
    assert loud[vectors].std().item() == pytest.approx(1, abs=0.02)


def test_an_unknown_start_is_named():
    with pytest.raises(CourseError, match=r"no case 'shouting'.*zeros"):
        subject.measure("shouting", 0)
