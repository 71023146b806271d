"""One update of a generative adversarial network: a step of each player."""

import torch
from torch import Tensor

from aigc_lessons import gan
from aigc_lessons.batches import Batch
from aigc_lessons.training import Run

OPPONENT = "discriminator"  # its name among the models and the optimisers of a run


def play(
    run: Run, name: str, batch: Batch, done: float, game: str, gamma: float, every: int
) -> dict[str, Tensor]:
    """Let the discriminator step, then the generator ``name``.

    Args:
        run: of the generator and of a discriminator named ``OPPONENT``.
        name: of the generator.
        batch: (N, C, H, W), real pictures in [0, 1].
        done: the part of the run that is done; the game is the same throughout.
        game: a key of ``gan.GAMES``.
        gamma: weight of the R1 penalty, in the unit of the pictures.
        every: steps between two penalties, each so many times stronger ("lazy" regularisation:
            Karras et al., 2020).

    Returns:
        the mean losses of both players and, where there was a penalty, the mean squared slope.
    """
    rules = gan.GAMES[game]
    generator, discriminator = run.models[name], run.models[OPPONENT]
    penalised = run.step % every == 0
    real = batch.requires_grad_(penalised)
    fake = generator(torch.randn(len(real), generator.latents, device=run.device))

    discriminator.requires_grad_(True)
    logits = discriminator(real)
    loss = rules.discriminator(logits, discriminator(fake.detach())).mean()
    losses = {OPPONENT: loss}
    if penalised:
        losses["slope"] = gan.squared_slope(logits, real).mean()
        loss = loss + every * gamma / 2 * losses["slope"]
    run.descend(loss, OPPONENT)

    discriminator.requires_grad_(False)  # its gradients are not needed: a third of the time
    with torch.no_grad():
        logits = discriminator(real) if rules.pairs else logits
    losses["generator"] = rules.generator(logits, discriminator(fake)).mean()
    run.descend(losses["generator"], name)
    return losses
