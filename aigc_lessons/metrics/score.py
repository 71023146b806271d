"""A number that a reader can judge: with its unit, its direction, its spread and its company."""

from dataclasses import dataclass, field
from typing import Literal


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
        company = "".join(f"; {name}: {value:.2f}" for name, value in self.beside.items())
        measured = f"{self.value:.2f}{spread} {self.unit}".rstrip()
        return f"{self.name}: {measured} ({self.better} is better{company})"
