"""Two small networks that learn from few digits, kept from overfitting in several ways.

One samples digits pixel by pixel, with an exact likelihood; one recognises them. A seed decides
which digits there are, how the weights begin and in which order the digits come.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from aigc_lessons.data.images import ImageSet, mnist
from aigc_lessons.models.autoregressive.networks import MaskedMLP
from aigc_lessons.train.batches import Batches, mixed_seed
from aigc_lessons.train.run import Run

BATCH_SIZE = 50
EVERY = 10  # updates between two looks at the validation digits


def halved(images: Tensor) -> Tensor:
    """Turn digits (N, 1, 28, 28) into rows of 14 × 14 black or white pixels, (N, 196)."""
    return (F.avg_pool2d(images, 2).flatten(1) > 0.4).float()


def drawing_cost(model: nn.Module, x: Tensor, labels: Tensor) -> Tensor:
    """-log p(x) of each picture, (N,), in nats per image and exact; the labels play no part."""
    return F.binary_cross_entropy_with_logits(model(x), x, reduction="none").sum(1)


def naming_cost(model: nn.Module, x: Tensor, labels: Tensor) -> Tensor:
    """-log p(label | x) of each picture, (N,), in nats per label."""
    return F.cross_entropy(model(x), labels, reduction="none")


def classifier(dropout: float = 0.0) -> nn.Module:
    """Make a multilayer perceptron from 784 pixels to ten logits."""
    return nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Dropout(dropout), nn.Linear(256, 10))


@dataclass(frozen=True)
class Task:
    """What is learnt, and for how long."""

    make: Callable[[float], nn.Module]  # of the share that dropout sets to zero
    cost: Callable[[nn.Module, Tensor, Tensor], Tensor]
    see: Callable[[Tensor], Tensor]  # from (N, 1, 28, 28) to the rows that the network sees
    learning_rate: float
    steps: int


TASKS = {
    "generator": Task(
        lambda share: MaskedMLP(dropout=share), drawing_cost, halved, learning_rate=0.01, steps=400
    ),
    "classifier": Task(
        classifier, naming_cost, lambda images: images.flatten(1), learning_rate=0.003, steps=300
    ),
}


@dataclass(frozen=True)
class Setting:
    """How a network is kept from overfitting."""

    decay: float = 0.0  # decoupled (Loshchilov and Hutter, 2019): AdamW
    penalty: float = 0.0  # L2, added to the gradient: Adam
    dropout: float = 0.0  # share of hidden units set to zero (Srivastava et al., 2014)
    early: bool = False  # keep the weights of the best validation cost
    digits: int = 300


METHODS = {
    "nothing": (Setting(),),
    "early stopping": (Setting(early=True),),
    "weight decay": tuple(Setting(decay=decay) for decay in (0.3, 1.0, 3.0, 10.0)),
    "L2 in the loss": tuple(Setting(penalty=penalty) for penalty in (0.001, 0.005, 0.02, 0.05)),
    "dropout": tuple(Setting(dropout=share) for share in (0.3, 0.5, 0.7)),
    "all three": tuple(
        Setting(decay=decay, dropout=share, early=True)
        for decay, share in ((0.2, 0.3), (0.5, 0.5), (1.0, 0.5))
    ),
    "ten times the digits": (Setting(early=True, digits=3_000),),
}


@cache
def data() -> tuple[ImageSet, Tensor, ImageSet]:
    """Return the embedded digits, their order (1,000 for validation first), and the held-out."""
    train = mnist("train")
    order = torch.randperm(len(train), generator=torch.Generator().manual_seed(0))
    return train, order, mnist("held-out")


def training_rows(seed: int, count: int) -> Tensor:
    """Choose which digits are trained on; none is a validation digit."""
    pool = data()[1][1_000:]
    generator = torch.Generator().manual_seed(mixed_seed(seed, count))
    return pool[torch.randperm(len(pool), generator=generator)[:count]]


@torch.no_grad()
def costs(task: Task, model: nn.Module, images: Tensor, labels: Tensor) -> tuple[float, float]:
    """Return the mean cost in nats and the share of correct labels (nan for the generator)."""
    device = next(model.parameters()).device
    x, labels = task.see(images).to(device), labels.to(device)
    model.eval()
    cost = task.cost(model, x, labels).mean().item()
    if task.cost is not naming_cost:
        return cost, float("nan")
    return cost, (model(x).argmax(1) == labels).float().mean().item()


def train(task: Task, setting: Setting, seed: int) -> dict[str, float]:
    """Train once; return the costs on training, validation and held-out digits, and the step."""
    digits, order, held_out = data()
    rows, check = training_rows(seed, setting.digits), order[:1_000]
    x, labels = task.see(digits.images[rows]), digits.labels[rows]
    torch.manual_seed(seed)
    model = task.make(setting.dropout)
    kind = torch.optim.Adam if setting.penalty else torch.optim.AdamW
    decay = setting.penalty or setting.decay
    optimizer = kind(model.parameters(), lr=task.learning_rate, weight_decay=decay)
    run = Run({"net": model}, {"net": optimizer}, seed=seed)

    def update(batch: tuple[Tensor, Tensor]) -> dict[str, Tensor]:
        loss = task.cost(run.models["net"], *batch).mean()
        run.descend(loss, "net")
        return {"loss": loss}

    best: dict[str, float] = {}
    for step in run.fit(update, Batches(x, labels, batch_size=BATCH_SIZE, seed=seed), task.steps):
        if step.step % EVERY or not (setting.early or step.step == task.steps):
            continue
        validation, _ = costs(task, model, digits.images[check], digits.labels[check])
        if not best or validation < best["validation"]:
            cost, correct = costs(task, model, held_out.images, held_out.labels)
            seen, _ = costs(task, model, digits.images[rows], digits.labels[rows])
            best = {"held-out": cost, "validation": validation, "train": seen}
            best |= {"step": step.step} | ({"accuracy": correct} if correct == correct else {})
    return best
