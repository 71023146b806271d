"""What several tests share."""

from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of data, and no network."""
    monkeypatch.setenv("AIGC_DATA", str(tmp_path))
    monkeypatch.setenv("AIGC_OFFLINE", "1")
    return tmp_path


@pytest.fixture
def small_scores(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[ModuleType], None]]:
    """Give an experiment on digits the embedded ones instead of the full set, and few samples."""
    from aigc_lessons import scoring  # PyTorch takes seconds to import
    from aigc_lessons.data import images

    splits = ("train", "tuning", "validation", "held-out")
    digits = {split: images.mnist(split) for split in splits}
    digits["test"] = digits["held-out"]

    def embedded(split: str = "train", full: bool = False) -> images.ImageSet:
        return digits[split]

    def shrink(experiment: ModuleType) -> None:
        monkeypatch.setattr(images, "mnist", embedded)
        monkeypatch.setattr(experiment, "mnist", embedded)
        monkeypatch.setattr(experiment, "SAMPLES", 500)

    scoring.real_features.cache_clear()
    yield shrink
    scoring.real_features.cache_clear()
