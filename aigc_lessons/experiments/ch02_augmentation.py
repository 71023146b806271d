"""What changed copies of the digits do for a classifier and for a generative model.

Every change is applied to a picture with probability one half. The classifier learns from 300
digits, the variational autoencoder from 1,000. Of each the moment is kept at which 500 validation
digits, never changed, cost least; the scores are of the held-out thousand, never changed either.
"""

from functools import partial

import torch
from torch import Tensor

from aigc_lessons.data.augmentation import CHANGES, Change, sometimes
from aigc_lessons.data.images import ImageSet, binarize, mnist
from aigc_lessons.errors import CourseError
from aigc_lessons.experiments import Experiment
from aigc_lessons.metrics.likelihood import likelihood_bounds
from aigc_lessons.models.autoencoders.networks import VAE
from aigc_lessons.models.autoencoders.objectives import log_importance_weights
from aigc_lessons.small_trainings.few_digits import classifier_errors, train_keeping_best
from aigc_lessons.train.batches import Batches

CLASSIFIER_DIGITS, CLASSIFIER_STEPS = 300, 400
VAE_DIGITS, VAE_STEPS = 1000, 1500
VALIDATION_DIGITS = 500


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
    train_keeping_best(
        model, lambda x: -model(x).bound.mean(), batches, lambda: -model(seen).bound.mean(), steps
    )
    unseen = binarize(test.images, torch.Generator().manual_seed(0))
    bounds = likelihood_bounds(partial(log_importance_weights, model), unseen, draws=20)
    return {
        "negative ELBO": bounds.negative_elbo.mean,
        "negative bound": bounds.negative_importance_weighted.mean,
    }


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
    validation = data.rows(order[-VALIDATION_DIGITS:])
    others = (validation, test, seed)
    for_classifier = data.rows(order[:CLASSIFIER_DIGITS])
    for_vae = data.rows(order[:VAE_DIGITS])
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
