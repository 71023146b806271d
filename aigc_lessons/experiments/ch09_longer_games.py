"""Two games of chapter 9, ten times as long as the chapter plays: the grid, and a blind opponent.

Players, losses and rates are those of the chapter; nothing is chosen by these numbers.
"""

import torch
from torch import Tensor, nn

from aigc_lessons.data import toy
from aigc_lessons.errors import CourseError
from aigc_lessons.experiments import Experiment
from aigc_lessons.metrics.toy import component_coverage
from aigc_lessons.models.gan import objectives

G_RATE, D_RATE, BATCH, WIDTH, WAVES = 4e-3, 1.2e-3, 256, 64, 32
GRID, RINGS = toy.grid(scale=0.2), toy.Rings(noise=0.1)
ROUNDS = 10_000  # the chapter plays 1,000


class Discriminator(nn.Module):
    """A perceptron that sees sines and cosines of the points beside them."""

    directions: Tensor  # (2, WAVES), fixed

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("directions", 0.7 * torch.randn(2, WAVES))
        self.body = nn.Sequential(
            nn.Linear(2 + 2 * WAVES, WIDTH),
            nn.LeakyReLU(0.2),
            nn.Linear(WIDTH, WIDTH),
            nn.LeakyReLU(0.2),
            nn.Linear(WIDTH, 1),
            nn.Flatten(0),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map points (N, 2) to logits (N,)."""
        angles = x @ self.directions
        logits: Tensor = self.body(torch.cat([x, angles.sin(), angles.cos()], 1))
        return logits


def make_generator() -> nn.Module:
    """A perceptron from latents (N, 2) to points (N, 2), before the factor 4."""
    return nn.Sequential(
        nn.Linear(2, WIDTH), nn.ReLU(), nn.Linear(WIDTH, WIDTH), nn.ReLU(), nn.Linear(WIDTH, 2)
    )


def make_linear() -> nn.Module:
    """A discriminator that is linear in x."""
    return nn.Sequential(nn.Linear(2, 1), nn.Flatten(0))


def play(blind: bool, rounds: int, seed: int) -> tuple[nn.Module, list[float]]:
    """Play with alternating steps; return the generator and the losses of the discriminator.

    Args:
        blind: against a linear discriminator, on the rings; otherwise on the grid.
        rounds: updates of each player.
        seed: of the weights and the draws.
    """
    torch.manual_seed(seed)
    generator, discriminator = make_generator(), make_linear() if blind else Discriminator()
    target = RINGS if blind else GRID
    source = torch.Generator().manual_seed(seed)
    game = objectives.GAMES["non-saturating"]
    steps = {
        rate: torch.optim.Adam(player.parameters(), rate, (0.0, 0.99), fused=True)
        for player, rate in ((generator, G_RATE), (discriminator, D_RATE))
    }
    losses = []
    for number in range(rounds):
        for rate, optimizer in steps.items():
            optimizer.param_groups[0]["lr"] = rate * (1 - number / rounds)
        real = target.sample(BATCH, source)
        fake = 4 * generator(torch.randn(BATCH, 2))
        loss = game.discriminator(discriminator(real), discriminator(fake.detach())).mean()
        _step(steps[D_RATE], loss)
        _step(steps[G_RATE], game.generator(discriminator(real), discriminator(fake)).mean())
        losses.append(loss.item())
    return generator, losses


def _step(optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def measure(case: str, seed: int) -> dict[str, float]:
    """Play a game, then look at 4,000 points."""
    if case not in EXPERIMENT.cases:
        raise CourseError(f"There is no case {case!r}. There are: {', '.join(EXPERIMENT.cases)}.")
    blind = case.startswith("rings")
    generator, losses = play(blind, ROUNDS, seed)
    with torch.no_grad():
        points = 4 * generator(torch.randn(4_000, 2))
    last = losses[-100:]
    loss = {"discriminator's loss, nats": sum(last) / len(last)}
    if blind:
        off = (points.norm(dim=1, keepdim=True) - torch.tensor(RINGS.radii)).abs().amin(1)
        good = 100 * float((off <= 3 * RINGS.noise).float().mean())
        return {"good, %": good, "distance of the mean": float(points.mean(0).norm())} | loss
    found = component_coverage(points, GRID.means, GRID.scales)
    return {"good, %": 100 * found.high_quality, "modes": float(found.covered)} | loss


EXPERIMENT = Experiment(
    summary="two games of chapter 9, ten times as long",
    cases=(f"grid, {ROUNDS:,} rounds", f"rings, linear discriminator, {ROUNDS:,} rounds"),
    seeds=(0, 1, 2),
    measure=measure,
)
