"""Muon, the optimiser of the hidden matrices of a transformer."""

import torch
from torch import Tensor

from aigc_lessons.errors import CourseError

# Five steps with these numbers bring every singular value into about [0.7, 1.2] (Jordan, 2024).
COEFFICIENTS = (3.4445, -4.7750, 2.0315)


def orthogonalize(matrix: Tensor, steps: int = 5) -> Tensor:
    """Bring all singular values of a matrix near 1 and leave its singular vectors as they are.

    Each Newton–Schulz step applies x -> a x + b x³ + c x⁵ to the singular values, by products of
    matrices alone.

    Args:
        matrix: (..., R, C), not zero.
        steps: how many.

    Source: Jordan et al. (2024); Bernstein and Newhouse (2024).
    """
    a, b, c = COEFFICIENTS
    tall = matrix.shape[-2] > matrix.shape[-1]
    x = matrix.mT if tall else matrix
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)  # no singular value is above 1
    for _ in range(steps):
        square = x @ x.mT
        x = a * x + (b * square + c * square @ square) @ x
    result: Tensor = x.mT if tall else x
    return result


class Muon(torch.optim.Optimizer):
    """Descent by the orthogonalised momentum: each singular direction moves equally far.

    For matrices between hidden layers; embeddings, heads and vectors need another optimiser. It
    calculates in 32 bits: PyTorch's own Muon uses bfloat16, which processors without such
    instructions emulate, at thirty times the time.

    Source: Jordan et al. (2024).
    """

    def __init__(
        self, params: object, lr: float = 0.02, momentum: float = 0.95, weight_decay: float = 0.0
    ) -> None:
        """Hold the matrices.

        Args:
            params: matrices, as any optimiser of PyTorch takes them.
            lr: the root mean square of an update of a square matrix is lr / sqrt(width).
            momentum: part of the last direction that is kept (Nesterov).
            weight_decay: part of a weight that an update with lr = 1 would take away.

        Raises:
            CourseError: a parameter is not a matrix.
        """
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})  # type: ignore[arg-type]
        for weight in (p for group in self.param_groups for p in group["params"]):
            if weight.dim() != 2:
                raise CourseError(
                    f"Muon moves matrices, not a parameter of shape {tuple(weight.shape)}. Give "
                    "that one to AdamW."
                )

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Move every matrix that has a gradient."""
        for group in self.param_groups:
            shapes: dict[torch.Size, list[Tensor]] = {}
            for weight in group["params"]:
                if weight.grad is not None:
                    shapes.setdefault(weight.shape, []).append(weight)
            for weights in shapes.values():  # matrices of one shape together
                moved = orthogonalize(torch.stack([self._direction(w, group) for w in weights]))
                rows, columns = weights[0].shape
                size = group["lr"] * max(1, rows / columns) ** 0.5
                for weight, direction in zip(weights, moved, strict=True):
                    weight.mul_(1 - group["lr"] * group["weight_decay"])
                    weight.sub_(direction, alpha=size)

    def _direction(self, weight: Tensor, group: dict[str, float]) -> Tensor:
        gradient = weight.grad
        assert gradient is not None
        state = self.state[weight]
        if not state:
            state["momentum"] = torch.zeros_like(weight)
        average: Tensor = state["momentum"]
        average.lerp_(gradient, 1 - group["momentum"])
        return gradient.lerp(average, group["momentum"])
