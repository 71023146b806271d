"""The networks of autoencoders."""

import math

import torch
from torch import Tensor, nn

from aigc_lessons.layers import ResidualMLP
from aigc_lessons.models.autoencoders.objectives import Elbo, elbo

Shape = tuple[int, int, int]  # (C, H, W)


class LatentModel(nn.Module):
    """What every variational autoencoder here can do once it encodes and decodes."""

    latents: int  # L

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Map images (N, C, H, W) to mean and log-variance of q(z | x), each (N, L)."""
        raise NotImplementedError

    def decode(self, z: Tensor) -> Tensor:
        """Map latents (..., L) to the logits of p(x | z), (..., C, H, W)."""
        raise NotImplementedError

    def forward(self, x: Tensor) -> Elbo:
        """Estimate the bound of every image with one draw of z; see :func:`objectives.elbo`."""
        return elbo(self, x)

    @torch.no_grad()
    def sample(self, count: int) -> Tensor:
        """Draw z from the prior; return the mean pictures p(x = 1 | z), (count, C, H, W)."""
        device = next(self.parameters()).device
        return self.decode(torch.randn(count, self.latents, device=device)).sigmoid()


class VAE(LatentModel):
    """A variational autoencoder for binary images with a standard normal prior.

    The encoder gives q(z | x) = N(mu(x), sigma^2(x)), the decoder the logits of p(x | z). Both are
    residual multilayer perceptrons.
    """

    mean_image: Tensor  # (C, H, W), subtracted from what the encoder sees

    def __init__(
        self,
        latents: int = 32,
        width: int = 384,
        blocks: int = 2,
        shape: Shape = (1, 28, 28),
    ) -> None:
        super().__init__()
        self.latents = latents
        self.shape = shape
        pixels = math.prod(shape)
        self.encoder = ResidualMLP(pixels, 2 * latents, width, blocks)
        self.decoder = ResidualMLP(latents, pixels, width, blocks)
        self.register_buffer("mean_image", torch.zeros(shape))

    @torch.no_grad()
    def start_from(self, images: Tensor) -> None:
        """Begin with what the mean of the training images tells, before any training.

        The encoder sees differences from the mean, and the decoder begins with each pixel's own
        log-odds instead of one half everywhere: training need not find the mean digit first.

        Args:
            images: (N, C, H, W), values in [0, 1].
        """
        mean = images.mean(0)
        self.mean_image.copy_(mean)
        bias = self.decoder.output.bias
        bias.copy_(torch.logit(mean.flatten(), eps=1e-3))

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Map images (N, C, H, W) to mean and log-variance of q(z | x), each (N, L)."""
        mean, log_variance = self.encoder((x - self.mean_image).flatten(-3)).chunk(2, -1)
        return mean, log_variance

    def decode(self, z: Tensor) -> Tensor:
        """Map latents (..., L) to the logits of p(x | z), (..., C, H, W)."""
        logits: Tensor = self.decoder(z).unflatten(-1, self.shape)
        return logits


class ConvVAE(LatentModel):
    """A variational autoencoder of binary images whose two networks are convolutional.

    The encoder halves the maps twice before a perceptron gives q(z | x); the decoder takes the same
    way back, so that a stroke is drawn alike wherever it stands.
    """

    def __init__(
        self,
        latents: int = 16,
        channels: int = 16,
        width: int = 256,
        shape: Shape = (1, 28, 28),
    ) -> None:
        super().__init__()
        colours, rows, columns = shape
        small = (3 * channels, rows // 4, columns // 4)
        self.latents = latents
        self.encoder = nn.Sequential(
            nn.Conv2d(colours, channels, 4, 2, 1),
            nn.SiLU(),
            nn.Conv2d(channels, small[0], 4, 2, 1),
            nn.SiLU(),
            nn.Flatten(),
            nn.Linear(math.prod(small), width),
            nn.SiLU(),
            nn.Linear(width, 2 * latents),
        )
        self.decoder = nn.Sequential(
            nn.Linear(latents, width),
            nn.SiLU(),
            nn.Linear(width, math.prod(small)),
            nn.SiLU(),
            nn.Unflatten(1, small),
            nn.ConvTranspose2d(small[0], channels, 4, 2, 1),
            nn.SiLU(),
            nn.ConvTranspose2d(channels, colours, 4, 2, 1),
        )

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Map images (N, C, H, W) to mean and log-variance of q(z | x), each (N, L)."""
        mean, log_variance = self.encoder(x).chunk(2, -1)
        return mean, log_variance

    def decode(self, z: Tensor) -> Tensor:
        """Map latents (..., L) to the logits of p(x | z), (..., C, H, W)."""
        logits = self.decoder(z.reshape(-1, self.latents))
        unflattened: Tensor = logits.unflatten(0, z.shape[:-1])
        return unflattened
