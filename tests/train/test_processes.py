"""What needs a process of its own: sharing a batch among several, and another precision."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import small_regression
import torch
import two_processes
from accelerate.state import AcceleratorState
from torch import Tensor, nn

from aigc_lessons.recipes import RECIPES
from aigc_lessons.train.checkpoint import load_state
from aigc_lessons.train.run import Run

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="the launcher of PyTorch needs Linux or macOS"
)


@pytest.fixture(scope="module")
def launched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that two processes filled; a failure shows what they said."""
    folder = tmp_path_factory.mktemp("two")
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    helpers = str(Path(two_processes.__file__).parent)
    ended = subprocess.run(
        [sys.executable, *launcher, two_processes.__file__, str(folder)],
        env={
            **os.environ,
            "OMP_NUM_THREADS": "1",
            "ACCELERATE_USE_CPU": "true",
            "PYTHONPATH": os.pathsep.join([helpers, os.environ.get("PYTHONPATH", "")]),
        },
        timeout=600,
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr
    return folder


def test_every_recipe_runs_in_two_processes(launched: Path) -> None:
    for name in RECIPES:
        assert (launched / name / "model.safetensors").is_file(), name


def test_two_processes_equal_one(launched: Path, tmp_path: Path) -> None:
    small_regression.main(str(tmp_path))
    one, two = (load_state(f / "checkpoint.pt") for f in (tmp_path, launched / "regression"))
    assert one["step"] == two["step"] == 30
    for kind in ("models", "averages"):
        for key, value in one[kind]["net"].items():
            assert torch.allclose(value, two[kind]["net"][key], rtol=1e-10), (kind, key)


@pytest.fixture
def free_precision() -> Iterator[None]:
    """Accelerate fixes one precision for a process: forget it before and after."""
    AcceleratorState._reset_state(reset_partial_state=True)
    yield
    AcceleratorState._reset_state(reset_partial_state=True)


@pytest.mark.usefixtures("free_precision")
def test_bf16_multiplies_in_16_bits_and_keeps_the_weights_in_32() -> None:
    torch.manual_seed(0)
    model = nn.Linear(4, 1)
    run = Run({"net": model}, {"net": torch.optim.SGD(model.parameters(), 0.1)}, precision="bf16")
    x = torch.randn(64, 4)
    seen = set()

    def update(batch: Tensor) -> dict[str, Tensor]:
        seen.add(nn.functional.linear(batch, model.weight).dtype)
        loss = (run.models["net"](batch).float() - batch.sum(1, keepdim=True)).square().mean()
        run.descend(loss, "net")
        return {"loss": loss}

    losses = [step.losses["loss"] for step in run.fit(update, lambda step: x, 50)]
    assert seen == {torch.bfloat16}
    assert {weight.dtype for weight in model.parameters()} == {torch.float32}
    assert losses[-1] < 0.01 * losses[0]
