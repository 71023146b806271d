"""Stored results: numbers too dear for a notebook, each with all it takes to repeat it."""

import json
import platform
import subprocess
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import torch

from aigc_lessons.checkpoint import written_aside
from aigc_lessons.errors import CourseError

FOLDER = Path(__file__).parent / "results"
REQUIRED = ("command", "budget", "seed", "device", "date", "commit", "values")


def load(name: str) -> dict[str, Any]:
    """Read the stored result ``name``.

    Returns:
        a dict with the keys command, budget, seed, device, date, commit and values.

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
    return result


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


def device_name() -> str:
    """Describe the device that training uses here: the GPU, or the processor and its threads."""
    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    processor = platform.processor() or platform.machine()
    information = Path("/proc/cpuinfo")  # Linux keeps the model's name here and not in platform
    if information.exists():
        for line in information.read_text(encoding="utf8").splitlines():
            if line.startswith("model name"):
                processor = line.split(":", 1)[1].strip()
                break
    threads = torch.get_num_threads()
    return f"{processor}, {threads} thread{'s' if threads > 1 else ''}"


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
