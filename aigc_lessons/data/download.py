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
import tomllib
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


def _read_registry() -> dict[str, Source]:
    table = tomllib.loads(Path(__file__).with_name("downloads.toml").read_text(encoding="utf8"))
    return {
        name: Source(tuple(entry["mirrors"]), entry["sha256"], entry["size"])
        for name, entry in table.items()
    }


REGISTRY = _read_registry()


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
