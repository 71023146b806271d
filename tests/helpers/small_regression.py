"""Fits a small regression, in one process or shared by several."""

import torch
from torch import nn

from aigc_lessons.train.batches import Batches
from aigc_lessons.train.run import Run


def main(folder: str) -> None:
    """Fit a small regression."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1)).double()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    run = Run({"net": model}, {"net": optimizer}, folder=folder, average=0.9)
    x = torch.randn(64, 4, generator=torch.Generator().manual_seed(1), dtype=torch.float64)

    def update(batch: tuple[torch.Tensor, torch.Tensor]) -> dict[str, torch.Tensor]:
        loss = (run.models["net"](batch[0]) - batch[1]).square().mean()
        run.descend(loss, "net")
        return {"loss": loss}

    for _ in run.fit(update, Batches(x, x.sum(1, keepdim=True), batch_size=16), 30):
        pass
