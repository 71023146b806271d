"""The recipes of the generative adversarial networks."""

from dataclasses import replace
from functools import partial

from torch import Tensor, nn

from aigc_lessons.data.augmentation import mirror, mirror_and_recolour
from aigc_lessons.data.sets import training_pictures
from aigc_lessons.models.gan.networks import Discriminator, Generator
from aigc_lessons.models.gan.update import LAZY_R1, LAZY_R1_AND_R2, OPPONENT, playing
from aigc_lessons.scoring import score_conditional_gan, score_gan, score_sprites
from aigc_lessons.train.recipe import Recipe

_GREY = partial(Generator, channels=64, blocks=3, doubling=(24, 12))
_COLOUR = partial(Generator, channels=64, blocks=2, doubling=(32, 16), shape=(3, 32, 32))


def _pictures(name: str, labelled: bool, embedded: bool) -> tuple[Tensor, ...]:
    pictures = training_pictures(name, embedded)
    return (pictures.images, pictures.labels) if labelled else (pictures.images,)


def _opponents(network: "partial[Generator]") -> dict[str, nn.Module]:
    """The discriminator of a generator: as wide, less deep, with maps of half the picture's size.

    The experiment ``resolution`` shows what the larger maps of both bring.
    """
    sizes = {k: v for k, v in network.keywords.items() if k in ("channels", "shape", "classes")}
    discriminator = Discriminator(**sizes, halving=sizes["channels"] // 2)
    if discriminator.embedding is not None:
        # Blind to labels at first: with PyTorch's N(0, 1), e_label . h(x) is far above w . h(x).
        nn.init.zeros_(discriminator.embedding.weight)
    return {OPPONENT: discriminator}


def _gan(
    name: str, summary: str, data: str, steps: int, network: "partial[Generator]" = _GREY
) -> Recipe:
    """A generator of pictures that plays the relativistic game (Huang et al., 2024)."""
    labelled = "classes" in network.keywords
    return Recipe(
        name=name,
        summary=summary,
        network=network,
        data=partial(_pictures, data, labelled),
        transform=mirror if data in ("photographs", "cats") else None,
        rule=playing(LAZY_R1),
        opponents=partial(_opponents, network),
        scores=partial(score_conditional_gan if labelled else score_gan, data=data),
        steps=steps,
        batch_size=32,
        learning_rate=2e-3,
        betas=(0.0, 0.99),
        weight_decay=0.0,
        warmup=0,
        average=0.995,
    )


RECIPES = (
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
        partial(_GREY, classes=10),
    ),
    _gan("gan-fashion", "generative adversarial network of clothes", "clothes", 12_000),
    _gan(
        "gan-cifar10",
        "generative adversarial network of photographs",
        "photographs",
        20_000,
        _COLOUR,
    ),
    _gan("gan-cifar10-cats", "the same for cats alone", "cats", 8_000, _COLOUR),
    replace(
        _gan("gan-sprites", "the same for the things of a game", "sprites", 3_600, _COLOUR),
        transform=mirror_and_recolour,
        rule=playing(LAZY_R1_AND_R2),
        scores=score_sprites,
    ),
)
