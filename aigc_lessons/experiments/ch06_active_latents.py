"""How many of 16 latents a model of grey digits uses, by loss and steps (chapter 6).

A perceptron as in the chapter, its optimiser and its rate; nothing is chosen by these numbers.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn

from aigc_lessons.data.images import mnist
from aigc_lessons.errors import CourseError
from aigc_lessons.experiments import Experiment
from aigc_lessons.models.autoencoders.objectives import gaussian_kl, reparameterize
from aigc_lessons.train.batches import Batches
from aigc_lessons.train.run import Run
from aigc_lessons.train.schedules import warmup_then_cosine

PIXELS, LATENTS, WIDTH = 784, 16, 320
ACTIVE = 0.01  # variance of the posterior mean from picture to picture: Burda et al. (2016)
CASES = (
    "averaged, 2,500 steps",
    "variance 1, 250 steps",
    "variance 1, 2,500 steps",
    "variance learnt, 2,500 steps",
)


class Terms(NamedTuple):
    """What one picture costs."""

    error: Tensor  # (N,), squared error summed over the pixels
    kl: Tensor  # (N,), nats


class Perceptrons(nn.Module):
    """The encoder and the decoder of the chapter."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Flatten(), nn.Linear(PIXELS, WIDTH), nn.SiLU(), nn.Linear(WIDTH, 2 * LATENTS)
        )
        self.decoder = nn.Sequential(nn.Linear(LATENTS, WIDTH), nn.SiLU(), nn.Linear(WIDTH, PIXELS))

    def forward(self, x: Tensor) -> Terms:
        """Reconstruct grey pictures (N, 1, 28, 28) from one draw of z."""
        mean, log_variance = self.encoder(x).chunk(2, -1)
        x_hat = self.decoder(reparameterize(mean, log_variance)).sigmoid()
        return Terms(
            (x.flatten(1) - x_hat).square().sum(1),
            gaussian_kl(mean, log_variance),
        )


def mean_loss(name: str, terms: Terms) -> Tensor:
    """The loss of a batch; a variance that is learnt is the best one for this batch."""
    error, kl = terms.error.mean(), terms.kl.mean()
    if name == "averaged":
        return error / PIXELS + kl / LATENTS
    if name == "variance learnt":  # at its best value the squared error adds PIXELS / 2 nats
        return PIXELS / 2 * (error / PIXELS).log() + kl
    return error / (2 * float(name.removeprefix("variance "))) + kl


def train(name: str, steps: int, seed: int) -> Perceptrons:
    """Train on the 4,000 embedded digits."""
    torch.manual_seed(seed)
    model = Perceptrons()
    optimizer = torch.optim.AdamW(model.parameters(), 5e-3, fused=True)
    warmup = min(50, steps // 5)
    schedule = warmup_then_cosine(steps, warmup)
    run = Run({"vae": model}, {"vae": optimizer}, seed=seed, schedule=schedule)

    def update(x: Tensor) -> dict[str, Tensor]:
        loss = mean_loss(name, model(x))
        run.descend(loss, "vae")
        return {"loss": loss}

    for _ in run.fit(update, Batches(mnist("train").images, batch_size=128, seed=seed), steps):
        pass
    return model.eval()


@torch.no_grad()
def measure(case: str, seed: int) -> dict[str, float]:
    """Train, then look at the held-out digits."""
    name, _, budget = case.partition(", ")
    if case not in EXPERIMENT.cases:
        raise CourseError(f"There is no case {case!r}. There are: {', '.join(EXPERIMENT.cases)}.")
    with torch.enable_grad():
        model = train(name, int(budget.removesuffix(" steps").replace(",", "")), seed)
    digits = mnist("held-out").images
    terms = model(digits)
    means = model.encoder(digits).chunk(2, -1)[0]
    noise = float(terms.error.mean()) / PIXELS
    return {
        "active latents": float((means.var(0) > ACTIVE).sum()),
        "KL divergence, nats per image": float(terms.kl.mean()),
        "squared error of a pixel": noise,
        "its root": math.sqrt(noise),
    }


EXPERIMENT = Experiment(
    summary="active latents by loss and steps (chapter 6)",
    cases=CASES,
    seeds=(0, 1, 2),
    measure=measure,
)
