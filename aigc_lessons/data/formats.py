"""Parsers of the two official image formats: IDX (MNIST, Fashion) and the CIFAR-10 binary version.

Every parser checks all that the format lets it check, because a file that is a little wrong gives
a model that is a little wrong.
"""

import gzip
import math
import tarfile
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from aigc_lessons.errors import CourseError

Bytes = NDArray[np.uint8]

CIFAR_FOLDER = "cifar-10-batches-bin"
CIFAR_FILES = {
    "train": tuple(f"data_batch_{i}.bin" for i in range(1, 6)),
    "test": ("test_batch.bin",),
}
CIFAR_RECORDS = 10_000  # records in each file
_CIFAR_BYTES = 1 + 3 * 32 * 32  # label, then the red, green and blue planes, row by row


def read_idx(path: Path, dimensions: int) -> Bytes:
    """Read a gzip-compressed IDX file of unsigned bytes (LeCun, Cortes and Burges, 1998).

    The header is: two zero bytes, the type (8 = unsigned byte), the number of dimensions, then one
    big-endian 32-bit length per dimension. The values follow, the last dimension fastest.

    Args:
        path: the compressed file.
        dimensions: 3 for images (N, H, W), 1 for labels (N,).

    Raises:
        CourseError: not a whole gzip file, another magic number, or more or fewer values than
            the header says.
    """
    try:
        content = gzip.decompress(path.read_bytes())
    except (OSError, EOFError, zlib.error) as error:
        raise CourseError(f"{path} is not a readable gzip file ({error}). {_AGAIN}") from error
    start = 4 + 4 * dimensions
    magic = bytes((0, 0, 8, dimensions))
    if content[:4] != magic or len(content) < start:
        raise CourseError(
            f"{path} does not start as an IDX file of bytes with {dimensions} dimension(s): "
            f"expected the magic number {magic.hex()}, found {content[:4].hex() or 'nothing'}"
            f"{'' if content[:4] != magic else ' with its lengths cut off'}. {_AGAIN}"
        )
    shape = tuple(int(n) for n in np.frombuffer(content, ">u4", dimensions, 4))
    found = len(content) - start
    if found != math.prod(shape):
        raise CourseError(
            f"{path} says that it holds {shape}, which is {math.prod(shape):,} values, but "
            f"{found:,} follow. {_AGAIN}"
        )
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


def read_idx_pair(images: Path, labels: Path) -> tuple[Bytes, Bytes]:
    """Read images (N, 28, 28) and their labels (N,), each 0 to 9.

    Raises:
        CourseError: what `read_idx` raises, or files that do not belong together.
    """
    pixels, classes = read_idx(images, 3), read_idx(labels, 1)
    if pixels.shape[1:] != (28, 28):
        raise CourseError(
            f"{images} holds pictures of {pixels.shape[1]}×{pixels.shape[2]} pixels, "
            f"expected 28×28. {_AGAIN}"
        )
    if len(pixels) != len(classes):
        raise CourseError(
            f"{images} holds {len(pixels):,} pictures but {labels} holds {len(classes):,} labels. "
            f"{_AGAIN}"
        )
    _check_labels(classes, labels)
    return pixels, classes


def read_cifar_archive(path: Path, split: str) -> tuple[Bytes, Bytes]:
    """Read a split of the official CIFAR-10 archive (Krizhevsky, 2009) without unpacking it.

    Returns:
        images (N, 3, 32, 32) and labels (N,).

    Raises:
        CourseError: not a whole archive, a missing member, or a member of a wrong structure.
    """
    parts = {}
    try:
        with tarfile.open(path, "r:gz") as archive:
            for name in CIFAR_FILES[split]:
                stream = archive.extractfile(f"{CIFAR_FOLDER}/{name}")
                if stream is None:
                    raise CourseError(f"{CIFAR_FOLDER}/{name} in {path} is not a file. {_AGAIN}")
                parts[name] = stream.read()
    except KeyError as error:
        raise CourseError(f"{path} lacks a part of CIFAR-10: {error.args[0]}. {_AGAIN}") from error
    except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
        raise CourseError(f"{path} is not a readable .tar.gz file ({error}). {_AGAIN}") from error
    return _cifar_records(parts, path)


def read_cifar_folder(folder: Path, split: str) -> tuple[Bytes, Bytes]:
    """Read a split from a folder with the files of the official archive.

    The whole structure is checked, also the files of the other split: a folder that somebody
    unpacked or made may be incomplete.

    Returns:
        images (N, 3, 32, 32) and labels (N,).

    Raises:
        CourseError: a missing file, or a file of a wrong size or with a wrong label.
    """
    wanted = CIFAR_RECORDS * _CIFAR_BYTES
    for name in (*CIFAR_FILES["train"], *CIFAR_FILES["test"]):
        part = folder / name
        if not part.is_file():
            raise CourseError(f"{folder} lacks the file {name}. {_AGAIN}")
        if part.stat().st_size != wanted:
            raise CourseError(
                f"{part} has {part.stat().st_size:,} bytes, expected {wanted:,}. {_AGAIN}"
            )
    return _cifar_records(
        {name: (folder / name).read_bytes() for name in CIFAR_FILES[split]}, folder
    )


def _cifar_records(parts: dict[str, bytes], source: Path) -> tuple[Bytes, Bytes]:
    """Split the records of each part into images (N, 3, 32, 32) and labels (N,)."""
    for name, content in parts.items():
        if len(content) != CIFAR_RECORDS * _CIFAR_BYTES:
            raise CourseError(
                f"{name} in {source} has {len(content):,} bytes, expected {CIFAR_RECORDS:,} "
                f"records of {_CIFAR_BYTES:,}. {_AGAIN}"
            )
    records = np.frombuffer(b"".join(parts.values()), np.uint8).reshape(-1, _CIFAR_BYTES)
    labels = records[:, 0]
    _check_labels(labels, source)
    return records[:, 1:].reshape(-1, 3, 32, 32), labels


def _check_labels(labels: Bytes, source: Path) -> None:
    if labels.size and labels.max() > 9:
        position = int(np.argmax(labels > 9))
        raise CourseError(
            f"{source} has the label {labels[position]} at position {position:,}, expected 0 to 9. "
            f"{_AGAIN}"
        )


_AGAIN = "Move or delete it, then fetch it again."
