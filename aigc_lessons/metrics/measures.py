"""Measures of generative models; each says its unit, its direction and its floor or ceiling.

`MEASURES` lists them all; the page book/measures.md shows the same table.
"""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal


@dataclass(frozen=True)
class Measure:
    """What you must know of a measure to read its scores.

    Attributes:
        name: as tables and figures write it.
        unit: "none" for a plain number.
        range: the values that it can take.
        better: the direction; "like the reference" where either side of it is worse.
        reference: floor or ceiling: what to hold a score against.
        source: authors and year, as on the page Bibliography; empty for a plain count.
        function: where it is computed, below ``aigc_lessons.metrics``.
    """

    name: str
    unit: str
    range: str
    better: Literal["lower", "higher", "like the reference"]
    reference: str
    source: str
    function: str


@dataclass(frozen=True)
class Score:
    """One measured value beside what it must be compared with."""

    name: str
    value: float
    unit: str
    better: Literal["lower", "higher"]
    standard_error: float | None = None
    beside: dict[str, float] = field(default_factory=dict)  # baselines, references and floors

    def __str__(self) -> str:
        spread = "" if self.standard_error is None else f" ± {self.standard_error:.2f}"
        beside = "".join(f"; {name}: {value:.2f}" for name, value in self.beside.items())
        measured = f"{self.value:.2f}{spread} {self.unit}".rstrip()
        return f"{self.name}: {measured} ({self.better} is better{beside})"


def _read() -> tuple[Measure, ...]:
    table = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf8"))
    return tuple(Measure(**fields) for fields in table["measure"])


MEASURES = _read()
