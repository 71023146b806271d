"""The players of generative adversarial networks, for points and for pictures.

A generator maps latents z ~ N(0, I) to examples, a discriminator maps examples to logits. The games
that they play are in `objectives`.
"""

import math
from itertools import pairwise

import torch
from torch import Tensor, nn

from aigc_lessons.errors import CourseError
from aigc_lessons.layers import ResidualMLP

Shape = tuple[int, int, int]  # (C, H, W)
PATCH = 4  # pixels down and across for each place of the smallest maps
LEAK = 0.2  # factor of the leaky ReLU below 0, as in DCGAN


class MLPGenerator(nn.Module):
    """A residual multilayer perceptron from latents z ~ N(0, I) to points, or to pictures.

    Pictures, of a shape (C, H, W), go through a sigmoid; points, of a shape (D,), do not.
    """

    def __init__(
        self, latents: int = 2, shape: tuple[int, ...] = (2,), width: int = 128, blocks: int = 2
    ) -> None:
        super().__init__()
        self.latents = latents
        self.shape = shape
        self.body = ResidualMLP(latents, math.prod(shape), width, blocks)

    def forward(self, z: Tensor) -> Tensor:
        """Map latents (N, L) to examples (N, *shape)."""
        examples: Tensor = self.body(z).unflatten(-1, self.shape)
        return examples.sigmoid() if len(self.shape) == 3 else examples

    @torch.no_grad()
    def sample(self, count: int) -> Tensor:
        """Draw z from the prior; return examples, (count, *shape)."""
        examples: Tensor = self(_latents(self, count))
        return examples


class MLPDiscriminator(nn.Module):
    """A residual multilayer perceptron from examples of any shape to logits."""

    def __init__(self, shape: tuple[int, ...] = (2,), width: int = 128, blocks: int = 2) -> None:
        super().__init__()
        self.body = ResidualMLP(math.prod(shape), 1, width, blocks)

    def forward(self, x: Tensor) -> Tensor:
        """Map examples (N, *shape) to logits (N,)."""
        logits: Tensor = self.body(x.flatten(1)).squeeze(-1)
        return logits


class Generator(nn.Module):
    """A convolutional generator: latents z ~ N(0, I) to pictures.

    A linear layer makes maps of a quarter of the picture's side, convolutions with batch
    normalisation work on them as in DCGAN (Radford, Metz and Chintala, 2016), and then the maps
    grow in one of two ways. The last convolution gives the 4 x 4 pixels of each place at once
    (sub-pixel convolution: Shi et al., 2016): all work is done on small maps, where a processor is
    fastest. Or, with ``doubling``, two transposed convolutions double the maps, as in DCGAN. With
    ``classes`` an embedding of the label stands beside z (Mirza and Osindero, 2014).
    """

    def __init__(
        self,
        latents: int = 64,
        channels: int = 64,
        blocks: int = 1,
        shape: Shape = (1, 28, 28),
        classes: int | None = None,
        doubling: tuple[int, int] | None = None,  # channels of the maps of half and of full size
    ) -> None:
        super().__init__()
        colours, rows, columns = _grid(shape)
        self.latents = latents
        self.embedding = None if classes is None else nn.Embedding(classes, latents)
        inputs = latents if classes is None else 2 * latents
        self.body = nn.Sequential(
            nn.Linear(inputs, channels * rows * columns, bias=False),  # the next layer has one
            nn.Unflatten(1, (channels, rows, columns)),
            *_normalised(channels),
        )
        for _ in range(blocks):
            self.body.append(nn.Conv2d(channels, channels, 3, padding=1, bias=False))
            self.body.extend(_normalised(channels))
        if doubling is None:
            self.body.append(nn.Conv2d(channels, PATCH**2 * colours, 3, padding=1))
            self.body.append(nn.PixelShuffle(PATCH))
        else:
            for coarse, fine in pairwise((channels, *doubling)):
                # A kernel of twice the stride reaches every pixel equally often.
                self.body.append(nn.ConvTranspose2d(coarse, fine, 4, 2, 1, bias=False))
                self.body.extend(_normalised(fine))
            self.body.append(nn.Conv2d(doubling[-1], colours, 3, padding=1))

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map latents (N, L), and labels (N,) if it has classes, to pictures in [0, 1]."""
        embedded = _embedded(self.embedding, labels)
        inputs = z if embedded is None else torch.cat([z, embedded], 1)
        pictures: Tensor = self.body(inputs).sigmoid()
        return pictures

    @torch.no_grad()
    def sample(self, count: int, labels: Tensor | None = None) -> Tensor:
        """Draw z from the prior; return pictures, (count, C, H, W).

        Labels (count,) choose the classes; without them a network that has classes draws them.
        """
        z = _latents(self, count)
        if self.embedding is not None and labels is None:
            labels = torch.randint(self.embedding.num_embeddings, (count,), device=z.device)
        pictures: Tensor = self(z, labels)
        return pictures


class Discriminator(nn.Module):
    """A convolutional discriminator: pictures in [0, 1] to logits, without normalisation.

    The generator's mirror image: 4 x 4 pixels are the channels of one place or, with ``halving``,
    2 x 2 of them, of which a convolution with stride 2 makes the same small maps. Each picture
    counts alone, as gradient penalties need. With ``classes`` it is a projection
    discriminator, logit = w . h(x) + e_label . h(x) (Miyato and Koyama, 2018).
    """

    def __init__(
        self,
        channels: int = 64,
        blocks: int = 1,
        shape: Shape = (1, 28, 28),
        classes: int | None = None,
        halving: int | None = None,  # channels of the maps of half size
    ) -> None:
        super().__init__()
        colours, rows, columns = _grid(shape)
        features = channels * rows * columns
        self.embedding = None if classes is None else nn.Embedding(classes, features)
        patch = PATCH if halving is None else PATCH // 2
        first = channels if halving is None else halving
        self.body = nn.Sequential(
            nn.PixelUnshuffle(patch),
            nn.Conv2d(patch**2 * colours, first, 3, padding=1),
            nn.LeakyReLU(LEAK),
        )
        if halving is not None:
            self.body.extend([nn.Conv2d(halving, channels, 4, 2, 1), nn.LeakyReLU(LEAK)])
        for _ in range(blocks):
            self.body.extend([nn.Conv2d(channels, channels, 3, padding=1), nn.LeakyReLU(LEAK)])
        self.body.append(nn.Flatten())
        self.head = nn.Linear(features, 1)

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map pictures (N, C, H, W), and labels (N,) if it has classes, to logits (N,)."""
        features = self.body(2 * x - 1)
        logits: Tensor = self.head(features).squeeze(-1)
        embedded = _embedded(self.embedding, labels)
        return logits if embedded is None else logits + (embedded * features).sum(1)


def _normalised(channels: int) -> tuple[nn.Module, nn.Module]:
    """What follows each layer of a generator but the last."""
    return nn.BatchNorm2d(channels), nn.LeakyReLU(LEAK)


def _grid(shape: Shape) -> Shape:
    """The colours of pictures, and how many patches they have down and across."""
    if len(shape) != 3 or min(shape) < 1 or shape[1] % PATCH or shape[2] % PATCH:
        raise CourseError(
            f"Pictures need a shape (C, H, W) with H and W divisible by {PATCH}, for example "
            f"(1, 28, 28), not {tuple(shape)}. Pad or crop them."
        )
    return shape[0], shape[1] // PATCH, shape[2] // PATCH


def _embedded(embedding: nn.Embedding | None, labels: Tensor | None) -> Tensor | None:
    """The labels' vectors, or None for a network without classes."""
    if embedding is None:
        if labels is not None:
            raise CourseError(
                "This network has no classes. Call it without labels, or build it with classes=10."
            )
        return None
    classes = embedding.num_embeddings
    if labels is None or not bool(((labels >= 0) & (labels < classes)).all()):
        raise CourseError(
            f"This network has classes. Call it with labels: integers of 0 to {classes - 1}, "
            "one for each example."
        )
    embedded: Tensor = embedding(labels)
    return embedded


def _latents(network: MLPGenerator | Generator, count: int) -> Tensor:
    device = next(network.parameters()).device
    return torch.randn(count, network.latents, device=device)
