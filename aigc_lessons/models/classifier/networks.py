"""Classifiers of small pictures."""

from torch import Tensor, nn


class SmallClassifier(nn.Module):
    """A small convolutional classifier; its last hidden layer is the feature network of FID.

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


def strided_classifier() -> nn.Module:
    """Build a convolutional network of two layers for digits of 28×28 pixels."""
    return nn.Sequential(
        nn.Conv2d(1, 16, 5, stride=2, padding=2),
        nn.ReLU(),
        nn.Conv2d(16, 32, 5, stride=2, padding=2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(32 * 7 * 7, 64),
        nn.ReLU(),
        nn.Linear(64, 10),
    )
