"""The experiment that asks what a stronger penalty does to the game that collapses (chapter 11)."""

import pytest

from aigc_lessons.errors import CourseError
from aigc_lessons.experiments import ch11_friction as subject
from aigc_lessons.experiments.ch11_collapse import METHODS, ROUNDS, SEEDS


def test_each_case_differs_from_a_row_of_the_first_table_in_what_its_name_says():
    faulty = METHODS["nothing"]
    assert (subject.ROUNDS, subject.SEEDS) == (ROUNDS, SEEDS)
    for case, (method, weight) in subject.CASES.items():
        assert (weight > 0) == ("R1 + R2" in case)
        assert (method.momentum != faulty.momentum) == ("no momentum" in case)
        assert (method.ratio != faulty.ratio) == ("equal rates" in case)


def test_a_case_plays_its_own_game_with_its_own_weight(monkeypatch):
    played = []

    def play(method, setting, seeds, rounds):
        played.append((method, setting.rate, setting.weight, seeds, rounds))
        return [{"modes, live": float(seed)} for seed in seeds]

    monkeypatch.setattr(subject, "play", play)
    subject.games.cache_clear()
    for case, (method, weight) in subject.CASES.items():
        assert subject.measure(case, 3, rounds=7) == {"modes, live": 3.0}
        assert played.pop() == (method, subject.RATE, weight, SEEDS, 7)
    subject.games.cache_clear()


def test_an_unknown_case_is_named():
    with pytest.raises(CourseError, match=r"no case 'prayer'.*both faults"):
        subject.measure("prayer", 0)
