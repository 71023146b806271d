"""The update of a GAN: penalties against their formulas, turns, labels, mistakes."""

from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from aigc_lessons.errors import CourseError
from aigc_lessons.models.gan.networks import (
    Discriminator,
    Generator,
    MLPDiscriminator,
    MLPGenerator,
)
from aigc_lessons.models.gan.update import OPPONENT, PENALTIES, Rules, play
from aigc_lessons.train.run import Run


class Linear(nn.Module):
    """A critic whose gradient is the same everywhere: (3, 4), of length 5."""

    def forward(self, x: Tensor) -> Tensor:
        return x @ x.new_tensor([3.0, 4.0])


@pytest.mark.parametrize(
    ("name", "expected"), [("R1", 12.5), ("R1 + R2", 25.0), ("one-centred", 16.0)]
)
def test_penalties_of_a_linear_critic(name: str, expected: float) -> None:
    real, fake = torch.randn(2, 6, 2)
    penalty = PENALTIES[name](Linear(), real, fake)
    assert torch.allclose(penalty, torch.full((6,), expected), atol=1e-4)


def test_r1_looks_at_real_examples_and_r2_at_generated_ones() -> None:
    def critic(x: Tensor) -> Tensor:  # with the gradient 2 x
        return x.square().sum(1)

    real, fake = torch.ones(4, 2), torch.full((4, 2), 3.0)
    assert torch.allclose(PENALTIES["R1"](critic, real, fake), torch.tensor(4.0))
    assert torch.allclose(PENALTIES["R1 + R2"](critic, real, fake), torch.tensor(40.0))


def test_the_penalty_comes_in_turn() -> None:
    losses = _updates(_points(), Rules("hinge", penalty="R1", weight=2.0, every=3), 4)
    assert ["penalty" in step for step in losses] == [True, False, False, True]


def test_a_rare_penalty_counts_as_often_as_it_is_left_out() -> None:
    pulls = {}  # of the penalty on one layer: plain descent shows its factor
    for every in (1, 4):
        moved = [_moved(Rules("hinge", "R1", weight, every)) for weight in (0.0, 2.0)]
        pulls[every] = moved[1] - moved[0]
    assert torch.allclose(pulls[4], 4 * pulls[1], rtol=1e-3, atol=1e-5)
    assert pulls[1].abs().max() > 1e-4


def test_the_generator_steps_once_in_several_rounds() -> None:
    run = _points()
    before = _weights(run, "g")
    losses = _updates(run, Rules("wasserstein", rounds=3), 2)
    assert torch.equal(_weights(run, "g"), before)
    losses += _updates(run, Rules("wasserstein", rounds=3), 1)
    assert not torch.equal(_weights(run, "g"), before)
    assert ["generator" in step for step in losses] == [False, False, True]


@pytest.mark.parametrize("penalty", list(PENALTIES))
def test_labels_reach_both_players(penalty: str) -> None:
    torch.manual_seed(0)
    shape = (1, 8, 8)
    models = {
        "g": Generator(latents=4, channels=4, shape=shape, classes=3),
        OPPONENT: Discriminator(channels=4, shape=shape, classes=3),
    }
    run = Run(models, {name: torch.optim.AdamW(m.parameters()) for name, m in models.items()})
    before = {name: run.models[name].embedding.weight.detach().clone() for name in models}
    batch = torch.rand(6, *shape), torch.tensor([0, 0, 0, 2, 2, 2])
    rules = Rules("relativistic", penalty=penalty, weight=1.0)
    for _ in run.fit(partial(play, run, "g", rules), lambda step: batch, 1):
        pass
    for name, embedding in before.items():
        moved = (run.models[name].embedding.weight - embedding).abs().amax(1)
        # Weight decay shrinks all rows a little; the classes that were seen move far more.
        assert moved[[0, 2]].min() > 5 * moved[1], name


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"game": "chess"}, "chess"),
        ({"game": "hinge", "penalty": "R3"}, "R3"),
        ({"game": "hinge", "weight": -1.0}, "-1.0"),
        ({"game": "hinge", "every": 0}, "0"),
        ({"game": "hinge", "rounds": 0}, "rounds"),
    ],
)
def test_impossible_rules_are_refused(settings: dict[str, Any], named: str) -> None:
    with pytest.raises(CourseError, match=named):
        Rules(**settings)


def _points() -> Run:
    torch.manual_seed(0)
    models = {"g": MLPGenerator(width=8, blocks=1), OPPONENT: MLPDiscriminator(width=8, blocks=1)}
    return Run(models, {name: torch.optim.AdamW(m.parameters()) for name, m in models.items()})


def _moved(rules: Rules) -> Tensor:
    """How far one step of plain descent moves the last layer of the discriminator."""
    torch.manual_seed(0)
    models = {"g": MLPGenerator(width=8, blocks=1), OPPONENT: MLPDiscriminator(width=8, blocks=1)}
    run = Run(models, {name: torch.optim.SGD(m.parameters(), lr=0.1) for name, m in models.items()})
    weight = models[OPPONENT].body.output.weight
    before = weight.detach().clone()
    _updates(run, rules, 1)
    return weight.detach() - before


def _updates(run: Run, rules: Rules, count: int) -> list[dict[str, float]]:
    batches = torch.Generator().manual_seed(0)
    real = torch.randn(16, 2, generator=batches)
    steps = run.fit(partial(play, run, "g", rules), lambda step: real, run.step + count)
    return [step.losses for step in steps]


def _weights(run: Run, name: str) -> Tensor:
    return torch.cat([weight.detach().flatten() for weight in run.models[name].parameters()])
