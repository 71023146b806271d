"""The training of a generative adversarial network: an update is a step of each player."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from aigc_lessons.errors import CourseError
from aigc_lessons.models.gan import objectives
from aigc_lessons.train.batches import Batch, Batches
from aigc_lessons.train.recipe import Rule
from aigc_lessons.train.run import Losses, Run, Update
from aigc_lessons.train.schedules import Schedule

GENERATOR = "generator"  # their names among the models and the optimisers of a run
OPPONENT = "discriminator"

Critic = Callable[[Tensor], Tensor]  # examples (N, ...) to logits (N,)


def r1(critic: Critic, real: Tensor, fake: Tensor) -> Tensor:
    """Half the squared gradient at the real examples: (N,), as ``squared_gradient``.

    Source: Mescheder, Geiger and Nowozin (2018).
    """
    x = real.detach().requires_grad_(True)
    return objectives.squared_gradient(critic(x), x) / 2


def r1_and_r2(critic: Critic, real: Tensor, fake: Tensor) -> Tensor:
    """R1, and the same at the generated examples: (N,). Source: as for R1."""
    return r1(critic, real, fake) + r1(critic, fake, real)


def one_centred(critic: Critic, real: Tensor, fake: Tensor) -> Tensor:
    """(|gradient| - 1)^2 between real and generated examples: (N,).

    Source: Gulrajani et al. (2017).
    """
    x = objectives.interpolate(real, fake)
    return objectives.one_centred_penalty(critic(x), x)


PENALTIES = {"R1": r1, "R1 + R2": r1_and_r2, "one-centred": one_centred}


@dataclass(frozen=True)
class Rules:
    """What the players of a GAN agree on, besides their networks and optimisers."""

    game: str  # a key of GAMES
    penalty: str | None = None  # on the discriminator: a key of PENALTIES
    weight: float = 0.0  # of the penalty, in the unit of the pictures: gamma of R1, lambda else
    every: int = 1  # steps between two penalties, each so many times stronger
    rounds: int = 1  # steps of the discriminator to one of the generator

    def __post_init__(self) -> None:
        """Refuse what cannot be played."""
        if self.game not in objectives.GAMES:
            raise CourseError(
                f"There is no game {self.game!r}; there are {', '.join(objectives.GAMES)}."
            )
        if self.penalty is not None and self.penalty not in PENALTIES:
            raise CourseError(
                f"There is no penalty {self.penalty!r}; there are {', '.join(PENALTIES)}, and None."
            )
        if self.weight < 0 or self.every < 1 or self.rounds < 1:
            raise CourseError(
                "The weight of a penalty is at least 0, every and rounds are at least 1, not "
                f"{self.weight}, {self.every} and {self.rounds}."
            )


# Those of the course's recipes.
LAZY_R1 = Rules("relativistic", penalty="R1", weight=0.125, every=16)
# For a few hundred pictures, which a discriminator soon memorises: a heavier penalty, on both.
LAZY_R1_AND_R2 = Rules("relativistic", penalty="R1 + R2", weight=0.5, every=16)


def playing(rules: Rules) -> Rule:
    """Make the rule of a recipe whose generator plays by ``rules``."""

    def rule(run: Run, name: str) -> Update:
        return partial(play, run, name, rules)

    return rule


def play(run: Run, name: str, rules: Rules, batch: Batch) -> Losses:
    """Let the discriminator step, then the generator ``name`` if it is its turn.

    Args:
        run: of the generator and of a discriminator named ``OPPONENT``.
        name: of the generator.
        rules: of the game. A penalty at every k-th step alone is "lazy" (Karras et al., 2020).
        batch: real examples, (N, ...); or these and their labels, (N,), for networks with classes.
            The generated examples get the same labels.

    Returns:
        the mean losses of the players that stepped and, where there was one, the mean penalty.
    """
    real, labels = (batch, None) if isinstance(batch, Tensor) else batch
    generator, discriminator = run.models[name], run.models[OPPONENT]
    game = objectives.GAMES[rules.game]
    critic: Critic = discriminator if labels is None else partial(discriminator, labels=labels)
    z = torch.randn(len(real), generator.latents, device=run.device)
    fake = generator(z) if labels is None else generator(z, labels)

    discriminator.requires_grad_(True)
    logits = critic(real)
    loss = game.discriminator(logits, critic(fake.detach())).mean()
    losses = {OPPONENT: loss}
    if rules.penalty is not None and run.step % rules.every == 0:
        losses["penalty"] = PENALTIES[rules.penalty](critic, real, fake).mean()
        loss = loss + rules.every * rules.weight * losses["penalty"]
    run.descend(loss, OPPONENT)

    if (run.step + 1) % rules.rounds == 0:
        discriminator.requires_grad_(False)  # its gradients are not needed: a third of the time
        with torch.no_grad():
            logits = critic(real) if game.pairs else logits
        losses["generator"] = game.generator(logits, critic(fake)).mean()
        run.descend(losses["generator"], name)
    return losses


def compete(
    generator: nn.Module,
    discriminator: nn.Module,
    batches: Batches,
    rules: Rules,
    steps: int,
    *,
    rates: tuple[float, float],
    seed: int,
    schedule: Schedule | None = None,
) -> Run:
    """Let two fresh players compete for some steps, as the experiments of chapters 10 to 12 do.

    Args:
        generator: plays under the name ``GENERATOR``.
        discriminator: plays under the name ``OPPONENT``.
        batches: of real examples, with labels for networks with classes.
        rules: of the game.
        steps: updates of the discriminator.
        rates: the learning rates of the two, in that order.
        seed: of the noise.
        schedule: of both learning rates; None: constant.

    Returns:
        the run, with both players and their averaged weights.

    Raises:
        CourseError: a loss is not finite.
    """
    players = {GENERATOR: generator, OPPONENT: discriminator}
    optimizers = {
        name: torch.optim.AdamW(
            player.parameters(), rate, betas=(0.0, 0.99), weight_decay=0.0, fused=True
        )
        for (name, player), rate in zip(players.items(), rates, strict=True)
    }
    run = Run(players, optimizers, seed=seed, schedule=schedule, average=0.995)

    for _ in run.fit(partial(play, run, GENERATOR, rules), batches, steps):
        pass
    return run
