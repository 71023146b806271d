"""Sprites: the things of a game, drawn by hand in 32×32 pixels (Dungeon Crawl tiles, CC0).

The release of 5 October 2010 (Dungeon Crawl Stone Soup, 2010) holds some 3,000 tiles. The things
that a player carries are read: amulets, armour, books, food, potions, weapons and the like.
"""

import io
import zipfile
import zlib
from pathlib import Path, PurePosixPath

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from aigc_lessons.data.download import fetch
from aigc_lessons.data.images import ImageSet
from aigc_lessons.errors import CourseError

KINDS = (
    "amulet",
    "armour",
    "book",
    "food",
    "misc",
    "potion",
    "ring",
    "rod",
    "scroll",
    "staff",
    "wand",
    "weapon",
)
SIDE = 32  # pixels
HELD_OUT = 4  # every fourth is never trained on
_FEWEST = 82  # of the 1,024 pixels; what has fewer is a sign in a corner or a pebble
_SIGN = "i-"  # such files hold the small sign that the game draws over a thing once it is known
_AGAIN = "Move or delete it, then fetch it again."


def sprites(split: str = "train") -> ImageSet:
    """Load the things of Dungeon Crawl Stone Soup, on a white ground.

    Pictures that are equal count once. The order is that of the files' names, in which what looks
    alike stands together: so the held-out pictures have close relatives among the others.

    Args:
        split: "train", or "test": every fourth picture, which the course holds out.

    Returns:
        images (N, 3, 32, 32) and, as labels, their positions in `KINDS`.

    Raises:
        CourseError: unknown split, or a file that is missing, altered or of a wrong structure.
    """
    if split not in ("train", "test"):
        raise CourseError(f'sprites has no split {split!r}. Use "train" or "test".')
    pixels, labels = read_sprites(fetch("sprites/crawl-tiles Oct-5-2010.zip"))
    held_out = np.arange(len(pixels)) % HELD_OUT == HELD_OUT - 1
    chosen = held_out if split == "test" else ~held_out
    return ImageSet(
        torch.from_numpy(pixels[chosen]),
        torch.from_numpy(labels[chosen]),
        KINDS,
        f"sprites, {split}",
        "CC0 1.0",
        "The course splits them; near relatives of a held-out picture are trained on.",
    )


def read_sprites(path: Path) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Read the things from the official archive without unpacking it.

    Returns:
        pictures (N, 3, 32, 32) in [0, 1], and their kinds (N,).

    Raises:
        CourseError: not a readable archive, a damaged picture, or no thing in it.
    """
    found: dict[bytes, tuple[NDArray[np.float32], int]] = {}  # by content: each counts once
    try:
        with zipfile.ZipFile(path) as archive:
            for name in sorted(archive.namelist()):
                kind = _kind(name)
                picture = None if kind is None else _on_white(archive.read(name))
                if kind is not None and picture is not None:
                    found.setdefault(picture.tobytes(), (picture, kind))
    except (zipfile.BadZipFile, zlib.error, OSError, SyntaxError, EOFError) as error:
        raise CourseError(f"{path} cannot be read as a .zip of pictures ({error}). {_AGAIN}") from (
            error
        )
    if not found:
        raise CourseError(f"{path} holds no picture item/KIND/NAME.png of 32×32. {_AGAIN}")
    pictures, kinds = zip(*found.values(), strict=True)
    return np.stack(pictures), np.array(kinds, np.int64)


def _kind(name: str) -> int | None:
    """The position in `KINDS` of a member RELEASE/item/KIND/.../NAME.png; None for all others."""
    _, *folders, file = ("", *PurePosixPath(name).parts)
    if not file.endswith(".png") or file.startswith(_SIGN) or folders[1:2] != ["item"]:
        return None
    return KINDS.index(folders[2]) if folders[2:3] and folders[2] in KINDS else None


def _on_white(content: bytes) -> NDArray[np.float32] | None:
    """Lay a PNG on white, (3, 32, 32); None for another size or hardly any ink."""
    with Image.open(io.BytesIO(content)) as image:
        if image.size != (SIDE, SIDE):
            return None
        values = np.asarray(image.convert("RGBA"), np.float32) / 255
    colour, opacity = values[..., :3], values[..., 3:]
    if np.count_nonzero(opacity) < _FEWEST:
        return None
    white = colour * opacity + (1 - opacity)
    return np.ascontiguousarray(white.transpose(2, 0, 1))
