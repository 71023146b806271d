"""What several tests share; it also makes the repository's tools importable."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tools"))


@pytest.fixture
def small_scores(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[ModuleType], None]]:
    """Give an experiment on digits the embedded ones instead of the full set, and few samples."""
    from aigc_lessons.data import images  # PyTorch takes seconds to import
    from aigc_lessons.experiments import stability  # judges for the others

    digits = {split: images.mnist(split) for split in ("train", "held-out")}
    digits["test"] = digits["held-out"]

    def shrink(experiment: ModuleType) -> None:
        for module in (experiment, stability):
            monkeypatch.setattr(module, "mnist", lambda split, full: digits[split])
        monkeypatch.setattr(experiment, "SAMPLES", 500)

    stability.real_features.cache_clear()
    yield shrink
    stability.real_features.cache_clear()
