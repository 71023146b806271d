"""Small data files that the tests write, and a registry that takes them for official ones."""

import hashlib
import struct
from pathlib import Path

import numpy as np
import pytest

from aigc_lessons.data.download import REGISTRY, Source, data_folder


def idx(
    values: np.ndarray, magic: int | None = None, shape: tuple[int, ...] | None = None
) -> bytes:
    """Write values in the IDX format, with a wrong header if asked to."""
    shape = values.shape if shape is None else shape
    magic = 0x800 + values.ndim if magic is None else magic
    return struct.pack(f">{1 + len(shape)}I", magic, *shape) + values.astype(np.uint8).tobytes()


def pictures(count: int = 3, side: int = 28) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, side, side), dtype=np.uint8)


def write(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def register(monkeypatch: pytest.MonkeyPatch, name: str, content: bytes) -> None:
    """Put a file into the data folder and let the registry take it for the official one."""
    write(data_folder() / name, content)
    source = Source(("http://127.0.0.1:9",), hashlib.sha256(content).hexdigest(), len(content))
    monkeypatch.setitem(REGISTRY, name, source)
