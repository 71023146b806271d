"""May generated examples copy the labels of the real batch, if the discriminator sees none?

The games of chapter 12, longer: five clouds of points, eight games at once, a generator with labels
against a discriminator without. Labels drawn apart from the real ones leave the generator at chance
on average, a fifth. Copied ones tell how often each class occurs in the batch, the more unevenly
the smaller the batch is.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot, softplus

from aigc_lessons.errors import CourseError
from aigc_lessons.experiments import Experiment
from aigc_lessons.small_trainings.point_games import Linear

GAMES, CLOUDS, WIDTH = 8, 5, 48
STEPS, RATE, EVERY, HALF_GAMMA = 2_000, 3e-3, 4, 0.05
CASES = {
    f"batches of {count}, labels {way}": (count, way == "copied")
    for count in (8, 64)
    for way in ("drawn anew", "copied")
}


def perceptron(
    sources: list[torch.Generator], inputs: int, bend: nn.Module, outputs: int
) -> nn.Module:
    """Two hidden layers for each game."""
    hidden = Linear(sources, inputs, WIDTH), bend, Linear(sources, WIDTH, WIDTH), bend
    return nn.Sequential(*hidden, Linear(sources, WIDTH, outputs))


class PointGenerator(nn.Module):
    """z and one-hot labels to points, (games, N, 2)."""

    def __init__(self, sources: list[torch.Generator]) -> None:
        super().__init__()
        self.embedding = Linear(sources, CLOUDS, 2)
        self.body = perceptron(sources, 4, nn.ReLU(), 2)

    def forward(self, z: Tensor, labels: Tensor) -> Tensor:
        """The embedding of the label stands beside z."""
        points: Tensor = 2 * self.body(torch.cat([z, 2 * self.embedding(labels)], -1))
        return points


def centres() -> Tensor:
    """Return the middles of the clouds, (CLOUDS, 2)."""
    turn = 2 * math.pi * torch.arange(CLOUDS) / CLOUDS
    return 2 * torch.stack([turn.cos(), turn.sin()], 1)


def play(count: int, copied: bool, seed: int, steps: int) -> PointGenerator:
    """Let fresh players play eight games with batches of ``count``; return the generators."""
    torch.manual_seed(seed)
    sources = [torch.Generator().manual_seed(GAMES * seed + game) for game in range(GAMES)]
    generator = PointGenerator(sources)
    discriminator = perceptron(sources, 2, nn.LeakyReLU(0.2), 1)
    optimizers = [
        torch.optim.Adam(player.parameters(), RATE, (0.0, 0.99), fused=True)
        for player in (generator, discriminator)
    ]
    clouds = centres()
    for step in range(steps):
        labels, anew = torch.randint(CLOUDS, (2, GAMES, count))
        real = clouds[labels] + 0.35 * torch.randn(GAMES, count, 2)
        real.requires_grad_(step % EVERY == 0)
        wanted = one_hot(labels if copied else anew, CLOUDS).float()
        fake = generator(torch.randn(GAMES, count, 2), wanted)
        logits = discriminator(real)[..., 0]
        loss = (softplus(-logits) + softplus(discriminator(fake.detach())[..., 0])).mean(1).sum()
        if real.requires_grad:  # R1, as often as its weight is larger
            (gradient,) = torch.autograd.grad(logits.sum(), real, create_graph=True)
            loss = loss + EVERY * HALF_GAMMA * gradient.square().sum(-1).mean(1).sum()
        for optimizer in optimizers:
            optimizer.param_groups[0]["lr"] = RATE * (1 - step / steps)
        _descend(optimizers[1], loss)
        _descend(optimizers[0], softplus(-discriminator(fake)).mean((1, 2)).sum())
    return generator


def _descend(optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def measure(case: str, seed: int, steps: int = STEPS) -> dict[str, float]:
    """Play eight games of one case with one seed, which draws weights, points and labels.

    Returns:
        "as ordered": the share of points that lie nearest to the cloud of their label, in per cent,
        over all eight games. Chance is 20.

    Raises:
        CourseError: there is no such case.
    """
    if case not in CASES:
        raise CourseError(f"There is no case {case!r}. There are: {', '.join(CASES)}.")
    generator = play(*CASES[case], seed, steps)
    ordered = torch.arange(CLOUDS).repeat_interleave(200).expand(GAMES, -1)
    with torch.no_grad():
        points = generator(torch.randn(*ordered.shape, 2), one_hot(ordered, CLOUDS).float())
    nearest = torch.cdist(points, centres()).argmin(-1)
    return {"as ordered": 100 * (nearest == ordered).double().mean().item()}


EXPERIMENT = Experiment(
    summary="whether copied labels reach a generator through a discriminator that sees none",
    cases=tuple(CASES),
    seeds=(0, 1, 2, 3, 4, 5),
    measure=measure,
)
