"""What changed copies of the digits do for a classifier and for a generative model.

Every change is applied to a picture with probability one half. The classifier learns from 300
digits, the variational autoencoder from 1,000. Of each the moment is kept at which 500 validation
digits, never changed, like it best; the held-out thousand, never changed either, judge it.
"""

import copy
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from aigc_lessons.autoencoders import VAE, log_importance_weights
from aigc_lessons.batches import Batch, Batches
from aigc_lessons.data.images import ImageSet, binarize, mnist
from aigc_lessons.errors import CourseError
from aigc_lessons.experiments import Experiment
from aigc_lessons.metrics.likelihood import likelihood_bounds
from aigc_lessons.training import Run

Change = Callable[[Tensor, torch.Generator], Tensor]

DEGREES = 15.0  # the largest turn
PIXELS = 2  # the largest shift
LOOKS = 20  # at the validation digits in one training
CLASSIFIER_DIGITS, CLASSIFIER_STEPS = 300, 400
VAE_DIGITS, VAE_STEPS = 1000, 1500
VALIDATION_DIGITS = 500


def unchanged(batch: Tensor, generator: torch.Generator) -> Tensor:
    """Return the batch as it is."""
    return batch


def turn(batch: Tensor, generator: torch.Generator) -> Tensor:
    """Turn each picture (N, 1, H, W) by its own angle, uniform up to 15 degrees either way."""
    angle = torch.deg2rad((2 * torch.rand(len(batch), generator=generator) - 1) * DEGREES)
    zero = torch.zeros_like(angle)
    rows = [[angle.cos(), -angle.sin(), zero], [angle.sin(), angle.cos(), zero]]
    matrix = torch.stack([torch.stack(row, 1) for row in rows], 1)  # (N, 2, 3)
    grid = F.affine_grid(matrix, list(batch.shape), align_corners=False)
    return F.grid_sample(batch, grid, align_corners=False).clamp(0, 1)


def shift(batch: Tensor, generator: torch.Generator) -> Tensor:
    """Move each picture by up to 2 whole pixels in both directions; background moves in."""
    offset = torch.randint(0, 2 * PIXELS + 1, (len(batch), 2), generator=generator).tolist()
    padded = F.pad(batch, (PIXELS,) * 4)
    height, width = batch.shape[-2:]
    moved = [p[:, y : y + height, x : x + width] for p, (y, x) in zip(padded, offset, strict=True)]
    return torch.stack(moved)


def flip(batch: Tensor, generator: torch.Generator) -> Tensor:
    """Mirror each picture, left to right."""
    return batch.flip(-1)


def turn_and_shift(batch: Tensor, generator: torch.Generator) -> Tensor:
    """Turn, then shift."""
    return shift(turn(batch, generator), generator)


CHANGES: dict[str, Change] = {
    "as they are": unchanged,
    "turned": turn,
    "shifted": shift,
    "turned and shifted": turn_and_shift,
    "flipped": flip,
}


def sometimes(change: Change, batch: Tensor, generator: torch.Generator) -> Tensor:
    """Apply a change to each picture with probability one half."""
    chosen = torch.rand(len(batch), generator=generator) < 0.5
    return torch.where(chosen[:, None, None, None], change(batch, generator), batch)


def small_classifier() -> nn.Module:
    """Build a convolutional network of two layers for digits of 28×28 pixels."""
    return nn.Sequential(
        nn.Conv2d(1, 16, 5, stride=2, padding=2),
        nn.ReLU(),
        nn.Conv2d(16, 32, 5, stride=2, padding=2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(32 * 7 * 7, 64),
        nn.ReLU(),
        nn.Linear(64, 10),
    )


def train(
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
    model = small_classifier()
    batches = Batches(
        few.images,
        few.labels,
        batch_size=min(100, len(few)),
        seed=seed,
        transform=partial(sometimes, change),
    )
    train(
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


def vae_bounds(
    change: Change, few: ImageSet, validation: ImageSet, test: ImageSet, seed: int, steps: int
) -> dict[str, float]:
    """Train a variational autoencoder on changed digits; return bounds on unchanged ones.

    Returns:
        "negative ELBO" and "negative bound" (importance-weighted, 20 draws), nats per image.
    """

    def changed_and_binary(batch: Tensor, generator: torch.Generator) -> Tensor:
        return binarize(sometimes(change, batch, generator), generator)

    torch.manual_seed(seed)
    model = VAE(latents=16, width=128, blocks=1)
    model.start_from(few.images)
    batches = Batches(
        few.images, batch_size=min(100, len(few)), seed=seed, transform=changed_and_binary
    )
    seen = binarize(validation.images, torch.Generator().manual_seed(1))
    train(
        model, lambda x: -model(x).bound.mean(), batches, lambda: -model(seen).bound.mean(), steps
    )
    unseen = binarize(test.images, torch.Generator().manual_seed(0))
    bounds = likelihood_bounds(partial(log_importance_weights, model), unseen, draws=20)
    return {
        "negative ELBO": bounds.negative_elbo.mean,
        "negative bound": bounds.negative_importance_weighted.mean,
    }


def choose(data: ImageSet, rows: Tensor) -> ImageSet:
    """Return the pictures of a set that stand at `rows`, (n,)."""
    return replace(data, images=data.images[rows], labels=data.labels[rows])


def measure(
    case: str,
    seed: int,
    classifier_steps: int = CLASSIFIER_STEPS,
    vae_steps: int = VAE_STEPS,
) -> dict[str, float]:
    """Measure one change with one seed, which draws the digits, the weights and the changes.

    Raises:
        CourseError: there is no such change.
    """
    if case not in CHANGES:
        raise CourseError(f"There is no change {case!r}. There are: {', '.join(CHANGES)}.")
    data, test = mnist("train"), mnist("held-out")
    order = torch.randperm(len(data), generator=torch.Generator().manual_seed(seed))
    validation = choose(data, order[-VALIDATION_DIGITS:])
    others = (validation, test, seed)
    for_classifier = choose(data, order[:CLASSIFIER_DIGITS])
    for_vae = choose(data, order[:VAE_DIGITS])
    return {
        **classifier_errors(CHANGES[case], for_classifier, *others, classifier_steps),
        **vae_bounds(CHANGES[case], for_vae, *others, vae_steps),
    }


EXPERIMENT = Experiment(
    summary="turned, shifted and flipped digits: a classifier's errors and a VAE's bound",
    cases=tuple(CHANGES),
    seeds=(0, 1, 2, 3, 4),
    measure=measure,
)
