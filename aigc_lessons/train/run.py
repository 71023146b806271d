"""The training loop: what surrounds the update rule that a chapter writes."""

import contextlib
import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from aigc_lessons.errors import CourseError, count
from aigc_lessons.train.batches import NOISE, Batch, mixed_seed
from aigc_lessons.train.checkpoint import load_state, save_state
from aigc_lessons.train.schedules import Schedule, exponential_average

Losses = Mapping[str, Tensor | float]
Update = Callable[[Batch], Losses]


@dataclass(frozen=True)
class Step:
    """What one update reports."""

    step: int  # updates done so far
    steps: int  # updates of the whole run
    losses: dict[str, float]  # by name, in the unit that the update uses
    seconds: float  # spent in fit so far, those before a restart counted in


class Run:
    """A training run: everything that must survive when the process does not.

    With a ``folder`` the run saves itself there and, if the folder already holds a checkpoint,
    goes on from it. The random numbers inside an update depend on (seed, step) alone, so a run
    that was killed and started again ends with exactly the weights of an uninterrupted one, and
    what the body of the loop draws between updates changes nothing.
    """

    def __init__(
        self,
        models: Mapping[str, nn.Module],
        optimizers: Mapping[str, torch.optim.Optimizer],
        *,
        seed: int = 0,
        folder: str | Path | None = None,
        schedule: Schedule | None = None,
        average: float | None = None,
        clip: float | None = None,
        precision: str = "no",
    ) -> None:
        """Prepare models and optimisers for this machine's device.

        Args:
            models: by name; a GAN has two.
            optimizers: by name; ``descend`` takes that name.
            seed: of the random numbers inside the updates.
            folder: where checkpoints live; None keeps nothing.
            schedule: factor on every learning rate as a function of the step.
            average: decay in (0, 1) of exponentially averaged weights, kept in ``averaged``
                (Polyak and Juditsky, 1992, with a moving window); None keeps none.
            clip: norm to which longer gradients are shortened (Pascanu et al., 2013); None: never.
            precision: "no" (32 bits), "bf16" or "fp16", as accelerate names them.

        Raises:
            CourseError: an argument is of the wrong kind, or the folder holds another run.
        """
        if not models or not optimizers:
            raise CourseError("A run needs at least one model and one optimiser, each by name.")
        if average is not None and not 0 < average < 1:
            raise CourseError(
                f"average must lie between 0 and 1, for example 0.999, not {average}."
            )
        if clip is not None and not clip > 0:
            raise CourseError(f"clip must be positive, for example 100, not {clip}.")
        self.clip = clip
        self.accelerator = _accelerator(precision)
        # Gradients are averaged over the processes in `descend`, so that an update may use a model
        # in any way; PyTorch's wrapper allows only one pass before each step and hides attributes.
        self.models: dict[str, Any] = {
            name: self.accelerator.prepare_model(model, evaluation_mode=True)
            for name, model in models.items()
        }
        self._begin_alike()
        self.optimizers: dict[str, Any] = {
            name: self.accelerator.prepare(optimizer) for name, optimizer in optimizers.items()
        }
        self.averaged: dict[str, nn.Module] = {}
        self._averages: dict[str, AveragedModel] = {}
        if average is not None:
            for name in models:
                plain = self.accelerator.unwrap_model(self.models[name])
                ema = AveragedModel(plain, multi_avg_fn=exponential_average(average))
                self._averages[name] = ema
                self.averaged[name] = ema.module.eval()
        for optimizer in self.optimizers.values():
            for group in optimizer.param_groups:
                group["base_lr"] = group["lr"]
        self.seed = count(seed, "seed", least=0)
        self.schedule = schedule
        self.step = 0
        self.steps = 0  # of the whole run, once `fit` knows it
        self.seconds = 0.0
        self.path = None if folder is None else Path(folder) / "checkpoint.pt"
        self._saved_step = 0
        if self.path is not None and self.path.exists():
            self._restore(self.path)

    @property
    def device(self) -> torch.device:
        """The device that the models live on."""
        return torch.device(self.accelerator.device)

    @property
    def done(self) -> float:
        """The part of the run that is done, in [0, 1]; 0 before `fit` was called."""
        return self.step / self.steps if self.steps else 0.0

    def descend(self, loss: Tensor, *names: str) -> None:
        """Take one step of the optimisers ``names`` down the gradient of ``loss``, a scalar.

        Raises:
            CourseError: there is no such optimiser, or the loss is not finite; the weights are
                then still those before the step.
        """
        if unknown := set(names) - set(self.optimizers):
            has = ", ".join(self.optimizers)
            raise CourseError(f"There is no optimiser {min(unknown)!r}; this run has {has}.")
        self._check_finite(names[0], float(loss.detach()))
        optimizers = [self.optimizers[name] for name in names]
        for each in optimizers:
            each.zero_grad()
        self.accelerator.backward(loss)
        weights = [p for opt in optimizers for group in opt.param_groups for p in group["params"]]
        if self.accelerator.num_processes > 1:
            for weight in weights:
                if weight.grad is not None:
                    weight.grad = self.accelerator.reduce(weight.grad, reduction="mean")
        if self.clip is not None:
            self.accelerator.clip_grad_norm_(weights, self.clip)
        for each in optimizers:
            each.step()

    def fit(
        self, update: Update, batches: Callable[[int], Batch], steps: int, save_every: int = 500
    ) -> Iterator[Step]:
        """Call ``update`` until the run has made ``steps`` updates; yield after each one.

        Args:
            update: takes a batch on the run's device, descends, returns its losses by name.
            batches: a function of the step that returns the global batch; with N processes each
                works on its N-th part.
            steps: updates of the whole run, those before a restart counted in.
            save_every: updates between two checkpoints, if the run has a folder.

        Raises:
            CourseError: a loss is not finite or has no name; the last good checkpoint is kept.
        """
        self.steps = count(steps, "steps")
        count(save_every, "save_every")
        began = time.perf_counter() - self.seconds
        whole = True  # False while an update is half done and must not be saved
        try:
            while self.step < steps:
                batch = self._share(batches(self.step))
                self._prepare_step()
                whole = False
                with self._noise(), self.accelerator.autocast():
                    losses = self._named(update(batch))
                for name, average in self._averages.items():
                    average.update_parameters(self.accelerator.unwrap_model(self.models[name]))
                self.step += 1
                self.seconds = time.perf_counter() - began
                whole = True
                if self.step % save_every == 0:
                    self.save()
                yield Step(self.step, steps, losses, self.seconds)
        finally:  # also when the caller leaves the loop early
            if whole:
                self.save()

    def save(self) -> None:
        """Write a checkpoint to the run's folder, if it has one and anything is new."""
        if self.path is None or self._saved_step == self.step:
            return
        if self.accelerator.is_main_process:
            save_state(self.path, self._state())
        self._saved_step = self.step

    def _state(self) -> dict[str, Any]:
        unwrap = self.accelerator.unwrap_model
        return {
            "seed": self.seed,
            "step": self.step,
            "seconds": self.seconds,
            "models": {name: unwrap(model).state_dict() for name, model in self.models.items()},
            "averages": {name: ema.state_dict() for name, ema in self._averages.items()},
            "optimizers": {name: opt.state_dict() for name, opt in self.optimizers.items()},
        }

    def _restore(self, path: Path) -> None:
        state = load_state(path)
        if state["seed"] != self.seed:
            raise CourseError(
                f"{path} belongs to a run with seed {state['seed']}, not {self.seed}. "
                "Use that seed, or another folder."
            )
        unwrap = self.accelerator.unwrap_model
        plain_models = {name: unwrap(model) for name, model in self.models.items()}
        groups = {
            "models": plain_models,
            "averages": self._averages,
            "optimizers": self.optimizers,
        }
        for kind, parts in groups.items():
            if set(parts) != set(state[kind]):
                raise CourseError(
                    f"{path} holds {kind} {sorted(state[kind])}, but this run has {sorted(parts)}. "
                    "Use another folder for this run."
                )
            for name, part in parts.items():
                try:
                    part.load_state_dict(state[kind][name])
                except (RuntimeError, ValueError, KeyError) as error:
                    raise CourseError(
                        f"{path} does not fit the {kind[:-1]} {name!r} of this run: its sizes "
                        "differ. Use another folder, or the settings that the run began with."
                    ) from error
        self.step = self._saved_step = int(state["step"])
        self.seconds = float(state["seconds"])

    def _begin_alike(self) -> None:
        """Give every process the weights of the first one."""
        if self.accelerator.num_processes > 1:
            for model in self.models.values():
                for value in model.state_dict().values():
                    torch.distributed.broadcast(value, src=0)

    def _share(self, batch: Batch) -> Batch:
        """Move this process's part of the global batch to the device."""
        index, processes = self.accelerator.process_index, self.accelerator.num_processes
        if isinstance(batch, Tensor):
            if len(batch) % processes:
                raise CourseError(
                    f"A batch of {len(batch)} cannot be shared equally by {processes} processes."
                )
            return batch[index::processes].to(self.device, non_blocking=True)
        return tuple(self._share(part) for part in batch)

    def _prepare_step(self) -> None:
        for model in self.models.values():
            model.train()  # the body of the loop may have sampled in evaluation mode
        factor = 1.0 if self.schedule is None else self.schedule(self.step)
        for optimizer in self.optimizers.values():
            for group in optimizer.param_groups:
                group["lr"] = group["base_lr"] * factor

    @contextlib.contextmanager
    def _noise(self) -> Iterator[None]:
        """Draw the update's random numbers from a stream of its own, then put the old one back."""
        devices = [self.device] if self.device.type == "cuda" else []
        with torch.random.fork_rng(devices=devices):
            process = self.accelerator.process_index
            torch.manual_seed(mixed_seed(self.seed, NOISE, self.step, process))
            yield

    def _named(self, losses: Losses) -> dict[str, float]:
        if not isinstance(losses, Mapping) or not losses:
            raise CourseError(
                "The update must return its losses by name, for example {'loss': loss}, "
                f"not {type(losses).__name__}."
            )
        return {
            name: self._check_finite(name, float(torch.as_tensor(value).detach()))
            for name, value in losses.items()
        }

    def _check_finite(self, name: str, value: float) -> float:
        if math.isfinite(value):
            return value
        kept = "" if self.path is None else f" The checkpoint of step {self._saved_step} is kept."
        raise CourseError(
            f"Step {self.step + 1}: the loss {name!r} is {value}. Lower the learning rate, or look "
            f"for a logarithm or a division of zero.{kept}"
        )


def _accelerator(precision: str) -> Accelerator:
    try:
        return Accelerator(mixed_precision=precision)
    except ValueError as error:
        raise CourseError(
            f"No precision {precision!r} here: 'no', 'bf16' or 'fp16', one for all runs of a "
            "process. To change it, restart it."
        ) from error
