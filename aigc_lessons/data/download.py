"""Official data files, checked by sha256: the only place of the course that opens a connection.

Files live in one folder (`AIGC_DATA`, or else the platform's cache folder) under the names of the
registry, so that you may also put them there by hand. A file that is there and right is never
fetched again. A download is written to the side, checked, and renamed into place: an unfinished
one never counts, and two processes may fetch the same file at once. (A killed process may leave a
folder `incomplete-...`, which you may delete.)
"""

import hashlib
import logging
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import platformdirs
import pooch
import requests

from aigc_lessons.errors import CourseError, MissingDataError
from aigc_lessons.files import written_aside


@dataclass(frozen=True)
class Source:
    """Where a file comes from and how to recognise it.

    Attributes:
        mirrors: folders on the web that hold the same file, tried in order.
        sha256: checksum of the file, in hexadecimal digits.
        size: length of the file, in bytes.
    """

    mirrors: tuple[str, ...]
    sha256: str
    size: int


_MNIST = (
    "https://storage.googleapis.com/cvdf-datasets/mnist",
    "https://ossci-datasets.s3.amazonaws.com/mnist",
)
_FASHION = (
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion",
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
)
_CIFAR = ("https://www.cs.toronto.edu/~kriz",)

_GITHUB = "https://raw.githubusercontent.com"

REGISTRY: dict[str, Source] = {
    "mnist/train-images-idx3-ubyte.gz": Source(
        _MNIST, "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609", 9_912_422
    ),
    "mnist/train-labels-idx1-ubyte.gz": Source(
        _MNIST, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c", 28_881
    ),
    "mnist/t10k-images-idx3-ubyte.gz": Source(
        _MNIST, "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6", 1_648_877
    ),
    "mnist/t10k-labels-idx1-ubyte.gz": Source(
        _MNIST, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6", 4_542
    ),
    "fashion-mnist/train-images-idx3-ubyte.gz": Source(
        _FASHION, "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84", 26_421_880
    ),
    "fashion-mnist/train-labels-idx1-ubyte.gz": Source(
        _FASHION, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845", 29_515
    ),
    "fashion-mnist/t10k-images-idx3-ubyte.gz": Source(
        _FASHION, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073", 4_422_102
    ),
    "fashion-mnist/t10k-labels-idx1-ubyte.gz": Source(
        _FASHION, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5", 5_148
    ),
    "cifar10/cifar-10-binary.tar.gz": Source(
        _CIFAR, "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd", 170_052_171
    ),
    "tinyshakespeare/input.txt": Source(
        (
            f"{_GITHUB}/karpathy/char-rnn/6f9487a6fe5b420b7ca9afb0d7c078e37c1d1b4e"
            "/data/tinyshakespeare",
        ),
        "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
        1_115_394,
    ),
    "names/names.txt": Source(
        (f"{_GITHUB}/karpathy/makemore/988aa59e4d8fefa526d06f3b453ad116258398d4",),
        "0a30b5557f192f32ab962680889aac5f6fda0f4cecf40a6d0b5694f58ea8cc4d",
        228_145,
    ),
    "tang300/唐诗三百首.json": Source(
        (
            f"{_GITHUB}/chinese-poetry/chinese-poetry/99ebbef7e1345c0985c44b9fd96a3f9e776f117b"
            "/%E5%85%A8%E5%94%90%E8%AF%97",
        ),
        "d77a145f7470da2ed2f79515944563c062ffc43fceda07f195a36ead66b7e5c7",
        190_787,
    ),
    "tabular/online_shoppers_intention.csv": Source(
        (
            f"{_GITHUB}/menaceonzenith/online-shoppers-intentions"
            "/f628b67b07cfd1b7816dd5d2a1487bfda0764b77",
        ),
        "9cda002173422ffbd455fbedcb378cd8b7cea1e6b727faaa39aec08d087d8120",
        1_071_973,
    ),
}


def data_folder() -> Path:
    """Return the folder that holds the official data files; it need not exist yet.

    Raises:
        CourseError: `AIGC_DATA` names something that is not a folder.
    """
    chosen = os.environ.get("AIGC_DATA")
    if not chosen:
        return platformdirs.user_cache_path("aigc-lessons")
    folder = Path(chosen).expanduser().absolute()
    if folder.exists() and not folder.is_dir():
        raise CourseError(
            f"AIGC_DATA names {folder}, which is a file. Set it to a folder, "
            "or unset it to use the default cache folder."
        )
    return folder


def offline() -> bool:
    """Return whether `AIGC_OFFLINE` forbids connections."""
    return os.environ.get("AIGC_OFFLINE", "") not in ("", "0")


def fetch(name: str, folder: Path | None = None) -> Path:
    """Return the path of an official data file, fetching it where it is missing.

    Args:
        name: a key of `REGISTRY`, such as "mnist/train-images-idx3-ubyte.gz".
        folder: for the file, instead of the data folder, from which it is copied if it is there.

    Raises:
        CourseError: the name is unknown; the file that is there is not the official one (it is
            left as it is); the file is missing and cannot be fetched or written.
    """
    if name not in list(REGISTRY):  # a list, so that anything may be asked for
        raise CourseError(f"No data file is called {name!r}. Known files: {', '.join(REGISTRY)}.")
    source, path = REGISTRY[name], (folder or data_folder()) / name
    if path.exists():
        _check_present(path, source)
    elif folder is not None and (data_folder() / name).exists():
        _copy(fetch(name), path)
    elif offline():
        raise _missing(path, source, "and AIGC_OFFLINE forbids connections")
    else:
        _download(path, source)
    return path


def _check_present(path: Path, source: Source) -> None:
    """Refuse a file that is not the official one. It is yours, so it is never replaced."""
    if not path.is_file():
        raise CourseError(f"{path} should be a data file but is a folder. Move it away.")
    try:
        size = path.stat().st_size
        if size != source.size:
            found = f"it has {size:,} bytes, the official file has {source.size:,}"
        elif _sha256(path) != source.sha256:
            found = "its sha256 is not the official one"
        else:
            return
    except OSError as error:
        raise CourseError(f"{path} cannot be read ({error}). Check its permissions.") from error
    raise CourseError(
        f"{path} is truncated or altered: {found}. Move or delete it, then call again to fetch "
        "the official file."
    )


def _copy(source: Path, path: Path) -> None:
    try:
        with written_aside(path) as aside:
            shutil.copyfile(source, aside)
    except OSError as error:
        raise CourseError(f"{path} cannot be written ({error}).") from error


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _download(path: Path, source: Source) -> None:
    """Fetch from the first mirror that delivers the right bytes, then rename into place."""
    pooch.get_logger().setLevel(logging.WARNING)  # the progress bar says enough
    failures = []
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # The folder to the side has the same parent, so that the rename is atomic.
        with tempfile.TemporaryDirectory(prefix="incomplete-", dir=path.parent) as aside:
            for mirror in source.mirrors:
                url = f"{mirror}/{path.name}"
                try:
                    got = pooch.retrieve(
                        url, f"sha256:{source.sha256}", path.name, aside, progressbar=True
                    )
                except (requests.RequestException, ValueError) as error:
                    failures.append(f"{url}: {_reason(error)}")
                else:
                    Path(got).replace(path)
                    return
    except OSError as error:
        raise CourseError(
            f"{path} cannot be written ({error}). Set AIGC_DATA to a folder that you may write to."
        ) from error
    raise _missing(path, source, f"and could not be fetched ({'; '.join(failures)})")


def _reason(error: Exception) -> str:
    """Say in a few words why a mirror did not deliver."""
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"the server answered {error.response.status_code}"
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "the transfer broke off"
    if isinstance(error, requests.ConnectionError):
        return "no connection"
    if isinstance(error, requests.RequestException):
        return type(error).__name__
    return "what came does not have the official sha256"


def _missing(path: Path, source: Source, why: str) -> MissingDataError:
    return MissingDataError(
        f"{path.parent.name}/{path.name} is not on this machine {why}. Get it from "
        f"{source.mirrors[0]}/{path.name} and put it at {path} ({source.size:,} bytes; it is "
        "checked by sha256), or use what needs no download: data.images.mnist(), 5,000 real "
        "digits; data.text.python_docs(), text; data.tables.visitors(...), simulated visits."
    )
