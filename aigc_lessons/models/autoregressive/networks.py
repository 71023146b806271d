"""Autoregressive networks."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812


class MaskedMLP(nn.Module):
    """A network whose output i depends on the inputs before i only: it predicts pixel by pixel.

    Its outputs are the logits of p(x_i = 1 | x_<i), so that the likelihood is exact. The masks are
    those of Germain, Gregor, Murray and Larochelle (2015) with one hidden layer.
    """

    first: Tensor  # (W, D), 1 where a hidden unit may see a pixel
    second: Tensor  # (D, W), 1 where a pixel may see a hidden unit

    def __init__(self, pixels: int = 196, width: int = 256, dropout: float = 0.0) -> None:
        super().__init__()
        sees = torch.arange(width) % (pixels - 1) + 1  # unit j sees the first sees[j] pixels
        place = torch.arange(1, pixels + 1)
        self.register_buffer("first", (place <= sees[:, None]).float())
        self.register_buffer("second", (sees < place[:, None]).float())
        self.hidden = nn.Linear(pixels, width)
        self.output = nn.Linear(width, pixels)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """Map pixels (N, D), 0 or 1, to logits (N, D)."""
        hidden = F.linear(x, self.hidden.weight * self.first, self.hidden.bias).relu()
        return F.linear(self.dropout(hidden), self.output.weight * self.second, self.output.bias)

    @torch.no_grad()
    def sample(self, count: int, generator: torch.Generator | None = None) -> Tensor:
        """Draw pictures pixel by pixel, (count, D)."""
        x = torch.zeros(count, len(self.second))
        for place in range(len(self.second)):
            chance = self(x)[:, place].sigmoid()
            x[:, place] = torch.bernoulli(chance, generator=generator)
        return x
