"""A GAN of perceptrons beside a convolutional one (chapter 10), with three seeds.

Both generators have batch normalisation, both discriminators have none. The pairs are compared
after as many digits, and after about as many seconds. Each has, for its number of steps, the best
of the fifteen pairs of rates in ``GRID``: the lowest FID of ``measure(case, 9, rates, TUNING)``,
on digits that are not those of the score. The sizes of the convolutional pair were chosen in
earlier trials on these digits; the width of the perceptrons was not.
"""

import time
from functools import partial

import torch
from torch import nn

from aigc_lessons import zoo
from aigc_lessons.data.images import mnist
from aigc_lessons.errors import CourseError
from aigc_lessons.experiments import Experiment
from aigc_lessons.metrics.images import extract_features, fid
from aigc_lessons.models.gan.networks import LEAK, Discriminator, Generator
from aigc_lessons.models.gan.update import GENERATOR, Rules, compete
from aigc_lessons.train.batches import Batches

BATCH_SIZE, LATENTS, WIDTH = 32, 64, 256
SAMPLES = 1_000
SURE = 0.9  # probability from which the classifier counts as sure
GRID = (
    *((g, d) for g in (3e-3, 6e-3, 1.2e-2) for d in (1e-3, 3e-3, 6e-3)),
    *((g, d) for g in (2.4e-2, 4.8e-2) for d in (1e-3, 3e-3)),
    *((2.4e-2, 6e-3), (1.2e-2, 3e-4)),
)
REPORTED, TUNING = ("train", "held-out"), ("tuning", "validation")  # to train, to score
# The steps of each case, and the rates of generator and discriminator.
CASES = {
    "convolutional, 500 steps": (500, (2.4e-2, 3e-3)),
    "perceptrons, 500 steps": (500, (2.4e-2, 6e-3)),
    "perceptrons, 1,200 steps": (1_200, (4.8e-2, 1e-3)),
}


class PerceptronGenerator(nn.Sequential):
    """Latents (N, L) to digits (N, 1, 28, 28), with batch normalisation and no convolution."""

    def __init__(self) -> None:
        layers: list[nn.Module] = []
        for inputs in (LATENTS, WIDTH):
            layers.append(nn.Linear(inputs, WIDTH, bias=False))
            layers.extend([nn.BatchNorm1d(WIDTH), nn.LeakyReLU(LEAK)])
        layers.extend([nn.Linear(WIDTH, 784), nn.Unflatten(1, (1, 28, 28)), nn.Sigmoid()])
        super().__init__(*layers)
        self.latents = LATENTS


class PerceptronDiscriminator(nn.Module):
    """Digits (N, 1, 28, 28) to logits (N,), without normalisation."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Flatten(),
            *(nn.Linear(784, WIDTH), nn.LeakyReLU(LEAK)),
            *(nn.Linear(WIDTH, WIDTH), nn.LeakyReLU(LEAK)),
            nn.Linear(WIDTH, 1),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map pictures in [0, 1] to logits."""
        logits: torch.Tensor = self.body(2 * x - 1).squeeze(-1)
        return logits


def players(case: str) -> tuple[nn.Module, nn.Module]:
    """Make the generator and the discriminator of a case."""
    if case.startswith("convolutional"):
        return Generator(LATENTS, 24, doubling=(16, 8)), Discriminator(24, halving=12)
    return PerceptronGenerator(), PerceptronDiscriminator()


def measure(
    case: str,
    seed: int,
    rates: tuple[float, float] | None = None,
    digits: tuple[str, str] = REPORTED,
    steps: int | None = None,
) -> dict[str, float]:
    """Train one pair with one seed, which draws the weights, the digits and the noise.

    Args:
        case: a key of ``CASES``.
        seed: of everything.
        rates: of generator and discriminator, instead of those of the case.
        digits: the splits of MNIST to train and to score on.
        steps: instead of those of the case.

    Returns:
        the "FID" of 1,000 samples to the digits of the score; for how many of them, in per cent,
        the classifier is "sure"; "FID, floor" and "sure, real digits" beside these; the "seconds"
        of the processor, and the "weights" of both players.

    Raises:
        CourseError: there is no such case.
    """
    if case not in CASES:
        raise CourseError(f"There is no case {case!r}. There are: {', '.join(CASES)}.")
    planned, chosen = CASES[case]
    steps = steps or planned
    torch.manual_seed(seed)
    pair = players(case)
    weights = float(sum(zoo.parameter_count(player) for player in pair))  # before one is frozen
    train, held_out = (mnist(split).images for split in digits)
    began = time.process_time()
    run = compete(
        *pair,
        Batches(train, batch_size=BATCH_SIZE, seed=seed),
        Rules("non-saturating"),
        steps,
        rates=rates or chosen,
        seed=seed,
        schedule=lambda step: 1 - step / steps,
    )
    seconds = time.process_time() - began
    generator = run.models[GENERATOR].eval()
    classifier = zoo.load("digit-features")
    features = partial(extract_features, classifier.features)
    with torch.no_grad():
        samples = generator(torch.randn(SAMPLES, LATENTS))
        sure = [
            100 * float((classifier(x).softmax(1).max(1).values >= SURE).float().mean())
            for x in (samples, held_out)
        ]
    real = features(held_out)
    return {
        "FID": fid(features(samples), real),
        "FID, floor": fid(features(train[:: len(train) // SAMPLES][:SAMPLES]), real),
        "sure": sure[0],
        "sure, real digits": sure[1],
        "seconds": seconds,
        "weights": weights,
    }


EXPERIMENT = Experiment(
    summary="a GAN of perceptrons beside a convolutional one (chapter 10)",
    cases=tuple(CASES),
    seeds=(0, 1, 2),
    measure=measure,
)
