"""What needs a process of its own: sharing a batch among several, and another precision."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from aigc_lessons.batches import Batches
from aigc_lessons.checkpoint import load_state
from aigc_lessons.training import Run


def main(folder: str) -> None:
    """Fit a small regression; run by this file as a script, in one process or in several."""
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


@pytest.mark.skipif(sys.platform == "win32", reason="the launcher of PyTorch needs Linux or macOS")
def test_two_processes_equal_one(tmp_path: Path) -> None:
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "ACCELERATE_USE_CPU": "true"}
    for processes, folder in ((1, "one"), (2, "two")):
        launch = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"]
        subprocess.run(
            [sys.executable, *launch, __file__, str(tmp_path / folder)],
            check=True,
            env=environment,
            timeout=240,
            capture_output=True,
        )
    one, two = (load_state(tmp_path / folder / "checkpoint.pt") for folder in ("one", "two"))
    assert one["step"] == two["step"] == 30
    for kind in ("models", "averages"):
        for key, value in one[kind]["net"].items():
            assert torch.allclose(value, two[kind]["net"][key], rtol=1e-10), (kind, key)


BF16 = """
import torch
from torch import nn
from aigc_lessons.training import Run

torch.manual_seed(0)
model = nn.Linear(4, 1)
run = Run({"net": model}, {"net": torch.optim.SGD(model.parameters(), 0.1)}, precision="bf16")
x = torch.randn(64, 4)
seen = set()

def update(batch):
    seen.add(torch.nn.functional.linear(batch, model.weight).dtype)
    loss = (run.models["net"](batch).float() - batch.sum(1, keepdim=True)).square().mean()
    run.descend(loss, "net")
    return {"loss": loss}

losses = [step.losses["loss"] for step in run.fit(update, lambda step: x, 50)]
assert seen == {torch.bfloat16}, seen
assert {weight.dtype for weight in model.parameters()} == {torch.float32}
assert losses[-1] < 0.01 * losses[0], losses
"""


def test_bf16_multiplies_in_16_bits_and_keeps_the_weights_in_32() -> None:
    run = subprocess.run([sys.executable, "-c", BF16], capture_output=True, text=True, timeout=240)
    assert run.returncode == 0, run.stderr


if __name__ == "__main__":
    main(sys.argv[1])
