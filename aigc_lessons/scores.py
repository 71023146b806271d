"""How each family in the zoo is scored, by the data protocol of the course.

Scores are of official test pictures, which no recipe trains on.
"""

from collections.abc import Callable
from functools import partial
from typing import Protocol

import torch
from torch import Tensor

from aigc_lessons import zoo
from aigc_lessons.autoencoders import VAE, log_importance_weights
from aigc_lessons.data import images
from aigc_lessons.data.images import ImageSet
from aigc_lessons.layers import SmallClassifier
from aigc_lessons.metrics.images import class_shares, extract_features, fid
from aigc_lessons.metrics.likelihood import Estimate, likelihood_bounds
from aigc_lessons.score import Score

SAMPLES = 5_000  # generated pictures, and real ones for the floor


# The labelled sets by what they show; each takes "train" or "test".
LABELLED: dict[str, Callable[[str], ImageSet]] = {
    "digits": lambda split: images.mnist(split, full=True),
    "clothes": lambda split: images.fashion_mnist(split),
    "photographs": lambda split: images.cifar10(split),
}


@torch.no_grad()
def score_classifier(model: SmallClassifier, data: str) -> list[Score]:
    """Accuracy on the 10,000 official test pictures of a labelled set, in per cent."""
    train, test = LABELLED[data]("train"), LABELLED[data]("test")
    classes = range(len(train.classes))
    means = torch.stack([train.images[train.labels == label].mean(0) for label in classes])
    nearest = torch.cdist(test.images.flatten(1), means.flatten(1)).argmin(1)
    most_frequent = train.labels.bincount().argmax()
    predicted = torch.cat([model(batch).argmax(1) for batch in test.images.split(500)])
    right = Estimate.of((predicted == test.labels).float() * 100)
    return [
        Score(
            f"accuracy on the test {data}",
            right.mean,
            "%",
            "higher",
            right.standard_error,
            {
                "most frequent class": _per_cent(test.labels == most_frequent),
                "nearest class mean": _per_cent(nearest == test.labels),
            },
        )
    ]


def _per_cent(right: Tensor) -> float:
    return float(right.float().mean()) * 100


def score_vae(model: VAE) -> list[Score]:
    """Likelihood bounds on 2,000 binarised test digits, and FID of 5,000 samples."""
    train = images.mnist("train", full=True).images
    digits = images.likelihood_digits()
    bounds = likelihood_bounds(partial(log_importance_weights, model), digits, draws=100)
    # The baseline knows how often each pixel is on and nothing else.
    rate = train.mean(0).clamp(1e-4, 1 - 1e-4)
    independent = digits * rate.log() + (1 - digits) * (1 - rate).log()
    baseline = {"independent pixels (exact)": float(-independent.flatten(1).sum(1).mean())}
    return [
        Score(
            "negative ELBO",
            bounds.negative_elbo.mean,
            "nats per image",
            "lower",
            bounds.negative_elbo.standard_error,
            baseline,
        ),
        Score(
            f"negative importance-weighted bound (k = {bounds.draws})",
            bounds.negative_importance_weighted.mean,
            "nats per image",
            "lower",
            bounds.negative_importance_weighted.standard_error,
            baseline,
        ),
        score_fid(model, train, rate),
    ]


class Generative(Protocol):
    """What can be sampled."""

    def sample(self, count: int) -> Tensor:
        """Draw pictures, (count, C, H, W), in [0, 1]."""
        ...


def draw(model: Generative) -> Tensor:
    """Draw the samples that every score is made of, always the same of the same model."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return torch.cat([model.sample(500) for _ in range(SAMPLES // 500)])


@torch.no_grad()
def score_gan(model: Generative) -> list[Score]:
    """FID of 5,000 digits, and the share of the class that is drawn least, in per cent."""
    train = images.mnist("train", full=True).images
    rate = train.mean(0).clamp(1e-4, 1 - 1e-4)
    classifier = zoo.load("digit-features")

    def least(pictures: Tensor) -> float:
        drawn = torch.cat([classifier(batch).argmax(1) for batch in pictures.split(500)])
        return 100 * float(class_shares(drawn, 10).min())

    real = {"ceiling (real digits)": least(images.mnist("test", full=True).images)}
    share = Score("share of the rarest class", least(draw(model)), "%", "higher", None, real)
    return [score_fid(model, train, rate), share]


def score_fid(model: Generative, train: Tensor, rate: Tensor) -> Score:
    """FID on the digit feature network of 5,000 samples against the 10,000 test digits.

    The samples of a VAE are the mean pictures p(x = 1 | z). The baseline's are ``rate`` drawn pixel
    by pixel; the floor is 5,000 training digits against the same test digits.
    """
    features = partial(extract_features, zoo.load("digit-features").features)
    real = features(images.mnist("test", full=True).images)
    generator = torch.Generator().manual_seed(0)
    pixels = images.binarize(rate.expand(SAMPLES, -1, -1, -1), generator)
    others = train[torch.randperm(len(train), generator=generator)[:SAMPLES]]
    return Score(
        "FID of 5,000 samples on digit-features",
        fid(features(draw(model)), real),
        "",
        "lower",
        None,
        {
            "independent pixels": fid(features(pixels), real),
            "floor (real digits)": fid(features(others), real),
        },
    )
