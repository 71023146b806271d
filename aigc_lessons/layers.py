"""Blocks that several families share, and the classifier whose features are the ruler of FID."""

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


class SmallClassifier(nn.Module):
    """A small convolutional classifier; its last hidden layer is the ruler of FID.

    conv 3x3 (32), conv 3x3 (32), pool, conv 3x3 (64), pool, linear (128), linear (classes), with
    ReLU after each but the last and padding that keeps the size.
    """

    features_size = 128

    def __init__(self, channels: int = 1, size: int = 28, classes: int = 10) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(channels, 32, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(32, 32, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(32, 64, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(64 * (size // 4) ** 2, self.features_size),
            nn.ReLU(),
        )
        self.head = nn.Linear(self.features_size, classes)

    def features(self, x: Tensor) -> Tensor:
        """Map images (N, C, H, W) in [0, 1] to the 128 activations before the last layer."""
        features: Tensor = self.body(x)
        return features

    def forward(self, x: Tensor) -> Tensor:
        """Map images (N, C, H, W) in [0, 1] to class logits (N, classes)."""
        logits: Tensor = self.head(self.features(x))
        return logits
