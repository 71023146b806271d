"""Small trained weights that ship with the course, each with a model card.

Weights are safetensors in half precision: reading them runs no code, and the rounding is far below
what any score can show. They were made by ``aigc train NAME`` on the data that the card names. The
index says of each which network it fills.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import nn

from aigc_lessons import results
from aigc_lessons.errors import CourseError
from aigc_lessons.files import written_aside

FOLDER = Path(__file__).parent / "weights"
INDEX = FOLDER / "index.json"
BUDGET_BYTES = 40_000_000  # of all weights of the whole course
FAMILIES = "aigc_lessons.models"


@dataclass(frozen=True)
class Entry:
    """What the index says of shipped weights."""

    network: str  # below aigc_lessons.models, for example "gan.networks.Generator"
    settings: dict[str, Any]  # with which it is built
    sha256: str

    def build(self) -> nn.Module:
        """Make the network with fresh weights."""
        module, _, name = self.network.rpartition(".")
        network: type[nn.Module] = getattr(import_module(f"{FAMILIES}.{module}"), name)
        # JSON knows no tuples
        return network(
            **{k: tuple(v) if isinstance(v, list) else v for k, v in self.settings.items()}
        )

    @classmethod
    def of(cls, network: "partial[nn.Module]", content: bytes) -> "Entry":
        """Describe weights for the index, from the call that makes their network."""
        kind = network.func
        path = f"{kind.__module__}.{getattr(kind, '__qualname__', '')}".removeprefix(f"{FAMILIES}.")
        return cls(path, dict(network.keywords), hashlib.sha256(content).hexdigest())


def names() -> list[str]:
    """List the networks whose weights are shipped."""
    return sorted(index())


def index() -> dict[str, Entry]:
    """Return what is known of the shipped weights, by name; nothing where none is shipped yet."""
    if not INDEX.exists():
        return {}
    entries = json.loads(INDEX.read_text(encoding="utf8"))
    return {name: Entry(**entry) for name, entry in entries.items()}


def path(name: str) -> Path:
    """Return the file of the shipped weights ``name`` after checking its sha256.

    Raises:
        CourseError: there are no such weights, or the file was altered.
    """
    if name not in index():
        raise CourseError(f"There are no weights {name!r}. Shipped: {', '.join(names())}.")
    file = FOLDER / f"{name}.safetensors"
    if not file.exists() or hashlib.sha256(file.read_bytes()).hexdigest() != index()[name].sha256:
        raise CourseError(
            f"{file} is missing or is not the file that was shipped (its sha256 differs). "
            f"Restore it with: git checkout -- {file.name}"
        )
    return file


def load(name: str) -> Any:
    """Build the network ``name`` and fill it with the shipped weights.

    Returns:
        the network, in evaluation mode, 32 bits, on the CPU.

    Raises:
        CourseError: there are no such weights, or the file was altered.
    """
    file = path(name)
    return fill(index()[name].build(), file, name)


def fill(network: nn.Module, file: str | Path, name: str) -> Any:
    """Give a network the weights of a file, and return it in evaluation mode.

    Args:
        network: with any weights.
        file: of the weights.
        name: of the recipe that made them.

    Raises:
        CourseError: the file is missing, damaged, or belongs to another network.
    """
    try:
        with safe_open(file, framework="pt") as weights:
            state = {key: weights.get_tensor(key).float() for key in weights.keys()}  # noqa: SIM118
    except FileNotFoundError as error:
        raise CourseError(f"There is no file {file}. Train first: aigc train {name}") from error
    except (OSError, SafetensorError) as error:
        raise CourseError(
            f"{file} is damaged or is not a safetensors file ({error}). "
            f"Make it again with: aigc train {name}"
        ) from error
    try:
        network.load_state_dict(state)
    except RuntimeError as error:
        raise CourseError(
            f"{file} holds the weights of another network than {name!r}. "
            "Name the recipe that made it, or other weights."
        ) from error
    return network.eval()


def save(network: nn.Module, file: Path, facts: dict[str, str]) -> None:
    """Write the weights of ``network`` in half precision to ``file``, whole, with ``facts``."""
    state = {key: value.detach().cpu().half() for key, value in network.state_dict().items()}
    with written_aside(file) as aside:
        save_file(state, aside, metadata=facts)


def facts(name: str, file: str | Path | None = None) -> dict[str, str]:
    """Read how the shipped weights, or those of ``file``, were made.

    Returns:
        recipe, seed, steps, seconds, device, date and commit.

    Raises:
        CourseError: the file says nothing, since another program wrote it.
    """
    source = path(name) if file is None else file
    with safe_open(source, framework="pt") as weights:
        noted = dict(weights.metadata() or {})
    if noted.get("recipe") != name:
        raise CourseError(
            f"{source} does not say that the recipe {name!r} made it, so its score cannot be "
            f"stored as a result of that recipe. Train it with: aigc train {name}"
        )
    return noted


def ship(name: str, file: str | Path, network: "partial[nn.Module]") -> None:
    """Make ``file`` the shipped weights ``name`` of a network, and note both in the index.

    Raises:
        CourseError: the file does not fit the network, or the course's weights grow too large.
    """
    fill(network(), file, name)  # refuses what does not fit
    others = sum(p.stat().st_size for p in FOLDER.glob("*.safetensors") if p.stem != name)
    content = Path(file).read_bytes()
    if others + len(content) > BUDGET_BYTES:
        raise CourseError(
            f"With {file} the weights of the course would exceed {BUDGET_BYTES / 1e6:.0f} MB."
        )
    entries = {**index(), name: Entry.of(network, content)}
    with written_aside(FOLDER / f"{name}.safetensors") as aside:
        aside.write_bytes(content)
    with written_aside(INDEX) as aside:
        listed = {key: asdict(entry) for key, entry in sorted(entries.items())}
        aside.write_text(json.dumps(listed, indent=2) + "\n", encoding="utf8")


def card(name: str) -> str:
    """Return the model card: what it is for, data, licence, and how it was made and scored."""
    made = facts(name)
    text = (FOLDER / f"{name}.md").read_text(encoding="utf8").rstrip()
    parameters = parameter_count(index()[name].build())
    lines = [text, "", "## How it was made", ""]
    lines += [f"- {key}: {value}" for key, value in sorted(made.items())]
    lines += [f"- parameters: {parameters:,}", "", "## Scores", ""]
    scored = results.load(name)
    lines += [f"- {score}" for score in scored.scores.values()]
    lines += ["", f"Measured by `{scored.command}` on {scored.date}, {scored.device}."]
    return "\n".join(lines) + "\n"


def parameter_count(network: nn.Module) -> int:
    """Count the trainable numbers of a network."""
    return sum(p.numel() for p in network.parameters() if p.requires_grad)
