"""The recipes of the variational autoencoders."""

from dataclasses import replace
from functools import partial

from torch import Tensor, nn

from aigc_lessons.data.images import binarize
from aigc_lessons.data.sets import training_pictures
from aigc_lessons.metrics.measures import Score
from aigc_lessons.models.autoencoders.networks import VAE, ConvVAE
from aigc_lessons.models.autoencoders.objectives import log_importance_weights
from aigc_lessons.scoring import score_likelihood, score_pictures
from aigc_lessons.train.batches import Batch
from aigc_lessons.train.recipe import Recipe, descending


def _pictures(name: str, embedded: bool) -> tuple[Tensor, ...]:
    return (training_pictures(name, embedded).images,)


def _negative_elbo(
    model: nn.Module, batch: Batch, done: float, kl_warmup: float = 0.1
) -> dict[str, Tensor]:
    """The negative bound, in nats per image, its KL weighted less while the run is young.

    Without this warm-up (Bowman et al., 2016) the decoder learns to ignore latents that say
    nothing yet. After the part ``kl_warmup`` of the run the loss is the exact negative bound.
    """
    parts = model(batch)
    loss = (min(1.0, done / kl_warmup) * parts.kl - parts.reconstruction).mean()
    return {"loss": loss, "bound": parts.bound.mean(), "kl": parts.kl.mean()}


def _scores_of_digits(model: VAE | ConvVAE) -> list[Score]:
    weights = partial(log_importance_weights, model)
    return [*score_likelihood(weights), *score_pictures(model, "digits")]


VAE_OF_DIGITS = Recipe(
    name="vae-mnist",
    summary="variational autoencoder of digits with 32 latents",
    network=partial(VAE, latents=32, width=384, blocks=2),
    data=partial(_pictures, "digits"),
    transform=binarize,
    prepare=VAE.start_from,
    rule=descending(_negative_elbo),
    scores=_scores_of_digits,
    steps=40_000,
    batch_size=128,
    learning_rate=2e-3,
    weight_decay=1e-2,
    warmup=200,
    average=0.999,
)


def _compared(name: str, data: str, network: "partial[VAE]", learning_rate: float) -> Recipe:
    """A VAE only for comparison with the GANs: brightness is taken for the chance of a pixel."""
    return replace(
        VAE_OF_DIGITS,
        name=name,
        summary=f"variational autoencoder of {data}",
        network=network,
        data=partial(_pictures, data),
        scores=partial(score_pictures, data=data),
        steps=4_000,
        learning_rate=learning_rate,
    )


RECIPES = (
    VAE_OF_DIGITS,
    replace(
        VAE_OF_DIGITS,
        name="vae-mnist-short",
        summary="the same with 24 latents, in two minutes on two cores",
        network=partial(VAE, latents=24, width=384, blocks=2),
        rule=descending(partial(_negative_elbo, kl_warmup=0.05)),
        steps=6_900,
        weight_decay=0.0,
    ),
    replace(
        VAE_OF_DIGITS,
        name="vae-mnist-conv",
        summary="convolutional variational autoencoder of digits with 16 latents",
        network=partial(ConvVAE, latents=16, channels=16, width=256),
        prepare=None,
        steps=8_000,
    ),
    replace(
        VAE_OF_DIGITS,
        name="vae-mnist-2d",
        summary="variational autoencoder of digits with 2 latents, for the map of chapter 6",
        network=partial(VAE, latents=2, width=256, blocks=2),
        steps=12_000,
        learning_rate=1e-3,
        clip=500.0,  # with two latents a rare batch has a gradient ten times the usual
    ),
    _compared(
        "vae-fashion",
        "clothes",
        partial(VAE, latents=32, width=384, blocks=2),
        learning_rate=2e-3,
    ),
    _compared(
        "vae-cifar10",
        "photographs",
        partial(VAE, latents=64, width=384, blocks=2, shape=(3, 32, 32)),
        learning_rate=1e-3,
    ),
)
