"""The recipes of the classifiers whose features measure pictures: one on three data sets."""

from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from aigc_lessons.data.augmentation import mirror, shift_and_turn
from aigc_lessons.data.sets import training_pictures
from aigc_lessons.models.classifier.networks import SmallClassifier
from aigc_lessons.scoring import score_classifier
from aigc_lessons.train.batches import Batch
from aigc_lessons.train.recipe import Recipe, descending


def _labelled(name: str, embedded: bool) -> tuple[Tensor, ...]:
    pictures = training_pictures(name, embedded)
    return pictures.images, pictures.labels


def _mirror_shift_and_turn(batch: Tensor, generator: torch.Generator) -> Tensor:
    return shift_and_turn(mirror(batch, generator), generator)


def _cross_entropy(model: nn.Module, batch: Batch, done: float) -> dict[str, Tensor]:
    pictures, labels = batch
    return {"loss": F.cross_entropy(model(pictures), labels)}


def _features(
    name: str, data: str, network: "partial[SmallClassifier]", mirrored: bool = False
) -> Recipe:
    return Recipe(
        name=name,
        summary=f"classifier of {data}; FID is measured in its features",
        network=network,
        data=partial(_labelled, data),
        transform=_mirror_shift_and_turn if mirrored else shift_and_turn,
        rule=descending(_cross_entropy),
        scores=partial(score_classifier, data=data),
        steps=4_600,
        batch_size=128,
        learning_rate=2e-3,
        weight_decay=1e-2,
        warmup=100,
        average=0.999,
    )


RECIPES = (
    _features("digit-features", "digits", partial(SmallClassifier)),
    _features("fashion-features", "clothes", partial(SmallClassifier)),
    # A photograph means the same mirrored; a digit does not, and all shoes point to the left.
    _features(
        "cifar10-features",
        "photographs",
        partial(SmallClassifier, channels=3, size=32),
        mirrored=True,
    ),
)
