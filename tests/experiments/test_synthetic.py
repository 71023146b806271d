"""The experiment on synthetic digits: its few digits, its halves of batches, and its measure."""

import math

import pytest
import torch

from aigc_lessons.data.images import mnist
from aigc_lessons.errors import CourseError
from aigc_lessons.experiments import ch12_synthetic as synthetic
from aigc_lessons.models.gan.networks import Generator
from aigc_lessons.scoring import accuracy
from aigc_lessons.small_trainings.few_digits import draw_digits, train_classifier


@pytest.fixture(autouse=True)
def embedded_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The embedded digits stand for the official files, which not every machine has."""
    test = mnist("held-out").rows(torch.arange(0, 1000, 10))
    sets = {"train": mnist("train"), "held-out": mnist("held-out"), "test": test}
    monkeypatch.setattr(synthetic, "mnist", lambda split, full=False: sets[split])
    for cached in (synthetic.all_digits, synthetic.generator_of, synthetic.shipped_digits):
        cached.cache_clear()


def test_few_digits_have_as_many_of_each_class_and_more_hold_fewer() -> None:
    few, more = synthetic.few_digits(3, seed=1), synthetic.few_digits(5, seed=1)
    assert few.labels.bincount().tolist() == [3] * 10
    rows = {picture.numpy().tobytes() for picture in more.images}
    assert len(rows) == 50
    assert all(picture.numpy().tobytes() in rows for picture in few.images)
    assert not torch.equal(few.images, synthetic.few_digits(3, seed=2).images)


def test_drawn_digits_carry_the_labels_that_were_asked_for() -> None:
    class Stripes(Generator):
        def sample(self, count: int, labels: torch.Tensor | None = None) -> torch.Tensor:
            assert labels is not None
            return (labels / 10).view(-1, 1, 1, 1).expand(count, 1, 28, 28)

    drawn = draw_digits(Stripes(classes=10), each=60, seed=0)
    assert drawn.labels.bincount().tolist() == [60] * 10
    assert torch.equal((10 * drawn.images[:, 0, 0, 0]).round().long(), drawn.labels)


def test_a_classifier_learns_from_both_halves() -> None:
    digits = synthetic.few_digits(60, seed=0)
    first, last = digits.labels < 5, digits.labels >= 5

    one = train_classifier(digits.rows(first), None, False, seed=0, steps=60)
    both = train_classifier(digits.rows(first), digits.rows(last), False, seed=0, steps=60)
    assert accuracy(one, digits.rows(last)) == 0
    assert accuracy(both, digits.rows(last)) > 50
    assert accuracy(both, digits.rows(first)) > 50


def test_copies_are_found() -> None:
    digits = synthetic.few_digits(20, seed=0)
    assert synthetic.synthetic_quality(digits, digits)["close to a training digit"] == 100
    assert synthetic.synthetic_quality(digits, digits)["class accuracy"] > 95


def test_measure_reports_what_the_chapter_reads() -> None:
    tiny = {"gan_steps": 2, "classifier_steps": 2, "each": 20}
    for case in ("10 real", "10 shifted + shipped GAN", synthetic.ALONE):
        assert set(synthetic.measure(case, 0, **tiny)) == {"accuracy"}
    for case in ("10 real + GAN", "10 shifted + GAN"):
        found = synthetic.measure(case, 0, **tiny)
        assert set(found) == {"accuracy", "class accuracy", "close to a training digit"}
        assert all(math.isfinite(value) and 0 <= value <= 100 for value in found.values())
        assert found == synthetic.measure(case, 0, **tiny)


def test_every_case_names_its_digits_and_its_generator() -> None:
    assert len(synthetic.CASES) == 14
    case = synthetic.CASES["500 shifted + GAN"]
    assert (case.count, case.changed, case.generator, case.share) == (500, True, "few", 1)
    assert synthetic.CASES["10 real + shipped GAN"].generator == "shipped"


def test_gans_of_the_same_few_digits_are_trained_once_and_differ_by_their_digits() -> None:
    as_they_are = synthetic.generator_of(10, False, 0, 2)
    assert synthetic.generator_of(10, False, 0, 2) is as_they_are
    z, labels = torch.ones(10, as_they_are.latents), torch.arange(10)
    changed = synthetic.generator_of(10, True, 0, 2)
    assert not torch.equal(as_they_are(z, labels), changed(z, labels))


def test_digits_of_the_shipped_generator_are_changed_where_the_real_ones_are() -> None:
    plain, changed = (synthetic.shipped_digits(20, 0, changed) for changed in (False, True))
    same = (plain.images == changed.images).flatten(1).all(1).double().mean()
    assert torch.equal(plain.labels, changed.labels)
    assert 0.3 < same < 0.7


def test_an_unknown_case_is_named() -> None:
    with pytest.raises(CourseError, match=r"no case '11 real'.*500 shifted, twice the steps"):
        synthetic.measure("11 real", 0)
