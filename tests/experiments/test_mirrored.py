"""The experiment on mirrored copies: its share, its choice and its measure."""

import pytest
import torch

from aigc_lessons.data.images import mnist
from aigc_lessons.errors import CourseError
from aigc_lessons.experiments import ch02_mirrored as subject
from aigc_lessons.small_trainings import gaussian_mixtures as gaussian


def test_share_mirrored_counts_mirrored_digits() -> None:
    upright = mnist("held-out").images[::10]
    faint = 0.01 * torch.rand(upright.shape, generator=torch.Generator().manual_seed(0))
    mixed = torch.cat([upright[:30], upright[30:40].flip(-1)]) + faint[:40]
    assert subject.share_mirrored(mixed, upright) == 0.25


def test_training_chooses_by_the_validation_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "GROUPS", 2)
    monkeypatch.setattr(subject, "PSEUDO_IMAGES", (1, 30))
    monkeypatch.setattr(subject, "RESOLUTIONS", (4,))
    few, validation = mnist("tuning").images[::30], mnist("validation").images[::10]
    chosen = subject.train(few, validation, seed=0)
    x = gaussian.dequantise(few, 0)
    target, groups = gaussian.target_covariance(x, 4), gaussian.k_means(x, 2, 0)
    careful = gaussian.fit(x, groups, target, 30)  # a hundred digits: one pseudo-image is too few
    assert torch.equal(chosen.factors, careful.factors)


def test_measure_reports_what_the_chapter_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("GROUPS", 2), ("PSEUDO_IMAGES", (30,)), ("RESOLUTIONS", (4,))):
        monkeypatch.setattr(subject, name, value)
    found = {copies: subject.measure(f"1000 digits, {copies}", 0) for copies in subject.COPIES}
    plain, mirrored = found["as they are"], found["mirrored"]
    assert mirrored["in the mirror"] < plain["in the mirror"]
    assert mirrored["samples mirrored"] > 30 > plain["samples mirrored"]
    assert plain["real digits mirrored"] == mirrored["real digits mirrored"]


def test_an_unknown_case_is_named() -> None:
    with pytest.raises(CourseError, match=r"no case 'upside down'.*1000 digits, mirrored"):
        subject.measure("upside down", 0)
