"""Label vectors that begin large or at zero: the two cases differ in this alone."""

import math

import pytest
import torch

from aigc_lessons.errors import CourseError
from aigc_lessons.experiments import ch12_label_start as subject
from aigc_lessons.models.gan.update import GENERATOR, OPPONENT


@pytest.fixture(autouse=True)
def embedded(small_scores):
    small_scores(subject)


def test_only_the_vectors_of_the_discriminator_start_apart(monkeypatch):
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
    random, zeros = begun["N(0, 1)"], begun["zeros"]
    apart = {name for name in random if not torch.equal(random[name], zeros[name])}
    assert apart == {f"{OPPONENT}.embedding.weight"}
    (vectors,) = apart
    assert (zeros[vectors] == 0).all()
    assert random[vectors].std().item() == pytest.approx(1, abs=0.02)


def test_an_unknown_start_is_named():
    with pytest.raises(CourseError, match=r"no case 'shouting'.*zeros"):
        subject.measure("shouting", 0)
