"""Files that are either whole or absent: write to the side, then rename."""

import contextlib
import os
import pickle
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from aigc_lessons.errors import CourseError

FORMAT = 1


@contextlib.contextmanager
def written_aside(path: Path) -> Iterator[Path]:
    """Give a temporary path beside ``path``; on success it takes the place of ``path``.

    The rename is atomic, so a reader sees the old file or the new one and never a half. If the
    body fails, the temporary file is removed and ``path`` stays as it was.

    Raises:
        CourseError: the folder cannot be written to.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    except OSError as error:
        raise CourseError(
            f"Cannot write {path}: {error.strerror}. Choose a folder that you may write to."
        ) from error
    os.close(handle)
    aside = Path(name)
    try:
        yield aside
        with aside.open("rb") as file:
            os.fsync(file.fileno())  # the rename must not reach the disk before the content
        aside.chmod(0o644)  # mkstemp makes files that only their owner can read
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


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
