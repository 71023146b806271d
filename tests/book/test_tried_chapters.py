"""The copies of the chapters that nbval runs: what would mislead a learner fails there."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from small_chapter import as_text, small_chapter
from tried_chapters import exercises, tried, write

from aigc_lessons.cli import editions
from notebooks import CHAPTERS, label, read

Cell = dict[str, Any]


@pytest.mark.parametrize("path", CHAPTERS, ids=label)
def test_every_exercise_of_a_chapter_is_tried(path):
    tasks = [cell for cell in read(path) if editions.has(cell, "exercise")]
    whole = list(exercises(read(path)))
    assert len(whole) == len(tasks)
    assert all(exercise.solutions and exercise.mutants for exercise in whole)


def run(folder: Path, name: str, notebook: Cell) -> list[str]:
    """Run the copy of a notebook with nbval; return the first lines of the cells that fail."""
    source = folder / "notebooks" / "1-part" / f"{name}.ipynb"
    source.parent.mkdir(parents=True, exist_ok=True)
    source.write_text(as_text(notebook), encoding="utf8")
    write(folder / "notebooks", folder / "tried")
    copied = folder / "tried" / "1-part" / f"{name}.ipynb"
    command = [sys.executable, "-m", "pytest", "--nbval", "--nbval-current-env", "--color=no"]
    done = subprocess.run(
        [*command, "-q", "--tb=no", "-p", "no:cacheprovider", str(copied)],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    cells = [c for c in nbformat.read(copied, 4).cells if c.cell_type == "code"]
    failed = map(int, re.findall(r"^FAILED .*::Cell (\d+)", done.stdout, re.M))
    return [cells[index].source.strip().splitlines()[0] for index in failed]


def test_a_sound_chapter_passes_and_faults_are_found(tmp_path: Path) -> None:
    chapter = small_chapter()
    copied = tried(chapter)
    nbformat.validate(nbformat.from_dict(copied))
    assert chapter == small_chapter(), "the instructor's notebook has changed"
    chapter["cells"][10]["outputs"] = [
        {"output_type": "stream", "name": "stdout", "text": ["Exercise 7.2: right. Both.\n"]}
    ]
    chapter["cells"][9]["outputs"] = []
    assert run(tmp_path, "07-small", chapter) == []

    # The check of 7.1 accepts what is wrong, and the cell after 7.2 needs its solution.
    chapter["cells"][6]["source"] = ["@self_check\ndef check_7_1(double):\n    assert double"]
    chapter["cells"][7]["source"] = ["pass"]
    chapter["cells"].insert(6, dict(chapter["cells"][3], source=["double(2)"], outputs=[]))
    failed = run(tmp_path, "07-faulty", chapter)
    assert "double(2)" in failed
    assert "_hear(check_7_1, r'Exercise 7.1: .+\\n', r'Exercise 7.1: right')" in failed
