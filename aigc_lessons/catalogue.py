"""The recipes of the course: what trains every network of the zoo."""

from dataclasses import replace
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from aigc_lessons import zoo
from aigc_lessons.autoencoders import VAE
from aigc_lessons.batches import Batch
from aigc_lessons.data import images
from aigc_lessons.gan_networks import Discriminator
from aigc_lessons.gan_training import LAZY_R1, OPPONENT, play
from aigc_lessons.recipe import Recipe, descending
from aigc_lessons.scores import (
    LABELLED,
    score_classifier,
    score_conditional_gan,
    score_gan,
    score_pictures,
    score_vae,
)


def _pictures(name: str) -> tuple[Tensor, ...]:
    """The training pictures of one of the sets of scores.py."""
    return (LABELLED[name]("train").images,)


def _labelled(name: str) -> tuple[Tensor, ...]:
    """The same with their labels."""
    pictures = LABELLED[name]("train")
    return pictures.images, pictures.labels


def _features(name: str, data: str, mirrored: bool = False) -> Recipe:
    """The one recipe by which every ruler is trained."""
    return Recipe(
        name=name,
        summary=f"classifier of {data}; its features are the ruler of FID",
        data=partial(_labelled, data),
        transform=_mirror_shift_and_turn if mirrored else images.shift_and_turn,
        update=descending(_cross_entropy),
        scores=partial(score_classifier, data=data),
        steps=4_600,
        batch_size=128,
        learning_rate=2e-3,
        weight_decay=1e-2,
        warmup=100,
        average=0.999,
    )


def _mirror_shift_and_turn(batch: Tensor, generator: torch.Generator) -> Tensor:
    return images.shift_and_turn(images.mirror(batch, generator), generator)


def _cross_entropy(model: nn.Module, batch: Batch, done: float) -> dict[str, Tensor]:
    pictures, labels = batch
    return {"loss": F.cross_entropy(model(pictures), labels)}


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


def _gan(name: str, summary: str, data: str, steps: int, labelled: bool = False) -> Recipe:
    """A generator of pictures that plays the relativistic game (Huang et al., 2024).

    Its opponent is as wide and less deep, and begins with maps of half the picture's size. The
    experiment ``resolution`` shows what the larger maps of both are worth.
    """
    return Recipe(
        name=name,
        summary=summary,
        data=partial(_labelled if labelled else _pictures, data),
        transform=images.mirror if data in ("photographs", "cats") else None,
        update=partial(play, rules=LAZY_R1),
        opponents=partial(_opponents, name),
        scores=partial(score_conditional_gan if labelled else score_gan, data=data),
        steps=steps,
        batch_size=32,
        learning_rate=2e-3,
        betas=(0.0, 0.99),
        weight_decay=0.0,
        warmup=0,
        average=0.995,
    )


def _opponents(name: str) -> dict[str, nn.Module]:
    settings = zoo.SETTINGS[name]
    sizes = {k: v for k, v in settings.items() if k in ("channels", "shape", "classes")}
    discriminator = Discriminator(**sizes, halving=settings["channels"] // 2)
    if discriminator.embedding is not None:
        # It begins blind. PyTorch's N(0, 1) makes e_label . h(x) far larger than w . h(x).
        nn.init.zeros_(discriminator.embedding.weight)
    return {OPPONENT: discriminator}


VAE_OF_DIGITS = Recipe(
    name="vae-mnist",
    summary="variational autoencoder of digits with 32 latents",
    data=partial(_pictures, "digits"),
    transform=images.binarize,
    prepare=VAE.start_from,
    update=descending(_negative_elbo),
    scores=score_vae,
    steps=40_000,
    batch_size=128,
    learning_rate=2e-3,
    weight_decay=1e-2,
    warmup=200,
    average=0.999,
)


def _vae(name: str, data: str, learning_rate: float) -> Recipe:
    """A VAE only for comparison with the GANs: brightness is taken for the chance of a pixel."""
    return replace(
        VAE_OF_DIGITS,
        name=name,
        summary=f"variational autoencoder of {data}",
        data=partial(_pictures, data),
        scores=partial(score_pictures, data=data),
        steps=4_000,
        learning_rate=learning_rate,
    )


RECIPES = {
    recipe.name: recipe
    for recipe in (
        _features("digit-features", "digits"),
        _features("fashion-features", "clothes"),
        # A photograph means the same mirrored; a digit does not, and all shoes point to the left.
        _features("cifar10-features", "photographs", mirrored=True),
        VAE_OF_DIGITS,
        replace(
            VAE_OF_DIGITS,
            name="vae-mnist-short",
            summary="the same with 24 latents, in two minutes on two cores",
            update=descending(partial(_negative_elbo, kl_warmup=0.05)),
            steps=6_900,
            weight_decay=0.0,
        ),
        replace(
            VAE_OF_DIGITS,
            name="vae-mnist-2d",
            summary="variational autoencoder of digits with 2 latents, for the map of chapter 6",
            steps=12_000,
            learning_rate=1e-3,
            clip=500.0,  # with two latents a rare batch has a gradient ten times the usual
        ),
        _vae("vae-fashion", "clothes", learning_rate=2e-3),
        _vae("vae-cifar10", "photographs", learning_rate=1e-3),
        _gan("gan-mnist", "generative adversarial network of digits", "digits", 30_000),
        replace(
            _gan("gan-mnist-short", "the same in two minutes on two cores", "digits", 3_000),
            learning_rate=3e-3,
        ),
        _gan(
            "gan-mnist-conditional",
            "the same with a label for each digit",
            "digits",
            10_000,
            labelled=True,
        ),
        _gan("gan-fashion", "generative adversarial network of clothes", "clothes", 12_000),
        _gan("gan-cifar10", "generative adversarial network of photographs", "photographs", 20_000),
        _gan("gan-cifar10-cats", "the same for cats alone", "cats", 8_000),
    )
}
