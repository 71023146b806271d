"""The training loop: order of the data, exact resume, twenty kills, errors that say what to do."""

import multiprocessing
import random
import signal
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from aigc_lessons.errors import CourseError
from aigc_lessons.files import written_aside
from aigc_lessons.train.batches import Batches
from aigc_lessons.train.checkpoint import load_state, save_state
from aigc_lessons.train.progress import progress
from aigc_lessons.train.run import Run
from aigc_lessons.train.schedules import warmup_then_cosine

STEPS = 2_000


def make_run(folder: Path | None = None, seed: int = 3, width: int = 8, **settings: Any) -> Run:
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(4, width), nn.Dropout(0.2), nn.Tanh(), nn.Linear(width, 1))
    return Run(
        models={"net": model},
        optimizers={"net": torch.optim.AdamW(model.parameters(), lr=1e-2)},
        seed=seed,
        folder=folder,
        schedule=warmup_then_cosine(STEPS, 10),
        average=0.99,
        **settings,
    )


def data(seed: int = 3) -> Batches:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(100, 4, generator=generator)
    return Batches(x, x.sum(1, keepdim=True), batch_size=16, seed=seed)


def fit(run: Run, steps: int, save_every: int = 25, made: Any = None) -> None:
    def update(batch: tuple[Tensor, Tensor]) -> dict[str, Tensor]:
        x, y = batch
        noisy = x + 0.1 * torch.randn_like(x)  # random numbers inside the update, like a VAE
        loss = (run.models["net"](noisy) - y).square().mean()
        run.descend(loss, "net")
        return {"loss": loss}

    for _ in run.fit(update, data(), steps, save_every):
        torch.rand(1)  # what the body of the loop draws must not matter
        if made is not None:
            made.value += 1


def train_in_child(folder: str, made: Any) -> None:
    """Train and count in ``made`` the updates that this process has made."""
    torch.set_num_threads(1)
    fit(make_run(Path(folder)), STEPS, made=made)


def assert_same_state(first: Path, second: Path) -> None:
    one, two = load_state(first / "checkpoint.pt"), load_state(second / "checkpoint.pt")
    assert one["step"] == two["step"]
    for kind in ("models", "averages"):
        for key, value in one[kind]["net"].items():
            assert torch.equal(value, two[kind]["net"][key]), (kind, key)
    moments = one["optimizers"]["net"]["state"], two["optimizers"]["net"]["state"]
    for key, entry in moments[0].items():
        for name, value in entry.items():
            assert torch.equal(value, moments[1][key][name]), (key, name)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows has no kill -9")
def test_twenty_kills_and_twenty_exact_resumes(tmp_path: Path) -> None:
    torch.set_num_threads(1)
    fit(make_run(tmp_path / "whole"), STEPS)
    # A fork server imports torch and this module once, so that twenty starts are affordable.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])

    def start() -> tuple[Any, Any]:
        made = context.Value("i", 0)
        child = context.Process(target=train_in_child, args=(str(tmp_path / "killed"), made))
        child.start()
        return child, made

    moments = random.Random(0)
    reached = []
    for kills in range(20):
        child, made = start()
        # Counted in updates, so that a slow machine is killed as often in the middle as a fast one.
        enough = moments.randrange(1, 60)
        while made.value < enough and child.is_alive():
            time.sleep(0.0005)
        child.kill()
        child.join()
        assert child.exitcode == -signal.SIGKILL, f"the run ended after {kills} kills: lengthen it"
        checkpoint = tmp_path / "killed" / "checkpoint.pt"
        reached.append(load_state(checkpoint)["step"] if checkpoint.exists() else 0)
    assert reached == sorted(reached)
    assert len(set(reached)) > 5, f"the kills must fall in the middle of the run: {reached}"
    child, _ = start()
    child.join()
    assert child.exitcode == 0
    assert_same_state(tmp_path / "whole", tmp_path / "killed")


def test_leaving_the_loop_early_leaves_a_run_that_goes_on(tmp_path: Path) -> None:
    fit(make_run(tmp_path / "whole"), 60)
    run = make_run(tmp_path / "left")
    fit(run, 37, save_every=1_000)  # not a multiple of anything
    assert run.step == 37
    fit(make_run(tmp_path / "left"), 60)
    assert_same_state(tmp_path / "whole", tmp_path / "left")


def test_a_run_that_is_complete_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = make_run()
    fit(run, 5)
    assert list(progress(run.fit(lambda batch: {"loss": 0.0}, data(), 5))) == []
    assert "already made all its steps" in capsys.readouterr().out


def test_progress_leaves_one_readable_line(capsys: pytest.CaptureFixture[str]) -> None:
    run = make_run()
    steps = list(progress(run.fit(lambda batch: {"loss": 1.5}, data(), 20)))
    assert [step.step for step in steps] == list(range(1, 21))
    last = capsys.readouterr().out.strip().split("\r")[-1]
    assert last.startswith("20/20 steps")
    assert "loss 1.5" in last


def test_batches_depend_on_seed_and_step_alone() -> None:
    first, second = data(), data()
    later = second(40)  # asked out of order
    for step in range(40):
        first(step)
    assert torch.equal(first(40)[0], later[0])
    assert not torch.equal(first(0)[0], data(seed=4)(0)[0])


def test_an_epoch_visits_every_example_once() -> None:
    batches = Batches(torch.arange(96.0), batch_size=16)
    epoch = torch.cat([batches(step) for step in range(6)])
    assert sorted(epoch.tolist()) == list(range(96))
    assert epoch.tolist() != torch.cat([batches(step) for step in range(6, 12)]).tolist()


def test_the_transform_gets_its_own_repeatable_randomness() -> None:
    def noise(batch: Tensor, generator: torch.Generator) -> Tensor:
        return batch + torch.rand(batch.shape, generator=generator)

    x = torch.zeros(32, 3)
    one, two = (Batches(x, batch_size=8, transform=noise) for _ in range(2))
    assert torch.equal(one(7), two(7))
    assert not torch.equal(one(7), one(8))


def test_the_schedule_warms_up_and_ends_at_zero() -> None:
    factor = warmup_then_cosine(1_000, warmup=10)
    assert [factor(step) for step in range(10)] == pytest.approx([k / 11 for k in range(1, 11)])
    assert factor(10) == 1
    assert factor(505) == pytest.approx(0.5)
    assert factor(1_000) == pytest.approx(0)


def test_averaged_weights_equal_the_recursion_written_out() -> None:
    run = make_run()
    weight = run.models["net"][0].weight
    seen = []

    def update(batch: object) -> dict[str, float]:
        with torch.no_grad():
            weight.add_(0.1)
        seen.append(weight.detach().clone())
        return {"loss": 0.0}

    list(run.fit(update, data(), 12))
    average = seen[0]
    for t, value in enumerate(seen[1:], start=1):
        decay = min(0.99, (1 + t) / (10 + t))
        average = decay * average + (1 - decay) * value
    assert torch.allclose(run.averaged["net"][0].weight, average, atol=1e-6)


def test_a_loss_that_is_not_finite_keeps_weights_and_checkpoint(tmp_path: Path) -> None:
    run = make_run(tmp_path)

    def update(batch: tuple[Tensor, Tensor]) -> dict[str, Tensor]:
        loss = run.models["net"](batch[0]).square().mean()
        run.descend(loss * (torch.nan if run.step == 30 else 1), "net")
        return {"loss": loss}

    with pytest.raises(CourseError, match=r"Step 31: the loss 'net' is nan.*step 25 is kept"):
        list(run.fit(update, data(), 50, save_every=25))
    assert load_state(tmp_path / "checkpoint.pt")["step"] == 25
    assert all(p.isfinite().all() for p in run.models["net"].parameters())


def test_clipping_shortens_a_gradient_and_keeps_its_direction() -> None:
    model = nn.Linear(3, 1, bias=False)
    before = model.weight.detach().clone()
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    run = Run({"m": model}, {"m": optimizer}, clip=2.0)
    direction = torch.tensor([[3.0, 0.0, 4.0]])
    run.descend((model.weight * 10 * direction).sum(), "m")  # a gradient of norm 50
    assert torch.allclose(before - model.weight, 2 * direction / 5, atol=1e-4)


def test_a_folder_of_another_run_is_refused(tmp_path: Path) -> None:
    fit(make_run(tmp_path), 5)
    with pytest.raises(CourseError, match="seed 3, not 4"):
        make_run(tmp_path, seed=4)
    with pytest.raises(CourseError, match="sizes differ"):
        make_run(tmp_path, width=9)
    model = nn.Linear(1, 1)
    with pytest.raises(CourseError, match="holds models \\['net'\\]"):
        Run({"other": model}, {"net": torch.optim.SGD(model.parameters())}, seed=3, folder=tmp_path)


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", "half"])
def test_a_damaged_checkpoint_is_refused(tmp_path: Path, content: bytes | str) -> None:
    fit(make_run(tmp_path), 5)
    path = tmp_path / "checkpoint.pt"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2] if isinstance(content, str) else content)
    with pytest.raises(CourseError, match="damaged or is not a checkpoint"):
        make_run(tmp_path)


def test_a_checkpoint_runs_no_code(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pt"
    torch.save({"format": 1, "bomb": Path}, path)  # a class: pickle would import it
    with pytest.raises(CourseError, match="damaged or is not a checkpoint"):
        load_state(path)
    torch.save({"format": 99}, path)
    with pytest.raises(CourseError, match="format 1"):
        load_state(path)
    with pytest.raises(CourseError, match="no checkpoint"):
        load_state(tmp_path / "absent.pt")


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "file"
    save_state(path, {"x": 1})
    before = path.read_bytes()
    with pytest.raises(RuntimeError, match="power cut"), written_aside(path) as aside:
        aside.write_bytes(b"half")
        raise RuntimeError("power cut")
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["file"]
    (tmp_path / "plain").write_text("a file, not a folder")
    with pytest.raises(CourseError, match="Cannot write"):
        save_state(tmp_path / "plain" / "checkpoint.pt", {"x": 1})


def bad_runs() -> list[tuple[str, object]]:
    model = nn.Linear(2, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    run = Run({"m": model}, {"m": optimizer})
    one = torch.ones(4, 2)
    return [
        ("at least one model", lambda: Run({}, {"m": optimizer})),
        ("at least one model", lambda: Run({"m": model}, {})),
        ("average must lie", lambda: Run({"m": model}, {"m": optimizer}, average=1.0)),
        ("No precision 'half'", lambda: Run({"m": model}, {"m": optimizer}, precision="half")),
        ("restart it", lambda: Run({"m": model}, {"m": optimizer}, precision="bf16")),
        ("clip must be", lambda: Run({"m": model}, {"m": optimizer}, clip=0.0)),
        ("seed must be an integer", lambda: Run({"m": model}, {"m": optimizer}, seed=-1)),
        ("no optimiser 'x'", lambda: run.descend(torch.tensor(1.0), "x")),
        ("steps must be", lambda: list(run.fit(lambda b: {"l": 1.0}, lambda s: one, 0))),
        ("steps must be", lambda: list(run.fit(lambda b: {"l": 1.0}, lambda s: one, 2.5))),
        ("save_every", lambda: list(run.fit(lambda b: {"l": 1.0}, lambda s: one, 2, 0))),
        ("losses by name", lambda: list(run.fit(lambda b: 1.0, lambda s: one, 2))),
        ("losses by name", lambda: list(run.fit(lambda b: {}, lambda s: one, 2))),
        ("same, non-zero length", lambda: Batches(batch_size=1)),
        ("same, non-zero length", lambda: Batches(one, one[:2], batch_size=1)),
        ("same, non-zero length", lambda: Batches(one[:0], batch_size=1)),
        ("only 4 examples", lambda: Batches(one, batch_size=5)),
        ("batch_size must be", lambda: Batches(one, batch_size=0)),
        ("warmup is 5 and steps is 5", lambda: warmup_then_cosine(5, 5)),
    ]


@pytest.mark.parametrize(("message", "act"), bad_runs())
def test_bad_input_is_one_clear_error(message: str, act: object) -> None:
    with pytest.raises(CourseError, match=message) as caught:
        act()
    assert "\n" not in str(caught.value)
