"""Downloads from a small server on this machine: what is fetched, what counts, what is refused."""

import functools
import hashlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from aigc_lessons.data import download
from aigc_lessons.data.download import REGISTRY, Source, data_folder, fetch
from aigc_lessons.errors import CourseError

CONTENT = bytes(range(256)) * 400
NAME = "small/file.gz"
FETCH_IN_A_PROCESS = """
import sys
from aigc_lessons.data import download
mirror, sha256, size = sys.argv[1:]
download.REGISTRY["small/file.gz"] = download.Source((mirror,), sha256, int(size))
print(download.fetch("small/file.gz"))
"""


class Server:
    """Serves one file as `answer` says, and remembers which paths were asked for."""

    def __init__(self) -> None:
        self.requests: list[str] = []
        self.answer: Callable[[BaseHTTPRequestHandler], None] = whole
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.requests.append(self.path)
                outer.answer(self)

            def log_message(self, *arguments: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True).start()


def send(content: bytes, announced: int, request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.send_header("Content-Length", str(announced))
    request.end_headers()
    request.wfile.write(content)


def not_found(request: BaseHTTPRequestHandler) -> None:
    request.send_error(404)


whole = functools.partial(send, CONTENT, len(CONTENT))
broken_off = functools.partial(send, CONTENT[:50_000], len(CONTENT))
truncated = functools.partial(send, CONTENT[:50_000], 50_000)
altered = functools.partial(send, CONTENT[:-1] + b"!", len(CONTENT))


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.http.shutdown()
    running.http.server_close()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: Server) -> Path:
    """A data folder that does not exist yet, and a registry that knows one small file."""
    monkeypatch.setenv("AIGC_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("AIGC_OFFLINE", raising=False)
    for variable in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(variable, "127.0.0.1")
    register(monkeypatch, server.address)
    return tmp_path / "data"


def register(monkeypatch: pytest.MonkeyPatch, *mirrors: str) -> None:
    source = Source(mirrors, hashlib.sha256(CONTENT).hexdigest(), len(CONTENT))
    monkeypatch.setitem(REGISTRY, NAME, source)


def files(folder: Path) -> list[str]:
    return [str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()]


def test_a_missing_file_is_fetched_once_and_then_kept(folder: Path, server: Server) -> None:
    path = fetch(NAME)
    assert path == folder / "small" / "file.gz"
    assert path.read_bytes() == CONTENT
    assert server.requests == ["/file.gz"]
    assert fetch(NAME) == path
    assert len(server.requests) == 1
    assert [*folder.rglob("*")] == [folder / "small", path]


def test_a_file_put_there_by_hand_is_never_fetched(folder: Path, server: Server) -> None:
    path = folder / NAME
    path.parent.mkdir(parents=True)
    path.write_bytes(CONTENT)
    assert fetch(NAME) == path
    assert server.requests == []


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (broken_off, "the transfer broke off"),
        (truncated, "does not have the official sha256"),
        (altered, "does not have the official sha256"),
        (not_found, "the server answered 404"),
    ],
)
def test_a_bad_transfer_leaves_nothing_behind(folder, server, answer, reason) -> None:
    server.answer = answer
    with pytest.raises(CourseError) as caught:
        fetch(NAME)
    message = str(caught.value)
    for part in (reason, NAME, str(folder / NAME), server.address, "mnist()"):
        assert part in message
    assert files(folder) == []
    server.answer = whole
    assert fetch(NAME).read_bytes() == CONTENT


def test_the_next_mirror_serves_where_the_first_does_not(folder, server, monkeypatch) -> None:
    unreachable = Server()
    unreachable.http.shutdown()
    unreachable.http.server_close()
    register(monkeypatch, unreachable.address, server.address)
    assert fetch(NAME).read_bytes() == CONTENT
    register(monkeypatch, unreachable.address)
    (folder / NAME).unlink()
    with pytest.raises(CourseError, match="no connection"):
        fetch(NAME)


@pytest.mark.parametrize(
    ("content", "found"),
    [(CONTENT[:-1], "102,399 bytes"), (CONTENT[:-1] + b"!", "sha256"), (b"", "0 bytes")],
)
def test_a_wrong_file_is_refused_and_left_alone(folder, server, content, found) -> None:
    path = folder / NAME
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    with pytest.raises(CourseError, match=f"truncated or altered: .*{found}.* Move or delete"):
        fetch(NAME)
    assert path.read_bytes() == content
    assert server.requests == []


def test_a_folder_in_the_place_of_the_file_is_refused(folder: Path) -> None:
    (folder / NAME).mkdir(parents=True)
    with pytest.raises(CourseError, match="is a folder"):
        fetch(NAME)


def test_offline_forbids_connections_but_not_files(folder, server, monkeypatch) -> None:
    monkeypatch.setenv("AIGC_OFFLINE", "1")
    with pytest.raises(CourseError, match="AIGC_OFFLINE forbids") as caught:
        fetch(NAME)
    for part in (NAME, str(folder / NAME), "mnist()"):
        assert part in str(caught.value)
    assert server.requests == []
    assert not folder.exists()
    monkeypatch.setenv("AIGC_OFFLINE", "0")
    fetch(NAME)
    monkeypatch.setenv("AIGC_OFFLINE", "1")
    assert fetch(NAME).read_bytes() == CONTENT


@pytest.mark.parametrize("name", ["mnist/nothing.gz", "../mnist", None, ["mnist"]])
def test_an_unknown_name_is_refused(folder: Path, name: object) -> None:
    with pytest.raises(CourseError, match=r"No data file.*mnist/train-images-idx3-ubyte\.gz"):
        fetch(name)


def test_the_data_folder_must_be_a_folder(tmp_path, monkeypatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("AIGC_DATA", str(tmp_path / "file"))
    with pytest.raises(CourseError, match="which is a file"):
        data_folder()


def test_a_data_folder_that_cannot_be_made_is_named(folder, tmp_path, monkeypatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("AIGC_DATA", str(tmp_path / "file" / "data"))
    with pytest.raises(CourseError, match=r"cannot be written.*Set AIGC_DATA"):
        fetch(NAME)


@pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() == 0, reason="this user may write everywhere"
)
def test_a_data_folder_without_permission_is_named(folder: Path) -> None:
    folder.mkdir(mode=0o500)
    with pytest.raises(CourseError, match=r"cannot be written.*Set AIGC_DATA"):
        fetch(NAME)


def test_the_data_folder_follows_the_environment(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("AIGC_DATA", "~/data")
    assert data_folder() == Path.home() / "data"
    for unset in ("", None):
        monkeypatch.delenv("AIGC_DATA") if unset is None else monkeypatch.setenv("AIGC_DATA", unset)
        assert data_folder() == download.platformdirs.user_cache_path("aigc-lessons")


def start_fetching(server: Server) -> subprocess.Popen[str]:
    source = REGISTRY[NAME]
    arguments = [server.address, source.sha256, str(source.size)]
    return subprocess.Popen(
        [sys.executable, "-c", FETCH_IN_A_PROCESS, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )


def test_two_processes_may_fetch_the_same_file_at_once(folder: Path, server: Server) -> None:
    both_have_asked = threading.Barrier(2)

    def together(request: BaseHTTPRequestHandler) -> None:
        both_have_asked.wait(timeout=60)
        whole(request)

    server.answer = together
    processes = [start_fetching(server) for _ in range(2)]
    for process in processes:
        output, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors
        assert output.strip() == str(folder / NAME)
    assert len(server.requests) == 2
    assert files(folder) == [str(Path(NAME))]
    assert (folder / NAME).read_bytes() == CONTENT


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_killed_download_does_not_count(folder: Path, server: Server) -> None:
    halfway, over = threading.Event(), threading.Event()

    def stall(request: BaseHTTPRequestHandler) -> None:
        send(CONTENT[:50_000], len(CONTENT), request)
        request.wfile.flush()
        halfway.set()
        over.wait(timeout=60)

    server.answer = stall
    process = start_fetching(server)
    assert halfway.wait(timeout=60)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    over.set()
    assert not (folder / NAME).exists()
    server.answer = whole
    assert fetch(NAME).read_bytes() == CONTENT


@pytest.mark.parametrize("name", list(REGISTRY))
def test_the_registry_is_well_formed(name: str) -> None:
    source = REGISTRY[name]
    assert len(bytes.fromhex(source.sha256)) == 32
    assert source.size > 0
    assert all(mirror.startswith("http") and mirror[-1] != "/" for mirror in source.mirrors)


def test_the_registry_knows_the_real_files() -> None:
    present = [name for name in REGISTRY if (data_folder() / name).is_file()]
    if not present:
        pytest.skip("AIGC_DATA has no official file")
    for name in present:
        assert fetch(name) == data_folder() / name
