"""GANs of points in the plane: every mode can be counted, and a long game takes seconds.

The networks are so small that most of the time goes into calling them. So one call plays several
games at once, each with its own seed and its own weights: eight take little longer than one.
"""

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812
from torch.optim.swa_utils import AveragedModel

from aigc_lessons.data.toy import GaussianMixture
from aigc_lessons.metrics.toy import ComponentCoverage, component_coverage
from aigc_lessons.models.gan import objectives
from aigc_lessons.models.gan.update import PENALTIES, Rules
from aigc_lessons.train.schedules import exponential_average

LATENTS = 2
WIDTH = 64
BATCH_SIZE = 64
DECAY = 0.99  # of the averaged weights, per round


@dataclass(frozen=True)
class Players:
    """How the two players learn, besides the rules of their game."""

    rates: tuple[float, float] = (1e-3, 1e-3)  # learning rates of generator and discriminator
    momentum: float = 0.9  # Adam's first beta; its default in PyTorch
    spectral: bool = False  # spectral normalisation of the discriminator


@dataclass(frozen=True, eq=False)
class Look:
    """The games after some rounds. The networks go on changing when the games go on."""

    round: int
    seconds: float  # of the processor, spent in the rounds so far, by all games together
    losses: Tensor  # (games, 2), of discriminator and generator, without a penalty
    generator: nn.Module  # with its live weights: latents (games, N, 2) to points (games, N, 2)
    average: nn.Module  # with averaged weights


class Linear(nn.Module):
    """One linear layer for each game: (games, N, inputs) to (games, N, outputs)."""

    u: Tensor | None

    def __init__(
        self, sources: Sequence[torch.Generator], inputs: int, outputs: int, spectral: bool = False
    ) -> None:
        """Draw each game's layer from its source, as ``nn.Linear`` would."""
        super().__init__()
        bound = 1 / math.sqrt(inputs)
        drawn = [2 * torch.rand(inputs + 1, outputs, generator=source) - 1 for source in sources]
        weight, bias = (bound * torch.stack(drawn)).split([inputs, 1], 1)
        self.weight = nn.Parameter(weight.clone())
        self.bias = nn.Parameter(bias.clone())
        # the last left singular vectors of the power iteration; constant, so that it draws nothing
        self.register_buffer("u", torch.ones(len(sources), outputs, 1) if spectral else None)

    def forward(self, x: Tensor) -> Tensor:
        """Apply each game's layer to its examples."""
        return torch.baddbmm(self.bias, x, self._held(self.weight))

    def _held(self, weight: Tensor) -> Tensor:
        """Divide by the spectral norm, if asked, as ``objectives.normalize_spectra`` does."""
        if self.u is None:
            return weight
        with torch.no_grad():
            v = F.normalize(weight @ self.u, dim=1)
            u = F.normalize(weight.mT @ v, dim=1)
            if self.training:
                self.u = u
        return weight / (v.mT @ weight @ u)


class Network(nn.Module):
    """One perceptron with two hidden layers for each game."""

    def __init__(
        self, seeds: Sequence[int], outputs: int, activation: nn.Module, spectral: bool = False
    ) -> None:
        super().__init__()
        sources = [torch.Generator().manual_seed(seed) for seed in seeds]
        sizes = (2, WIDTH, WIDTH, outputs)
        layers = [Linear(sources, *pair, spectral) for pair in pairwise(sizes)]
        self.games = len(seeds)
        self.body = nn.Sequential(layers[0], activation, layers[1], activation, layers[2])

    def forward(self, x: Tensor) -> Tensor:
        """Map (games, N, 2) to (games, N, outputs)."""
        y: Tensor = self.body(x)
        return y

    def logits(self, x: Tensor) -> Tensor:
        """Map points of all games in one list, (games N, 2), to one list of logits."""
        y: Tensor = self(x.unflatten(0, (self.games, -1)))
        return y.flatten()


def ring(modes: int = 8, radius: float = 2.0, scale: float = 0.1) -> GaussianMixture:
    """Return Gaussians of one size at equal distances on a circle around the origin."""
    angles = 2 * math.pi * torch.arange(modes) / modes
    return GaussianMixture(radius * torch.stack([angles.cos(), angles.sin()], 1), scale)


@torch.no_grad()
def draw(generator: nn.Module, count: int) -> Tensor:
    """Return the points of always the same latents, (games, count, 2)."""
    z = torch.randn(count, LATENTS, generator=torch.Generator().manual_seed(0))
    games = next(generator.parameters()).shape[0]
    points: Tensor = generator(z.expand(games, -1, -1))
    return points


def coverage(generator: nn.Module, target: GaussianMixture) -> list[ComponentCoverage]:
    """Count what 2,000 points of each game cover of the target."""
    return [
        component_coverage(points, target.means, target.scales) for points in draw(generator, 2_000)
    ]


def play_points(
    target: GaussianMixture,
    rules: Rules,
    players: Players,
    seeds: Sequence[int],
    rounds: int,
    every: int,
) -> Iterator[Look]:
    """Let fresh generators and discriminators play, a pair for each seed; yield looks.

    In each round a discriminator steps ``rules.rounds`` times and its generator once. A penalty is
    taken at every step.

    Args:
        target: the distribution of the real points, in two dimensions.
        rules: of the game; ``every`` is not used.
        players: their optimisers.
        seeds: of the weights of each game; the first one also draws what the games share, the
            points, the latents and the places of a penalty.
        rounds: updates of the generator.
        every: rounds between two looks.
    """
    torch.manual_seed(seeds[0])  # of the places of a one-centred penalty
    generator = Network(seeds, 2, nn.ReLU())
    discriminator = Network(
        [seed + 1_000 for seed in seeds], 1, nn.LeakyReLU(0.2), players.spectral
    )
    average = AveragedModel(generator, multi_avg_fn=exponential_average(DECAY))
    g_optimizer, d_optimizer = (
        torch.optim.Adam(network.parameters(), rate, (players.momentum, 0.999), fused=True)
        for network, rate in zip((generator, discriminator), players.rates, strict=True)
    )
    game, critic = objectives.GAMES[rules.game], discriminator.logits
    source = torch.Generator().manual_seed(seeds[0])
    count = len(seeds) * BATCH_SIZE
    seconds, began = 0.0, time.process_time()
    for number in range(1, rounds + 1):
        for _ in range(rules.rounds):
            real = target.sample(count, source)
            z = torch.randn(len(seeds), BATCH_SIZE, LATENTS, generator=source)
            fake = generator(z).flatten(0, 1)
            d_losses = game.discriminator(critic(real), critic(fake.detach()))
            loss = d_losses.mean()
            if rules.penalty is not None:
                loss = loss + rules.weight * PENALTIES[rules.penalty](critic, real, fake).mean()
            _descend(d_optimizer, loss)
        discriminator.requires_grad_(False)
        g_losses = game.generator(critic(real), critic(fake))
        _descend(g_optimizer, g_losses.mean())
        discriminator.requires_grad_(True)
        average.update_parameters(generator)
        if number % every == 0:
            seconds += time.process_time() - began
            losses = torch.stack([d_losses.detach(), g_losses.detach()]).view(2, len(seeds), -1)
            yield Look(number, seconds, losses.mean(2).T, generator, average.module)
            began = time.process_time()


def _descend(optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
