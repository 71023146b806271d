"""The games of points of chapter 11, and the experiment that tries cures for their collapse."""

import math
from dataclasses import replace

import pytest
import torch

from aigc_lessons.errors import CourseError
from aigc_lessons.experiments import ch11_collapse as subject
from aigc_lessons.models.gan.update import Rules
from aigc_lessons.small_trainings.collapse_games import COLLAPSED
from aigc_lessons.small_trainings.point_games import Linear, Players, draw, play_points, ring

PLAIN = Rules("non-saturating")
CRITIC = Rules("wasserstein", penalty="one-centred", weight=1.0, rounds=2)


@pytest.fixture(autouse=True)
def forget():
    for remembered in (subject.trials, subject.games):
        remembered.cache_clear()
    yield
    for remembered in (subject.trials, subject.games):
        remembered.cache_clear()


def last(rules=PLAIN, players=None, seeds=(0, 1), rounds=3):
    *_, look = play_points(ring(), rules, players or Players(), seeds, rounds, 1)
    return look


def test_a_ring_has_its_modes_at_equal_distances():
    means = ring(modes=6, radius=3.0).means
    assert means.norm(dim=1).tolist() == pytest.approx([3.0] * 6)
    assert torch.cdist(means, means.roll(1, 0)).diagonal().tolist() == pytest.approx([3.0] * 6)


@pytest.mark.parametrize("rules", [PLAIN, CRITIC, Rules("relativistic", "R1 + R2", 0.1)])
def test_games_played_together_do_not_know_of_each_other(rules):
    pair, other = last(rules), last(rules, seeds=(0, 7))
    first, changed = draw(pair.generator, 50), draw(other.generator, 50)
    torch.testing.assert_close(first[0], changed[0])
    assert not torch.allclose(first[1], changed[1])
    torch.testing.assert_close(pair.losses[0], other.losses[0])


def test_layers_begin_as_those_of_pytorch_and_apply_game_by_game():
    layer = Linear([torch.Generator().manual_seed(seed) for seed in (0, 1)], 64, 50)
    for values in (layer.weight, layer.bias):
        assert values.abs().max().item() == pytest.approx(1 / 8, rel=0.1)
        assert values.mean().item() == pytest.approx(0, abs=0.02)
    x = torch.randn(2, 5, 64)
    expected = [x[game] @ layer.weight[game] + layer.bias[game] for game in (0, 1)]
    torch.testing.assert_close(layer(x), torch.stack(expected))


def test_a_spectral_layer_stretches_nothing_by_more_than_one():
    layer = Linear([torch.Generator().manual_seed(seed) for seed in (0, 1)], 20, 30, spectral=True)
    for _ in range(300):
        layer(torch.zeros(2, 1, 20))
    basis = torch.eye(20).expand(2, -1, -1)
    norms = torch.linalg.svdvals(layer(basis) - layer.bias)[:, 0]
    assert norms.tolist() == pytest.approx([1.0, 1.0], abs=1e-3)


def test_the_average_copies_the_first_round_and_then_lags():
    _, look = play_points(ring(), PLAIN, Players(), (0,), 2, 1)
    live, average = draw(look.generator, 20), draw(look.average, 20)
    assert not torch.equal(live, average)
    look = last(seeds=(0,), rounds=1)
    assert torch.equal(draw(look.generator, 20), draw(look.average, 20))


def test_a_faster_discriminator_and_more_of_its_steps_change_the_game():
    base = draw(last().generator, 20)
    for other in (
        last(players=Players(rates=(1e-3, 3e-3))),
        last(players=Players(momentum=0.0)),
        last(players=Players(spectral=True)),
        last(replace(PLAIN, rounds=2)),
    ):
        assert not torch.allclose(base, draw(other.generator, 20))


def test_a_case_reports_what_the_chapter_reads_and_repeats():
    first = subject.measure("no momentum", 0, rounds=20, trial_rounds=20)
    subject.games.cache_clear()
    again = subject.measure("no momentum", 0, rounds=20, trial_rounds=20)
    assert all(math.isfinite(value) for value in first.values())
    assert {f"modes at {look}" for look in range(1, 21)} <= set(first)
    late = [first[f"modes at {look}"] for look in range(16, 21)]
    assert first["modes, live"] == pytest.approx(sum(late) / 5)
    assert first["collapsed"] == (first["modes at 20"] <= COLLAPSED)
    assert len([name for name in first if name.startswith("trial")]) == 6
    del first["seconds"], again["seconds"]
    assert first == again


def test_every_row_gets_the_same_trials_and_the_best_one_plays(monkeypatch):
    played = []

    def play(method, setting, seeds, rounds):
        played.append((setting, seeds))
        modes = 5.0 if setting.rate == 2e-3 and setting.weight == max(method.weights) else 1.0
        return [{"modes, live": modes, "good share, live": 0.5} for _ in seeds]

    monkeypatch.setattr(subject, "play", play)
    for case, method in subject.METHODS.items():
        played.clear()
        found = subject.measure(case, 3)
        assert [seeds for _, seeds in played[:-1]] == [subject.TRIAL_SEEDS] * 6
        assert played[-1] == (subject.Setting(2e-3, max(method.weights)), subject.SEEDS)
        assert (found["rate"], found["weight"]) == (2e-3, max(method.weights))
    assert not set(subject.TRIAL_SEEDS) & set(subject.SEEDS)


def test_an_unknown_method_is_named():
    with pytest.raises(CourseError, match=r"no method 'prayer'.*nothing"):
        subject.measure("prayer", 0)
