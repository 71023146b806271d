"""Checkpoints: what a run keeps of itself, written whole and read without running code."""

import pickle
import zipfile
from pathlib import Path
from typing import Any

import torch

from aigc_lessons.errors import CourseError
from aigc_lessons.files import written_aside

FORMAT = 1


def save_state(path: Path, state: dict[str, Any]) -> None:
    """Write ``state`` (tensors, numbers, strings, lists and dicts of them) to ``path``, whole.

    Raises:
        CourseError: the file cannot be written.
    """
    with written_aside(path) as aside:
        try:
            torch.save({"format": FORMAT, **state}, aside)
        except (OSError, RuntimeError) as error:
            raise CourseError(
                f"Cannot write {path}: {error}. Free some disk space; the last checkpoint is kept."
            ) from error


def load_state(path: Path) -> dict[str, Any]:
    """Read what :func:`save_state` wrote, without running any code that the file may hold.

    Raises:
        CourseError: there is no such file, it is damaged, or another program wrote it.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise CourseError(
            f"There is no checkpoint at {path}. Train first, or name another folder."
        ) from error
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError, zipfile.BadZipFile) as error:
        raise CourseError(
            f"{path} is damaged or is not a checkpoint. Remove it to start from step 0."
        ) from error
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        raise CourseError(
            f"{path} is not a checkpoint of format {FORMAT}. Remove it to start from step 0."
        )
    return state
