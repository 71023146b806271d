"""Files that are either whole or absent: write to the side, then rename."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from aigc_lessons.errors import CourseError


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
