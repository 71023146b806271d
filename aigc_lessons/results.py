"""Stored results: numbers too expensive for a notebook, each with all it takes to repeat it."""

import json
import statistics
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from aigc_lessons.errors import CourseError
from aigc_lessons.files import written_aside
from aigc_lessons.metrics.measures import Score
from aigc_lessons.train.device_name import device_name

FOLDER = Path(__file__).parent / "stored_results"
REQUIRED = ("command", "budget", "seed", "device", "date", "commit", "values")


@dataclass(frozen=True)
class Spread:
    """One quantity as several seeds measured it."""

    values: tuple[float, ...]  # in the order of the seeds

    @property
    def mean(self) -> float:
        """Mean over the seeds."""
        return statistics.fmean(self.values)

    @property
    def standard_deviation(self) -> float:
        """Of the sample, so divided by one less than the seeds; 0 for one seed."""
        return statistics.stdev(self.values) if len(self.values) > 1 else 0.0


@dataclass(frozen=True)
class Result:
    """A stored result: the numbers, and all it takes to repeat them."""

    name: str
    command: str  # repeats it
    seed: int
    budget: dict[str, Any]
    device: str
    date: str
    commit: str
    values: dict[str, Any]
    remark: str = ""  # what a reader must know of how it was made

    @property
    def scores(self) -> dict[str, Score]:
        """By name, the scores of a trained model.

        Raises:
            CourseError: this is the result of an experiment.
        """
        try:
            return {name: Score(**value) for name, value in self.values.items()}
        except TypeError as error:
            raise CourseError(f"{self.name} holds no scores: read its cases.") from error

    @property
    def cases(self) -> dict[str, dict[str, Spread]]:
        """By case and quantity, what the seeds of an experiment measured.

        Raises:
            CourseError: this is the result of a trained model.
        """
        try:
            return {
                case: {name: Spread(tuple(cell["values"])) for name, cell in row.items()}
                for case, row in self.values.items()
            }
        except (AttributeError, KeyError, TypeError) as error:
            raise CourseError(f"{self.name} holds no cases: read its scores.") from error

    def __str__(self) -> str:
        budget = ", ".join(f"{key} {value}" for key, value in self.budget.items())
        remark = f"\n{self.remark}" if self.remark else ""
        return (
            f"{self.name}: {budget}; measured on {self.date} on {self.device}, commit "
            f"{self.commit}{remark}\nrepeat it with: {self.command}"
        )


def load(name: str) -> Result:
    """Read the stored result ``name``.

    Raises:
        CourseError: there is no such result, or its file is incomplete.
    """
    path = FOLDER / f"{name}.json"
    if not path.exists():
        known = ", ".join(sorted(p.stem for p in FOLDER.glob("*.json"))) or "none yet"
        raise CourseError(f"There is no stored result {name!r}. Stored: {known}.")
    try:
        result: dict[str, Any] = json.loads(path.read_text(encoding="utf8"))
    except json.JSONDecodeError as error:
        raise CourseError(f"{path} is not valid JSON: {error}. Restore it with git.") from error
    missing = [key for key in REQUIRED if key not in result]
    if missing:
        raise CourseError(f"{path} lacks {', '.join(missing)}: repeat it with its command.")
    return Result(name, **{key: result[key] for key in (*REQUIRED, "remark") if key in result})


def store(
    name: str, command: str, seed: int, budget: Mapping[str, Any], values: Mapping[str, Any]
) -> Path:
    """Write a result with the device, the date and the commit on which it was measured.

    Args:
        name: of the file, without its ending.
        command: the one line that repeats the result.
        seed: that the command used.
        budget: what it cost, for example {"steps": 8000, "seconds": 120.0}.
        values: the numbers, by name, JSON-serialisable.
    """
    result = {
        "command": command,
        "seed": seed,
        "budget": dict(budget),
        "device": device_name(),
        "date": date.today().isoformat(),
        "commit": commit(),
        "values": dict(values),
    }
    path = FOLDER / f"{name}.json"
    with written_aside(path) as aside:
        aside.write_text(json.dumps(result, indent=2) + "\n", encoding="utf8")
    return path


def commit() -> str:
    """Name the commit of the code, with "+ changes" if files were edited since; or "unknown"."""

    def git(*arguments: str) -> str:
        return subprocess.run(
            ["git", *arguments],
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()

    try:
        edited = git("status", "--porcelain", "--untracked-files=no", "--", "*.py")
        return git("rev-parse", "--short", "HEAD") + (" + changes" if edited else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
