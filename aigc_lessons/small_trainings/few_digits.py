"""Small networks that learn from few digits, from changed copies and from synthetic ones."""

import copy
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from aigc_lessons.data.augmentation import Change, sometimes, turn_and_shift, unchanged
from aigc_lessons.data.images import DIGITS, ImageSet
from aigc_lessons.models.classifier.networks import strided_classifier
from aigc_lessons.sampling import Conditional, draw_classes
from aigc_lessons.train.batches import Batch, Batches
from aigc_lessons.train.run import Run
from aigc_lessons.train.schedules import warmup_then_cosine

LOOKS = 20  # at the validation digits in one training
BATCH_SIZE, RATE = 50, 3e-3


def train_keeping_best(
    model: nn.Module,
    loss: Callable[..., Tensor],
    batches: Batches,
    validation: Callable[[], Tensor],
    steps: int,
) -> None:
    """Train with Adam, then put the model back to where its validation loss was lowest.

    Args:
        model: trained in place.
        loss: the mean loss of a batch, called with the tensors of the batch.
        batches: a function of the step.
        validation: the validation loss of the model as it is now.
        steps: updates.
    """
    run = Run({"model": model}, {"loss": torch.optim.Adam(model.parameters(), 1e-3)})

    def update(batch: Batch) -> dict[str, Tensor]:
        value = loss(*batch) if isinstance(batch, tuple) else loss(batch)
        run.descend(value, "loss")
        return {"loss": value}

    lowest, best = float("inf"), copy.deepcopy(model.state_dict())
    for step in run.fit(update, batches, steps):
        if step.step % max(1, steps // LOOKS) == 0:
            with torch.no_grad():
                now = float(validation())
            if now < lowest:
                lowest, best = now, copy.deepcopy(model.state_dict())
    model.load_state_dict(best)


def classifier_errors(
    change: Change, few: ImageSet, validation: ImageSet, test: ImageSet, seed: int, steps: int
) -> dict[str, float]:
    """Train a classifier on a few changed digits; return its errors on unchanged ones, in percent.

    Returns:
        "error" over all test digits, and "error on 0" to "error on 9".
    """
    torch.manual_seed(seed)
    model = strided_classifier()
    batches = Batches(
        few.images,
        few.labels,
        batch_size=min(100, len(few)),
        seed=seed,
        transform=partial(sometimes, change),
    )
    train_keeping_best(
        model,
        lambda x, y: F.cross_entropy(model(x), y),
        batches,
        lambda: F.cross_entropy(model(validation.images), validation.labels),
        steps,
    )
    with torch.no_grad():
        wrong = 100 * (model(test.images).argmax(1) != test.labels).double()
    by_digit = {f"error on {d}": float(wrong[test.labels == d].mean()) for d in range(10)}
    return {"error": float(wrong.mean()), **by_digit}


def train_classifier(
    real: ImageSet | None, synthetic: ImageSet | None, changed: bool, seed: int, steps: int
) -> nn.Module:
    """Train on real digits, on synthetic ones, or on batches that are one half each.

    The learning rate falls to 0 and the last weights count: nobody with 100 labelled digits
    has 500 more to choose the moment by.
    """
    torch.manual_seed(seed)
    model = strided_classifier()
    model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # a third faster
    run = Run(
        {"model": model},
        {"model": torch.optim.Adam(model.parameters(), RATE, fused=True)},
        seed=seed,
        schedule=warmup_then_cosine(steps),
    )
    change = turn_and_shift if changed else unchanged
    sets = [digits for digits in (real, synthetic) if digits is not None]
    parts = [
        Batches(
            digits.images,
            digits.labels,
            batch_size=BATCH_SIZE // len(sets),
            seed=seed,
            transform=partial(sometimes, change if digits is real else unchanged),
        )
        for digits in sets
    ]

    def batch(step: int) -> tuple[Tensor, ...]:
        return tuple(torch.cat(tensors) for tensors in zip(*(p(step) for p in parts), strict=True))

    def update(examples: tuple[Tensor, Tensor]) -> dict[str, Tensor]:
        loss = F.cross_entropy(model(examples[0]), examples[1])
        run.descend(loss, "model")
        return {"loss": loss}

    for _ in run.fit(update, batch, steps):
        pass
    return model.eval()


def draw_digits(generator: Conditional, each: int, seed: int) -> ImageSet:
    """Draw ``each`` digits of each class, with the labels that the generator was given."""
    images, labels = draw_classes(generator, len(DIGITS), each, seed)
    return ImageSet(images, labels, DIGITS, "synthetic digits", "made here")
