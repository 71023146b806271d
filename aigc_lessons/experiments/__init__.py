"""Measurements too long for a notebook, each repeated by one command.

An experiment measures a few quantities for each of its cases (a method, a data set, a setting) with
each of its seeds, so that every number comes with its spread. A module of this folder holds one
under the name ``EXPERIMENT``; ``aigc repeat NAME --store`` measures it anew and keeps the stored
result that its chapter reads.
"""

import json
import pkgutil
import re
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from aigc_lessons import results
from aigc_lessons.errors import CourseError
from aigc_lessons.files import written_aside

# name -> module; a module is called after its chapter, as ch11_collapse
MODULES = {
    re.sub(r"^ch\d+_", "", module.name): module.name for module in pkgutil.iter_modules(__path__)
}
NAMES = tuple(sorted(MODULES))


@dataclass(frozen=True)
class Experiment:
    """What is measured, for which cases and with which seeds."""

    summary: str
    cases: tuple[str, ...]
    seeds: tuple[int, ...]
    measure: Callable[[str, int], dict[str, float]]  # of a case and a seed: quantities by name


@dataclass(frozen=True)
class Measurement:
    """One case with one seed, as it was measured."""

    case: str
    seed: int
    quantities: dict[str, float]
    seconds: float
    measured: bool  # now, and not by an earlier run that was stopped


def find(name: str) -> Experiment:
    """Return the experiment ``name``, or raise an error that lists them all."""
    if name not in NAMES:
        raise CourseError(f"There is no experiment {name!r}. There are: {', '.join(NAMES)}.")
    experiment: Experiment = import_module(f"{__name__}.{MODULES[name]}").EXPERIMENT
    return experiment


def measure(experiment: Experiment, folder: str | Path) -> Iterator[Measurement]:
    """Measure every case with every seed, and yield each.

    What is finished stays in ``folder``: an experiment that was stopped goes on where it was.

    Raises:
        CourseError: the folder is a file, or holds a measurement that cannot be read.
    """
    folder = Path(folder)
    if folder.exists() and not folder.is_dir():
        raise CourseError(f"{folder} is a file. Name a folder for the experiment, or remove it.")
    for case in experiment.cases:
        for seed in experiment.seeds:
            # Windows forbids some of what a case may be called
            file = folder / (re.sub(r'[<>:"/\\|?*]', "-", f"{case}, seed {seed}") + ".json")
            if file.exists():
                yield _read(file, case, seed)
                continue
            began = time.perf_counter()
            quantities = experiment.measure(case, seed)
            seconds = time.perf_counter() - began
            with written_aside(file) as aside:
                note = {"quantities": quantities, "seconds": seconds}
                aside.write_text(json.dumps(note, indent=2) + "\n", encoding="utf8")
            yield Measurement(case, seed, quantities, seconds, measured=True)


def _read(file: Path, case: str, seed: int) -> Measurement:
    try:
        note = json.loads(file.read_text(encoding="utf8"))
        return Measurement(case, seed, note["quantities"], note["seconds"], measured=False)
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise CourseError(
            f"{file} does not hold a measurement. Remove it, and it is measured again."
        ) from error


def summarise(measurements: list[Measurement]) -> dict[str, Any]:
    """Collect the quantities of each case with their mean and spread over the seeds.

    Returns:
        case -> quantity -> {"mean", "standard_deviation" (of the sample; 0 for one seed), "values"
        in the order of the seeds}.
    """
    table: dict[str, Any] = {}
    for measurement in measurements:
        row = table.setdefault(measurement.case, {})
        for quantity, value in measurement.quantities.items():
            row.setdefault(quantity, {"values": []})["values"].append(value)
    for row in table.values():
        for cell in row.values():
            values = cell["values"]
            cell["mean"] = statistics.fmean(values)
            cell["standard_deviation"] = statistics.stdev(values) if len(values) > 1 else 0.0
    return table


def store(name: str, measurements: list[Measurement]) -> Path:
    """Keep the measurements as the stored result ``name``."""
    experiment = find(name)
    return results.store(
        name,
        command=f"aigc repeat {name} --store",
        seed=experiment.seeds[0],
        budget={
            "cases": len(experiment.cases),
            "seeds": len(experiment.seeds),
            "seconds": round(sum(measurement.seconds for measurement in measurements), 1),
        },
        values=summarise(measurements),
    )
