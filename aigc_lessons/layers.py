"""Blocks that several families share."""

from torch import Tensor, nn


class ResidualMLP(nn.Module):
    """A multilayer perceptron whose hidden blocks add to what they get.

    Each block computes h + W2 silu(W1 norm(h)); the sum lets gradients pass unchanged (He et al.,
    2016) and the normalisation (Ba et al., 2016) lets the learning rate be large.
    """

    def __init__(self, inputs: int, outputs: int, width: int, blocks: int) -> None:
        super().__init__()
        self.first = nn.Linear(inputs, width)
        self.blocks = nn.ModuleList(
            nn.Sequential(
                nn.LayerNorm(width), nn.Linear(width, width), nn.SiLU(), nn.Linear(width, width)
            )
            for _ in range(blocks)
        )
        self.output = nn.Linear(width, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Map (..., inputs) to (..., outputs)."""
        hidden = self.first(x)
        for block in self.blocks:
            hidden = hidden + block(hidden)
        output: Tensor = self.output(nn.functional.silu(hidden))
        return output
