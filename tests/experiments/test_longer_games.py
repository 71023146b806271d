"""The experiment of chapter 9: it plays the game that it says, and a case is checked."""

import pytest
import torch

from aigc_lessons.errors import CourseError
from aigc_lessons.experiments import ch09_longer_games as subject


def test_a_short_game_is_measured(monkeypatch):
    monkeypatch.setattr(subject, "ROUNDS", 5)
    found = subject.measure("grid, 10,000 rounds", 0)
    assert 0 <= found["good, %"] <= 100
    assert 0 <= found["modes"] <= 25
    assert found["discriminator's loss, nats"] == pytest.approx(1.386, abs=0.3)
    found = subject.measure("rings, linear discriminator, 10,000 rounds", 0)
    assert 0 <= found["good, %"] <= 100
    assert found["distance of the mean"] > 0
    with pytest.raises(CourseError, match="There are: grid"):
        subject.measure("rings, 10,000 rounds", 0)


def test_both_players_learn():
    torch.manual_seed(0)
    before = subject.make_generator().state_dict()
    generator, losses = subject.play(False, 3, 0)
    assert len(losses) == 3
    assert any(not before[key].equal(value) for key, value in generator.state_dict().items())
