"""The parsers of image files, on small files that the tests write."""

import gzip
import io
import tarfile
from pathlib import Path

import numpy as np
import pytest
import torch
from data_files import idx, pictures, register, write

from aigc_lessons.data import formats, images
from aigc_lessons.errors import CourseError

ARCHIVE = "cifar10/cifar-10-binary.tar.gz"


def test_idx_reads_what_was_written(tmp_path: Path) -> None:
    path = write(tmp_path / "images.gz", gzip.compress(idx(pictures())))
    np.testing.assert_array_equal(formats.read_idx(path, 3), pictures())
    assert formats.read_idx(path, 3).dtype == np.uint8


WHOLE = gzip.compress(idx(pictures()))
BAD_IDX = {
    "not gzip": (idx(pictures()), "not a readable gzip file"),
    "gzip cut off": (WHOLE[:-20], "not a readable gzip file"),
    "gzip damaged": (
        WHOLE[:60] + bytes(b ^ 255 for b in WHOLE[60:80]) + WHOLE[80:],
        "not a readable gzip file",
    ),
    "empty": (gzip.compress(b""), "found nothing"),
    "labels for images": (gzip.compress(idx(np.arange(9))), "expected the magic number 00000803"),
    "floats": (gzip.compress(idx(pictures(), magic=0xD03)), "found 00000d03"),
    "header cut off": (gzip.compress(idx(pictures())[:10]), "lengths cut off"),
    "a byte short": (gzip.compress(idx(pictures())[:-1]), "2,352 values, but 2,351 follow"),
    "a byte too many": (gzip.compress(idx(pictures()) + b"\0"), "but 2,353 follow"),
    "vast": (gzip.compress(idx(pictures(), shape=(2**32 - 1,) * 3)), "but 2,352 follow"),
}


@pytest.mark.parametrize("case", BAD_IDX)
def test_a_bad_idx_file_is_refused(tmp_path: Path, case: str) -> None:
    content, message = BAD_IDX[case]
    with pytest.raises(CourseError, match=message):
        formats.read_idx(write(tmp_path / "bad.gz", content), 3)


@pytest.mark.parametrize(
    ("shown", "labels", "message"),
    [
        (pictures(side=27), [0, 1, 2], "27×27 pixels, expected 28×28"),
        (pictures(), [0, 1], "3 pictures but .* 2 labels"),
        (pictures(), [0, 1, 10], "label 10 at position 2"),
    ],
)
def test_files_that_do_not_belong_together_are_refused(tmp_path, shown, labels, message) -> None:
    first = write(tmp_path / "images.gz", gzip.compress(idx(shown)))
    second = write(tmp_path / "labels.gz", gzip.compress(idx(np.array(labels))))
    with pytest.raises(CourseError, match=message):
        formats.read_idx_pair(first, second)


RECORDS = 2
PARTS = {
    name: b"".join(
        bytes([(part + record) % 10]) + bytes([part * 10 + record]) * 1024 + bytes(2048)
        for record in range(RECORDS)
    )
    for part, name in enumerate((*formats.CIFAR_FILES["train"], *formats.CIFAR_FILES["test"]))
}


@pytest.fixture
def small_cifar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make CIFAR-10 parts of two records each count as whole."""
    monkeypatch.setenv("AIGC_DATA", str(tmp_path))
    monkeypatch.setenv("AIGC_OFFLINE", "1")
    monkeypatch.setattr(formats, "CIFAR_RECORDS", RECORDS)
    return tmp_path


def packed(parts: dict[str, bytes], kind: bytes = tarfile.REGTYPE) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for name, content in parts.items():
            member = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            member.size, member.type = len(content), kind
            archive.addfile(member, io.BytesIO(content))
    return stream.getvalue()


def unpack(folder: Path, parts: dict[str, bytes]) -> None:
    for name, content in parts.items():
        write(folder / "cifar10" / "cifar-10-batches-bin" / name, content)


def check_small(loaded: images.ImageSet, parts: range) -> None:
    assert loaded.images.shape == (len(parts) * RECORDS, 3, 32, 32)
    expected = torch.tensor([part * 10 + record for part in parts for record in range(RECORDS)])
    red = (loaded.images[:, 0] * 255).round()
    assert (red == expected[:, None, None]).all()
    assert (loaded.images[:, 1:] == 0).all()
    labels = [(part + record) % 10 for part in parts for record in range(RECORDS)]
    assert loaded.labels.tolist() == labels


def test_cifar_archive_is_read_without_unpacking(small_cifar: Path, monkeypatch) -> None:
    register(monkeypatch, ARCHIVE, packed(PARTS))
    unpack(small_cifar, {"data_batch_1.bin": b"the archive comes first"})
    check_small(images.cifar10("train"), range(5))
    check_small(images.cifar10("test"), range(5, 6))
    assert images.cifar10("test").note == ""


def test_an_unpacked_cifar_folder_is_reported_as_unverified(small_cifar: Path) -> None:
    unpack(small_cifar, PARTS)
    check_small(images.cifar10("train"), range(5))
    check_small(images.cifar10("test"), range(5, 6))
    assert "Unverified" in images.cifar10("test").note


def test_an_altered_cifar_archive_is_refused_even_beside_a_folder(small_cifar: Path) -> None:
    unpack(small_cifar, PARTS)
    write(small_cifar / ARCHIVE, packed(PARTS))
    with pytest.raises(CourseError, match="truncated or altered"):
        images.cifar10()


def without(name: str) -> dict[str, bytes]:
    return {other: content for other, content in PARTS.items() if other != name}


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        (without("data_batch_3.bin"), "lacks the file data_batch_3.bin"),
        (without("test_batch.bin"), "lacks the file test_batch.bin"),
        (PARTS | {"data_batch_2.bin": PARTS["data_batch_2.bin"][:-1]}, "6,145 bytes, expected"),
        (PARTS | {"data_batch_2.bin": PARTS["data_batch_2.bin"] + b"0"}, "6,147 bytes, expected"),
        (PARTS | {"data_batch_1.bin": b"\x0b" + PARTS["data_batch_1.bin"][1:]}, "label 11 at"),
    ],
)
def test_a_cifar_folder_of_a_wrong_structure_is_refused(small_cifar, parts, message) -> None:
    unpack(small_cifar, parts)
    with pytest.raises(CourseError, match=message):
        images.cifar10("train")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (packed(PARTS)[:-400], "not a readable"),
        (b"plain text", "not a readable"),
        (packed(without("data_batch_4.bin")), "lacks a part .*data_batch_4.bin"),
        (packed(PARTS | {"data_batch_5.bin": b"short"}), "data_batch_5.bin in .* has 5 bytes"),
        (packed({name: b"" for name in PARTS}, tarfile.DIRTYPE), "is not a file"),
    ],
)
def test_a_bad_cifar_archive_is_refused(small_cifar, monkeypatch, content, message) -> None:
    register(monkeypatch, ARCHIVE, content)
    with pytest.raises(CourseError, match=message):
        images.cifar10("train")


def test_a_link_in_a_cifar_archive_reaches_no_file_outside(small_cifar, monkeypatch) -> None:
    stream = io.BytesIO()
    secret = write(small_cifar / "outside.bin", PARTS["data_batch_1.bin"])
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for name in PARTS:
            member = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            member.type, member.linkname = tarfile.SYMTYPE, str(secret)
            archive.addfile(member)
    register(monkeypatch, ARCHIVE, stream.getvalue())
    with pytest.raises(CourseError, match="lacks a part"):
        images.cifar10("train")
