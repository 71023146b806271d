"""The experiments of chapter 14: their splits, and what they measure, in small."""

import math
from collections.abc import Iterator

import pytest
import torch

from aigc_lessons.errors import CourseError
from aigc_lessons.experiments import ch14_memory as memory
from aigc_lessons.experiments import ch14_recall as recall
from aigc_lessons.models.gan.text import within


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    texts = [a + b + c for a in "bcdfgh" for b in "aei" for c in ("t", "n", "nt", "st")] * 2
    setting = memory.Setting(lambda: texts, 40, 10, 15, 30, 0.1)
    monkeypatch.setitem(memory.SETTINGS, "words", setting)
    memory.split.cache_clear()
    yield
    memory.split.cache_clear()


def test_no_text_stands_on_two_sides(small: None) -> None:
    learnt, validation, test = memory.split("words", 0)
    assert (len(learnt), len(validation), len(test)) == (40, 10, 15)
    assert len({*learnt, *validation, *test}) == 65
    assert memory.split("words", 1)[2] != test


@pytest.mark.parametrize("case", ["Kneser-Ney, words", "GRU, words", "LSTM, words"])
def test_every_model_learns_something(small: None, case: str) -> None:
    numbers = memory.measure(case, 0)
    assert 0 < numbers["nats per character"] < math.log(27)
    assert 0 < numbers["validation"] < math.log(27)


def test_the_cost_counts_each_symbol_once_and_nothing_after_the_end() -> None:
    torch.manual_seed(0)
    model = memory.RecurrentModel(27, "GRU", memory.WIDTH).eval()
    codes = torch.tensor([[3, 1, 0, 0, 0, 0], [4, 0, 0, 0, 0, 0]])
    nats = model.negative_log_likelihoods(codes)
    by_hand = (nats[0, :3].sum() + nats[1, :2].sum()) / 5
    assert within(codes).sum() == 5
    assert memory.cost(model, codes).item() == pytest.approx(by_hand.item(), abs=1e-5)


@pytest.mark.parametrize("case", recall.CASES)
def test_recalling_begins_near_chance(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recall, "UPDATES", 3)
    monkeypatch.setattr(recall, "LENGTH", 5)
    numbers = recall.measure(case, 0)
    assert numbers["largest"] == pytest.approx(math.log(8), abs=0.5)


def test_a_short_text_is_recalled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recall, "LENGTH", 2)
    assert recall.measure("GRU", 0)["nats"] < 0.1


@pytest.mark.parametrize("module", [memory, recall])
def test_an_unknown_case_is_named(module: object) -> None:
    with pytest.raises(CourseError, match="no case 'abacus'"):
        module.measure("abacus", 0)  # type: ignore[attr-defined]
