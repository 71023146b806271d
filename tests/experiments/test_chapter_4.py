"""The further experiments of chapter 4: what is varied varies, and the distance is Jaccard's."""

from dataclasses import replace

import pytest
import torch

from aigc_lessons.errors import CourseError
from aigc_lessons.experiments import ch04_copies, ch04_longer, ch04_luck, ch04_strengths
from aigc_lessons.small_trainings import overfitting
from aigc_lessons.small_trainings.overfitting import Choice
from aigc_lessons.small_trainings.regularisation import TASKS, Setting


def test_nearest_is_jaccards_distance_and_names_the_nearest():
    pictures = torch.tensor([[1.0, 1, 0, 0], [0, 0, 0, 0], [0, 0, 1, 1]])
    others = torch.tensor([[1.0, 0, 0, 0], [0, 0, 1, 1], [1, 1, 1, 0]])
    distances, places = overfitting.nearest(pictures, others)
    assert distances.tolist() == pytest.approx([1 / 3, 1, 0])
    assert places[[0, 2]].tolist() == [2, 1]


def test_new_digits_are_apart_and_complete():
    new, rest = overfitting.held_out_parts()
    assert (len(new), len(rest)) == (300, 700)
    assert overfitting.training_digits(Choice()).shape == (300, 196)


def test_one_training_passes_through_all_its_steps():
    short, both = ({}, {})
    for steps, found in (((5,), short), ((2, 5), both)):
        for step, model in overfitting.train_generator(steps, Choice()):
            found[step] = overfitting.held_out_cost(model)
    assert short[5] == both[5] < both[2]


def test_each_choice_changes_the_run():
    def cost(choice: Choice) -> float:
        [(_, model)] = overfitting.train_generator((3,), choice)
        return overfitting.held_out_cost(model)

    costs = [cost(Choice(*seeds)) for seeds in ((0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1))]
    assert len(set(costs)) == 4
    assert ch04_luck.CASES["order"](7) == Choice(order=7)
    assert ch04_luck.CASES["all of them"](7) == Choice(7, 7, 7)


def test_a_strength_reaches_its_method():
    made = {name: make(0.5) for name, make in ch04_strengths.SETTINGS.items()}
    assert made["dropout"] == Setting(dropout=0.5)
    assert made["weight decay"] == Setting(decay=0.5)
    assert made["L2 in the loss"] == Setting(penalty=0.5)
    assert {case.partition(", ")[0] for case in ch04_strengths.EXPERIMENT.cases} == {
        "classifier",
        "generator",
    }


def test_ten_times_the_updates_are_made_and_early_stopping_keeps_the_best(monkeypatch):
    short = {name: replace(task, steps=2) for name, task in TASKS.items()}
    monkeypatch.setattr(ch04_longer, "TASKS", short)
    assert ch04_longer.measure("generator, weight decay 0.7", 0)["step"] == 20
    stopped = ch04_longer.measure("classifier, dropout 0.9, early stopping", 0)
    assert stopped["step"] in (10, 20)
    assert stopped["validation"] <= ch04_longer.measure("classifier, dropout 0.9", 0)["validation"]


def test_real_digits_are_as_near_to_both():
    row = ch04_copies.measure("real digits", 0)
    assert abs(row["to new"] - row["to training"]) < 0.03


@pytest.mark.parametrize("subject", [ch04_copies, ch04_longer, ch04_luck, ch04_strengths])
def test_an_unknown_case_is_an_error_that_lists_the_cases(subject):
    with pytest.raises(CourseError, match="There are"):
        subject.measure("nothing of the kind", 0)
