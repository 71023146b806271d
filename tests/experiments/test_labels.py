"""The experiment on labels: its groups, what a label saves, and its measure."""

import math

import pytest
import torch

from aigc_lessons.errors import CourseError
from aigc_lessons.experiments import ch02_labels as subject
from aigc_lessons.small_trainings import gaussian_mixtures as gaussian


def heaps() -> tuple[torch.Tensor, torch.Tensor]:
    """Ten classes far apart, twelve points in each, in two heaps."""
    labels = torch.arange(10).repeat_interleave(12)
    noise = 0.1 * torch.randn(120, 3, generator=torch.Generator().manual_seed(0))
    side = torch.tensor([0.0, 5.0]).repeat(60)[:, None] * torch.tensor([0.0, 1.0, 0.0])
    return 100 * labels[:, None] * torch.tensor([1.0, 0.0, 0.0]) + side + noise, labels


def test_groups_with_labels_stay_inside_a_digit() -> None:
    x, labels = heaps()
    groups = subject.groups_of(x, labels, 20, labelled=True, seed=0)
    assert sorted(groups.unique().tolist()) == list(range(20))
    assert all(len(labels[groups == j].unique()) == 1 for j in range(20))
    assert torch.equal(subject.groups_of(x, labels, 10, labelled=True, seed=0), labels)


def test_groups_without_labels_are_those_of_k_means() -> None:
    x, labels = heaps()
    groups = subject.groups_of(x, labels, 10, labelled=False, seed=1)
    assert torch.equal(groups, gaussian.k_means(x, 10, 1))


def test_a_label_saves_at_most_the_log_of_the_classes() -> None:
    labels = heaps()[1]
    alike = torch.zeros(6, 10)  # every group describes every picture equally well
    saved = subject.saved_by_labels(alike, labels, labels, torch.arange(6))
    assert saved["saved by the label"] == pytest.approx(0, abs=1e-5)
    certain = torch.full((10, 10), -1e4).fill_diagonal_(0.0)
    most = subject.saved_by_labels(certain, labels, labels, torch.arange(10))
    assert most["saved by the label"] == pytest.approx(math.log(10), abs=1e-5)
    wrong = subject.saved_by_labels(certain, labels, labels, torch.arange(10).roll(1))
    assert wrong["saved by the label"] < -9_000


def test_measure_reports_what_the_chapters_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "SAMPLES", 130)  # more than the features
    monkeypatch.setattr(subject, "PSEUDO_IMAGES", (30,))
    with_labels = subject.measure("10 groups, with labels", 0, training=500)
    without = subject.measure("10 groups, no labels", 0, training=500)
    assert set(with_labels) - set(without) == {"saved by the label", "saved by the label, median"}
    assert with_labels["groups"] == 10
    assert with_labels["saved by the label"] <= math.log(10) + 0.01
    assert all(math.isfinite(value) for value in with_labels.values())


def test_an_unknown_case_is_named() -> None:
    with pytest.raises(CourseError, match=r"no case '7 groups'.*100 groups, no labels"):
        subject.measure("7 groups", 0)
