"""The sprites: what is read of the archive, how it is split, and what is refused."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from data_files import register, write
from PIL import Image

from aigc_lessons.data.augmentation import mirror_and_recolour, mirrored_and_recoloured
from aigc_lessons.data.download import data_folder
from aigc_lessons.data.sprites import HELD_OUT, KINDS, read_sprites, sprites
from aigc_lessons.errors import CourseError

ARCHIVE = "sprites/crawl-tiles Oct-5-2010.zip"


def png(colour: tuple[int, int, int, int], side: int = 32, rows: int = 16) -> bytes:
    """A picture whose upper rows have a colour and whose other rows are clear."""
    pixels = np.zeros((side, side, 4), np.uint8)
    pixels[:rows] = colour
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


def packed(members: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in members.items():
            archive.writestr(f"release/{name}", content)
    return stream.getvalue()


def test_things_are_read_and_all_else_is_left(tmp_path: Path) -> None:
    red = png((255, 0, 0, 255))
    content = packed(
        {
            "item/weapon/ranged/bow.png": png((0, 0, 255, 51)),
            "item/potion/red.png": red,
            "item/potion/same.png": red,
            "item/potion/i-heal.png": png((1, 1, 1, 255)),
            "item/potion/speck.png": png((2, 2, 2, 255), rows=2),
            "item/potion/tall.png": png((3, 3, 3, 255), side=48),
            "item/pile.png": png((4, 4, 4, 255)),
            "item/gold/coin.png": png((5, 5, 5, 255)),
            "dc-mon/potion/rat.png": png((6, 6, 6, 255)),
            "item/potion/notes.txt": b"no picture",
        }
    )
    pictures, kinds = read_sprites(write(tmp_path / "a.zip", content))
    assert [KINDS[kind] for kind in kinds] == ["potion", "weapon"]
    expected = torch.ones(2, 3, 32, 32)
    expected[0, 1:, :16] = 0
    expected[1, :2, :16] = 0.8  # a fifth of blue on white
    assert torch.allclose(torch.from_numpy(pictures), expected)


def test_every_fourth_is_held_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIGC_DATA", str(tmp_path))
    members = {f"item/ring/{n:02}.png": png((n, 0, 0, 255)) for n in range(10)}
    register(monkeypatch, ARCHIVE, packed(members))
    train, test = sprites("train"), sprites("test")
    red = {split.name: (split.images[:, 0, 0, 0] * 255).round().tolist() for split in (train, test)}
    assert red == {"sprites, train": [0, 1, 2, 4, 5, 6, 8, 9], "sprites, test": [3, 7]}
    assert set(train.labels.tolist()) == {KINDS.index("ring")}
    assert HELD_OUT == 4


WHOLE = packed({"item/ring/a.png": png((1, 2, 3, 255))})
BAD = {
    "not a zip": (b"PK nothing", "cannot be read"),
    "cut off": (WHOLE[:-30], "cannot be read"),
    "a picture cut off": (packed({"item/ring/a.png": png((1, 2, 3, 255))[:60]}), "cannot be read"),
    "no picture": (packed({"item/ring/a.png": b"text"}), "cannot be read"),
    "other things": (packed({"spells/a.png": png((1, 2, 3, 255))}), "holds no picture item/"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_archive_is_refused(tmp_path: Path, case: str) -> None:
    content, message = BAD[case]
    with pytest.raises(CourseError, match=message):
        read_sprites(write(tmp_path / "bad.zip", content))


def test_an_unknown_split_is_refused() -> None:
    with pytest.raises(CourseError, match=r"sprites has no split .* Use .train. or"):
        sprites("held-out")


def test_recolouring_gives_one_of_the_twelve_copies_and_each_of_them() -> None:
    pictures = torch.rand(2, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    copies = mirrored_and_recoloured(pictures)
    assert copies.shape == (24, 3, 4, 4)
    assert len(copies.unique(dim=0)) == 24
    batch = pictures[:1].expand(200, -1, -1, -1)
    changed = mirror_and_recolour(batch, torch.Generator().manual_seed(1))
    same = (changed[:, None] == copies[0::2][None]).flatten(2).all(2)  # (200, 12)
    assert (same.sum(1) == 1).all()
    assert (same.sum(0) > 5).all()  # about 17 of each


def test_grey_stays_grey() -> None:
    grey = torch.rand(5, 1, 4, 4).expand(-1, 3, -1, -1)
    changed = mirror_and_recolour(grey, torch.Generator().manual_seed(1))
    assert torch.equal(changed, changed[:, :1].expand(-1, 3, -1, -1))


def test_the_official_archive_has_447_things() -> None:
    if not (data_folder() / ARCHIVE).is_file():
        pytest.skip("AIGC_DATA has no Dungeon Crawl tiles")
    train, test = sprites("train"), sprites("test")
    assert (len(train), len(test)) == (336, 111)
    assert train.images.shape[1:] == (3, 32, 32)
    assert train.images.min() == 0 and train.images.max() == 1
    counts = (train.labels.bincount() + test.labels.bincount(minlength=12)).tolist()
    assert dict(zip(KINDS, counts, strict=True))["weapon"] == 139
    together = torch.cat([train.images, test.images])
    assert len(together.unique(dim=0)) == 447
