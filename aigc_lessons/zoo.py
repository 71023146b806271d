"""Small trained weights that ship with the course, each with a model card.

Weights are safetensors in half precision: reading them runs no code, and the rounding is far below
what any score can show. They were made by ``aigc train NAME`` on the data that the card names.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import nn

from aigc_lessons import results
from aigc_lessons.autoencoders import VAE
from aigc_lessons.checkpoint import written_aside
from aigc_lessons.errors import CourseError
from aigc_lessons.gan_networks import Generator
from aigc_lessons.layers import SmallClassifier

FOLDER = Path(__file__).parent / "weights"
CHECKSUMS = FOLDER / "checksums.json"
BUDGET_BYTES = 40_000_000  # of all weights of the whole course

# How to build the empty network of each recipe; not all of their weights are shipped.
NETWORKS: dict[str, type[nn.Module]] = {
    "digit-features": SmallClassifier,
    "fashion-features": SmallClassifier,
    "cifar10-features": SmallClassifier,
    "vae-mnist": VAE,
    "vae-mnist-short": VAE,
    "vae-mnist-2d": VAE,
    "vae-fashion": VAE,
    "vae-cifar10": VAE,
    "gan-mnist": Generator,
    "gan-mnist-short": Generator,
    "gan-mnist-conditional": Generator,
    "gan-fashion": Generator,
    "gan-cifar10": Generator,
    "gan-cifar10-cats": Generator,
}
_PHOTOGRAPH = (3, 32, 32)
_GREY = {"channels": 64, "blocks": 3, "doubling": (24, 12)}
_COLOUR = {"channels": 64, "blocks": 2, "doubling": (32, 16), "shape": _PHOTOGRAPH}
SETTINGS: dict[str, dict[str, Any]] = {
    "digit-features": {},
    "fashion-features": {},
    "cifar10-features": {"channels": 3, "size": 32},
    "vae-mnist": {"latents": 32, "width": 384, "blocks": 2},
    "vae-mnist-short": {"latents": 24, "width": 384, "blocks": 2},
    "vae-mnist-2d": {"latents": 2, "width": 256, "blocks": 2},
    "vae-fashion": {"latents": 32, "width": 384, "blocks": 2},
    "vae-cifar10": {"latents": 64, "width": 384, "blocks": 2, "shape": _PHOTOGRAPH},
    "gan-mnist": _GREY,
    "gan-mnist-short": _GREY,
    "gan-mnist-conditional": {**_GREY, "classes": 10},
    "gan-fashion": _GREY,
    "gan-cifar10": _COLOUR,
    "gan-cifar10-cats": _COLOUR,
}


def names() -> list[str]:
    """List the networks whose weights are shipped."""
    return sorted(_checksums())


def build(name: str) -> nn.Module:
    """Make the network ``name`` with fresh weights."""
    if name not in NETWORKS:
        raise CourseError(f"There is no network {name!r}. There are: {', '.join(NETWORKS)}.")
    return NETWORKS[name](**SETTINGS[name])


def path(name: str) -> Path:
    """Return the file of the shipped weights ``name`` after checking its sha256.

    Raises:
        CourseError: there are no such weights, or the file was altered.
    """
    if name not in names():
        raise CourseError(f"There are no weights {name!r}. Shipped: {', '.join(names())}.")
    file = FOLDER / f"{name}.safetensors"
    expected = _checksums()[name]
    if not file.exists() or _sha256(file) != expected:
        raise CourseError(
            f"{file} is missing or is not the file that was shipped (its sha256 differs). "
            f"Restore it with: git checkout -- {file.name}"
        )
    return file


def load(name: str, file: str | Path | None = None) -> Any:
    """Build the network ``name`` and fill it with the shipped weights, or with those of ``file``.

    Returns:
        the network, in evaluation mode, 32 bits, on the CPU.

    Raises:
        CourseError: the file is missing, damaged, or belongs to another network.
    """
    network = build(name)
    source = path(name) if file is None else Path(file)
    try:
        with safe_open(source, framework="pt") as weights:
            state = {key: weights.get_tensor(key).float() for key in weights.keys()}  # noqa: SIM118
    except FileNotFoundError as error:
        raise CourseError(f"There is no file {source}. Train first: aigc train {name}") from error
    except (OSError, SafetensorError) as error:
        raise CourseError(
            f"{source} is damaged or is not a safetensors file ({error}). "
            f"Make it again with: aigc train {name}"
        ) from error
    try:
        network.load_state_dict(state)
    except RuntimeError as error:
        raise CourseError(
            f"{source} holds the weights of another network than {name!r}. "
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


def ship(name: str, file: str | Path) -> None:
    """Make ``file`` the shipped weights ``name`` and note its checksum.

    Raises:
        CourseError: the file does not fit the network, or the course's weights grow too large.
    """
    load(name, file)  # refuses what does not fit
    others = sum(p.stat().st_size for p in FOLDER.glob("*.safetensors") if p.stem != name)
    content = Path(file).read_bytes()
    if others + len(content) > BUDGET_BYTES:
        raise CourseError(
            f"With {file} the weights of the course would exceed {BUDGET_BYTES / 1e6:.0f} MB."
        )
    checksums = _checksums()
    checksums[name] = hashlib.sha256(content).hexdigest()
    with written_aside(FOLDER / f"{name}.safetensors") as aside:
        aside.write_bytes(content)
    with written_aside(CHECKSUMS) as aside:
        aside.write_text(json.dumps(checksums, indent=2, sort_keys=True) + "\n", encoding="utf8")


def card(name: str) -> str:
    """Return the model card: what it is for, data, licence, and how it was made and scored."""
    made = facts(name)
    text = (FOLDER / f"{name}.md").read_text(encoding="utf8").rstrip()
    parameters = parameter_count(build(name))
    lines = [text, "", "## How it was made", ""]
    lines += [f"- {key}: {value}" for key, value in sorted(made.items())]
    lines += [f"- parameters: {parameters:,}", "", "## Scores", ""]
    scored = results.load(name)
    lines += [f"- {score}" for score in scored.scores.values()]
    lines += ["", f"Measured by `{scored.command}` on {scored.date}, {scored.device}."]
    return "\n".join(lines) + "\n"


def _checksums() -> dict[str, str]:
    """The sha256 of every file of shipped weights; none where nothing has been shipped yet."""
    if not CHECKSUMS.exists():
        return {}
    checksums: dict[str, str] = json.loads(CHECKSUMS.read_text(encoding="utf8"))
    return checksums


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def parameter_count(network: nn.Module) -> int:
    """Count the trainable numbers of a network."""
    return sum(p.numel() for p in network.parameters() if p.requires_grad)
