"""What needs a process of its own: sharing a batch among several, and another precision."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import small_regression
import torch
import two_processes

from aigc_lessons.recipes import RECIPES
from aigc_lessons.train.checkpoint import load_state

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="the launcher of PyTorch needs Linux or macOS"
)


def launch(processes: int, script: str, folder: Path) -> None:
    """Run a script in some processes that talk to each other; a failure shows what they said."""
    launcher = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"]
    ended = subprocess.run(
        [sys.executable, *launcher, script, str(folder)],
        env={**os.environ, "OMP_NUM_THREADS": "1", "ACCELERATE_USE_CPU": "true"},
        timeout=600,
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr


def test_every_recipe_runs_in_two_processes(tmp_path: Path) -> None:
    launch(2, two_processes.__file__, tmp_path)
    for name in RECIPES:
        assert (tmp_path / name / "model.safetensors").is_file(), name


def test_two_processes_equal_one(tmp_path: Path) -> None:
    small_regression.main(str(tmp_path / "one"))
    launch(2, small_regression.__file__, tmp_path / "two")
    one, two = (load_state(tmp_path / folder / "checkpoint.pt") for folder in ("one", "two"))
    assert one["step"] == two["step"] == 30
    for kind in ("models", "averages"):
        for key, value in one[kind]["net"].items():
            assert torch.allclose(value, two[kind]["net"][key], rtol=1e-10), (kind, key)


BF16 = """
import torch
from torch import nn
from aigc_lessons.train.run import Run

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
