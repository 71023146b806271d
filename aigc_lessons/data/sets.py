"""The data sets of the course by name: what each is, and what recipes train on."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from string import ascii_letters

from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from aigc_lessons.data import formats, images, sprites, text
from aigc_lessons.data.download import REGISTRY, data_folder
from aigc_lessons.data.images import ImageSet
from aigc_lessons.data.text import Vocabulary
from aigc_lessons.errors import CourseError


@dataclass(frozen=True)
class DataSet:
    """A data set that is downloaded once."""

    name: str  # its folder below the data folder
    summary: str
    licence: str

    @property
    def files(self) -> list[str]:
        """Its files, as the registry of downloads names them."""
        return [name for name in REGISTRY if name.startswith(f"{self.name}/")]

    @property
    def size(self) -> int:
        """Bytes of all its files."""
        return sum(REGISTRY[name].size for name in self.files)

    @property
    def here(self) -> bool:
        """Whether all its files lie in the data folder; their content is checked when used."""
        return all((data_folder() / name).is_file() for name in self.files)

    @property
    def unpacked(self) -> bool:
        """Whether only the folder of its archive is there: it is used, and cannot be verified."""
        folder = data_folder() / self.name / formats.CIFAR_FOLDER
        return self.name == "cifar10" and not self.here and folder.is_dir()


DATA_SETS = (
    DataSet("mnist", "70,000 handwritten digits, 28×28", "CC BY-SA 3.0"),
    DataSet("fashion-mnist", "70,000 pictures of clothes, 28×28", "MIT"),
    DataSet("cifar10", "60,000 colour photographs, 32×32", "none stated by its makers"),
    DataSet("tinyshakespeare", "a million characters of plays", "public domain"),
    DataSet("names", "32,033 first names", "MIT"),
    DataSet("tang300", "three hundred Tang poems, in Chinese", "MIT, the poems public domain"),
    DataSet("sprites", "447 things of a game, drawn in colour, 32×32", "CC0 1.0"),
    DataSet("tabular", "12,330 visits to a web shop", "CC BY 4.0"),
)


@dataclass(frozen=True)
class Pictures:
    """A set of labelled pictures, and the network whose features measure samples of it."""

    load: Callable[[str], ImageSet]  # of the split, "train" or "test"
    features: str  # the name of the network in the zoo
    shape: tuple[int, int, int]  # (C, H, W)


# By what they show. The functions are looked up when they are called, so that tests replace them.
PICTURES = {
    "digits": Pictures(lambda split: images.mnist(split, full=True), "digit-features", (1, 28, 28)),
    "clothes": Pictures(lambda split: images.fashion_mnist(split), "fashion-features", (1, 28, 28)),
    "photographs": Pictures(lambda split: images.cifar10(split), "cifar10-features", (3, 32, 32)),
    "cats": Pictures(
        lambda split: images.cifar10(split).only("cat"), "cifar10-features", (3, 32, 32)
    ),
    "sprites": Pictures(lambda split: sprites.sprites(split), "cifar10-features", (3, 32, 32)),
}


def training_pictures(name: str, embedded: bool = False) -> ImageSet:
    """Return the pictures that the recipes of a set train on.

    Args:
        name: a key of ``PICTURES``.
        embedded: take the 4,000 digits that are installed with the course instead, with a border
            and in three equal colours where the set has such a shape.

    Raises:
        CourseError: there is no such set, or its files are missing.
    """
    if name not in PICTURES:
        raise CourseError(f"There are no pictures {name!r}. There are: {', '.join(PICTURES)}.")
    if not embedded:
        return PICTURES[name].load("train")
    colours, height, _ = PICTURES[name].shape
    digits = images.mnist("train")
    border = (height - digits.images.shape[-1]) // 2
    padded = F.pad(digits.images, [border] * 4).expand(-1, colours, -1, -1)
    return replace(digits, images=padded)


@dataclass(frozen=True)
class Texts:
    """A text, and the characters that it is made of."""

    load: Callable[[], str]
    vocabulary: Vocabulary
    held_out: float = 0.1  # the part at its end that no recipe trains on

    def tokens(self, split: str) -> Tensor:
        """Return the numbers of the characters of a split, "train" or "test", (T,)."""
        numbers = self.vocabulary.encode(self.load())
        border = int((1 - self.held_out) * len(numbers))
        return numbers[:border] if split == "train" else numbers[border:]


TEXTS = {
    "plays": Texts(
        lambda: text.tiny_shakespeare(),
        Vocabulary(tuple(sorted("\n !$&',-.3:;?" + ascii_letters))),
    ),
}


def training_text(name: str, embedded: bool = False) -> Tensor:
    """Return the tokens that the recipes of a text train on, (T,).

    Args:
        name: a key of ``TEXTS``.
        embedded: take the text that Python carries instead, without the characters that the
            vocabulary does not have.

    Raises:
        CourseError: there is no such text, or its file is missing.
    """
    if name not in TEXTS:
        raise CourseError(f"There is no text {name!r}. There are: {', '.join(TEXTS)}.")
    texts = TEXTS[name]
    if not embedded:
        return texts.tokens("train")
    known = set(texts.vocabulary.symbols)
    return texts.vocabulary.encode("".join(c for c in text.python_docs() if c in known))
