"""How samples and likelihoods are scored, by the data protocol of the course.

One protocol serves every family of a modality. Scores are of official test pictures, which no
recipe trains on; of the sprites, which have none, of those that the course holds out.
"""

from dataclasses import replace
from functools import cache, partial
from typing import Protocol

import torch
from torch import Tensor

from aigc_lessons import zoo
from aigc_lessons.data import images
from aigc_lessons.data.augmentation import mirrored_and_recoloured
from aigc_lessons.data.images import ImageSet
from aigc_lessons.data.sets import PICTURES
from aigc_lessons.metrics.copies import nearest_training_distance
from aigc_lessons.metrics.images import class_shares, extract_features, fid
from aigc_lessons.metrics.likelihood import Estimate, LogWeights, likelihood_bounds
from aigc_lessons.metrics.measures import Score
from aigc_lessons.sampling import Generative, draw, draw_classes

SAMPLES = 5_000  # generated pictures, and real ones for the floor


class Classifier(Protocol):
    """What gives class logits."""

    def __call__(self, x: Tensor) -> Tensor:
        """Map images (N, C, H, W) in [0, 1] to logits (N, classes)."""
        ...


class ConditionalGenerative(Protocol):
    """What can be sampled with labels and without."""

    def sample(self, count: int, labels: Tensor | None = None) -> Tensor:
        """Draw pictures, (count, C, H, W), in [0, 1]."""
        ...


@torch.no_grad()
def score_classifier(model: Classifier, data: str) -> list[Score]:
    """Accuracy on the 10,000 official test pictures of a labelled set, in per cent."""
    train, test = PICTURES[data].load("train"), PICTURES[data].load("test")
    classes = range(len(train.classes))
    means = torch.stack([train.images[train.labels == label].mean(0) for label in classes])
    nearest = torch.cdist(test.images.flatten(1), means.flatten(1)).argmin(1)
    most_frequent = train.labels.bincount().argmax()
    right = Estimate.of((named(model, test.images) == test.labels).float() * 100)
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


def score_likelihood(log_weights: LogWeights) -> list[Score]:
    """Bounds on the likelihood of 2,000 binarised test digits, in nats per image."""
    digits = images.likelihood_digits()
    bounds = likelihood_bounds(log_weights, digits, draws=100)
    # The baseline knows how often each pixel is on and nothing else.
    rate = images.mnist("train", full=True).images.mean(0).clamp(1e-4, 1 - 1e-4)
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
    ]


@torch.no_grad()
def score_pictures(model: Generative, data: str) -> list[Score]:
    """FID of 5,000 samples against the official test pictures, in the features of its network.

    The samples of a VAE are the mean pictures p(x = 1 | z). The first baseline's are the mean
    training picture drawn pixel by pixel, the second's come from a Gaussian with the mean and the
    covariance of each class; the floor is real training pictures against the same test pictures.
    """
    train, test = PICTURES[data].load("train"), PICTURES[data].load("test")
    features = partial(extract_features, zoo.load(PICTURES[data].features).features)
    real = features(test.images)
    generator = torch.Generator().manual_seed(0)
    rate = train.images.mean(0).clamp(1e-4, 1 - 1e-4)
    pixels = images.binarize(rate.expand(SAMPLES, -1, -1, -1), generator)
    others = train.images[torch.randperm(len(train), generator=generator)[:SAMPLES]]
    beside = {
        "independent pixels": fid(features(pixels), real),
        "a Gaussian for each class": fid(features(_gaussians(train, generator)), real),
        f"floor (real {data})": fid(features(others), real),
    }
    distance = fid(features(draw(model, SAMPLES)), real)
    name = f"FID of 5,000 samples on {PICTURES[data].features}"
    return [Score(name, distance, "", "lower", None, beside)]


def _gaussians(train: ImageSet, generator: torch.Generator) -> Tensor:
    """Draw as many pictures as ``SAMPLES`` from a Gaussian of each class, cut off at 0 and 1."""
    drawn = []
    for label in train.labels.unique():
        pictures = train.images[train.labels == label]
        mean = pictures.mean(0)
        # Sums of differences with normal weights have exactly the covariance of the pictures.
        amount = round(SAMPLES * len(pictures) / len(train))
        weights = torch.randn(amount, len(pictures), generator=generator)
        differences = torch.einsum("an,nchw->achw", weights, pictures - mean)
        drawn.append((mean + differences / (len(pictures) - 1) ** 0.5).clamp(0, 1))
    return torch.cat(drawn)


@torch.no_grad()
def score_gan(model: Generative, data: str) -> list[Score]:
    """FID, and which classes the data set's own network sees in the samples, in per cent.

    Of a data set with several classes it is the share of the one that is drawn least; of cats
    alone, how many samples are taken for cats.
    """
    test = PICTURES[data].load("test")
    classifier = zoo.load(PICTURES[data].features)
    wanted = test.labels.unique()

    def least(pictures: Tensor) -> float:
        shares = class_shares(named(classifier, pictures), len(test.classes))
        return 100 * float(shares[wanted].min())

    share = Score(
        "share of the rarest class" if len(wanted) > 1 else f"samples taken for {data}",
        least(draw(model, SAMPLES)),
        "%",
        "higher",
        None,
        {f"ceiling (real {data})": least(test.images)},
    )
    return [*score_pictures(model, data), share]


@torch.no_grad()
def score_sprites(model: Generative) -> list[Score]:
    """FID of samples against the training sprites, and whether the samples are copies of them.

    Both kinds of real sprites are taken mirrored and in all orders of colours, as the training
    takes them: 12 pictures of each. All rows of the FID have as many pictures as the held-out
    sprites give, since few of them raise it. Its features are those of photographs. The distances
    are those of :func:`nearest_training_distance`: far below the held-out sprites' a generator
    copies, far above it draws what is like no sprite.
    """
    train, test = PICTURES["sprites"].load("train"), PICTURES["sprites"].load("test")
    known, held_out = (mirrored_and_recoloured(part.images) for part in (train, test))
    amount = len(held_out)
    features = partial(extract_features, zoo.load(PICTURES["sprites"].features).features)
    real = features(known)
    generator = torch.Generator().manual_seed(0)
    rate = known.mean(0).clamp(1e-4, 1 - 1e-4)
    pixels = images.binarize(rate.expand(amount, -1, -1, -1), generator)
    one = replace(train, images=known, labels=torch.zeros(len(known), dtype=torch.int64))
    beside = {
        "independent pixels": fid(features(pixels), real),
        "a Gaussian": fid(features(_gaussians(one, generator)[:amount]), real),
        "floor (held-out sprites)": fid(features(held_out), real),
    }
    drawn = draw(model, amount)
    copies = nearest_training_distance(drawn, known, test.images)
    name = f"FID of {amount:,} samples on {PICTURES['sprites'].features}"
    return [
        Score(name, fid(features(drawn), real), "", "lower", None, beside),
        Score(
            "samples closer to a training sprite than 99 % of the held-out ones",
            100 * copies.share_closer,
            "%",
            "lower",
            None,
            {
                "without copies": 1.0,
                "median distance of the samples": copies.median,
                "median distance of the held-out sprites": copies.reference_median,
            },
        ),
    ]


@torch.no_grad()
def score_conditional_gan(model: ConditionalGenerative, data: str) -> list[Score]:
    """What :func:`score_gan` measures; then, with 500 samples of each class, whether each is one.

    The FID of a class is of its 500 samples against its test pictures, and its floor is of 500
    training pictures: with so few pictures both are far above those of the whole set.
    """
    train, test = PICTURES[data].load("train"), PICTURES[data].load("test")
    classifier = zoo.load(PICTURES[data].features)
    features = partial(extract_features, classifier.features)
    classes = len(test.classes)
    drawn, labels = draw_classes(model, classes, SAMPLES // classes, seed=1)
    right = Estimate.of((named(classifier, drawn) == labels).float() * 100)
    ceiling = _per_cent(named(classifier, test.images) == test.labels)
    scores = [
        *score_gan(model, data),
        Score(
            "class accuracy of samples",
            right.mean,
            "%",
            "higher",
            right.standard_error,
            {"chance": 100 / len(test.classes), f"ceiling (real {data})": ceiling},
        ),
    ]
    for label, name in enumerate(test.classes):
        real = features(test.images[test.labels == label])
        others = train.images[train.labels == label][:500]
        beside = {f"floor (real {data})": fid(features(others), real)}
        distance = fid(features(drawn[labels == label]), real)
        scores.append(Score(f"FID of class {name}", distance, "", "lower", None, beside))
    return scores


@torch.no_grad()
def named(classifier: Classifier, pictures: Tensor) -> Tensor:
    """The class that the classifier sees in each picture, (N,)."""
    return torch.cat([classifier(batch).argmax(1) for batch in pictures.split(500)])


def accuracy(classifier: Classifier, pictures: ImageSet) -> float:
    """The share of pictures that a classifier names as they are labelled, in per cent."""
    return 100 * float((named(classifier, pictures.images) == pictures.labels).double().mean())


@torch.no_grad()
def fid_and_classes(model: Generative, data: str, samples: int) -> tuple[float, Tensor]:
    """The FID of samples against the test pictures of a set, and the class of each sample, (N,)."""
    network = zoo.load(PICTURES[data].features)
    pictures = draw(model, samples)
    distance = fid(extract_features(network.features, pictures), real_features(data))
    return distance, named(network, pictures)


@torch.no_grad()
def fid_to(model: Generative, pictures: ImageSet, samples: int) -> float:
    """The FID of samples against any digits, for choices that must not see the test digits."""
    network = zoo.load(PICTURES["digits"].features)
    features = partial(extract_features, network.features)
    return fid(features(draw(model, samples)), features(pictures.images))


@cache
def real_features(data: str) -> Tensor:
    """Return the features of the official test pictures of a set, (N, F)."""
    network = zoo.load(PICTURES[data].features)
    return extract_features(network.features, PICTURES[data].load("test").images)
