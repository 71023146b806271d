"""The data sets: what is listed, what is fetched, and what is said of those that are missing."""

import hashlib
from pathlib import Path

import pytest

from aigc_lessons.cli import main as cli
from aigc_lessons.data import download
from aigc_lessons.data.download import Source
from aigc_lessons.data.sets import DATA_SETS

CONTENT = b"what the file holds"


@pytest.fixture
def web(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Data sets of small files, an empty data folder, and a web from which some can be fetched."""
    served = {name.partition("/")[0] for name in download.REGISTRY}
    source = Source(("https://example.org",), hashlib.sha256(CONTENT).hexdigest(), len(CONTENT))
    for name in download.REGISTRY:
        monkeypatch.setitem(download.REGISTRY, name, source)

    def deliver(path: Path, source: Source) -> None:
        if path.parent.name not in served:
            raise download._missing(path, source, "and could not be fetched")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(CONTENT)

    monkeypatch.setattr(download, "_download", deliver)
    monkeypatch.setenv("AIGC_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("AIGC_OFFLINE", raising=False)
    monkeypatch.chdir(tmp_path)
    return served


def listed(capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    assert cli.main(["data"]) == 0
    *rows, last = capsys.readouterr().out.splitlines()
    assert str(download.data_folder()) in last
    return {row.split()[0]: row for row in rows}


def test_the_list_says_what_each_set_is_and_whether_it_is_here(
    web: set[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = listed(capsys)
    assert list(rows) == [one.name for one in DATA_SETS]
    for one in DATA_SETS:
        assert one.summary in rows[one.name] and f"  {one.licence}  " in rows[one.name]
        assert " MB  -" in rows[one.name]
    (tmp_path / "data/cifar10/cifar-10-batches-bin").mkdir(parents=True)
    assert cli.main(["data", "fetch", "names"]) == 0
    capsys.readouterr()
    rows = listed(capsys)
    assert "  here  " in rows["names"] and "here, unpacked, not verified" in rows["cifar10"]
    assert len({row.index(" MB") for row in rows.values()}) == 1


def test_all_are_fetched_in_one_go(
    web: set[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "data/cifar10/cifar-10-batches-bin").mkdir(parents=True)
    assert cli.main(["data", "fetch"]) == 0
    out = capsys.readouterr().out
    assert "cifar10: here, unpacked, not verified\n" in out and "mnist: here, " in out
    assert out.endswith("All of it is in data\n")
    assert all(one.here or one.unpacked for one in DATA_SETS)
    assert not (tmp_path / "data/cifar10/cifar-10-binary.tar.gz").exists()


def test_one_failure_stops_nothing_and_is_told_at_the_end(
    web: set[str], capsys: pytest.CaptureFixture[str]
) -> None:
    web -= {"mnist", "names"}
    assert cli.main(["data", "fetch"]) == 2
    out, err = capsys.readouterr()
    assert "names: names/names.txt is not on this machine" in out
    assert "2 of 8 sets are missing" in err and "`aigc data fetch mnist names` again" in err
    assert err.count("\n") == 1
    assert all(one.here == (one.name in web) for one in DATA_SETS)


def test_a_folder_is_filled_to_be_carried(
    web: set[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["data", "fetch", "names"]) == 0
    web.clear()  # what is here is copied
    capsys.readouterr()
    assert cli.main(["data", "fetch", "--into", "stick", "names"]) == 0
    assert f"AIGC_DATA={tmp_path / 'stick'}\n" in capsys.readouterr().out
    assert (tmp_path / "stick/names/names.txt").read_bytes() == CONTENT
    (tmp_path / "data/names/names.txt").write_bytes(CONTENT[:-1] + b"?")
    assert cli.main(["data", "fetch", "--into", "other", "names"]) == 2
    assert "truncated or altered" in capsys.readouterr().out
    assert not [path for path in tmp_path.glob("other/**/*") if path.is_file()]


def test_offline_is_one_line(
    web: set[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["data", "fetch", "names"]) == 0
    monkeypatch.setenv("AIGC_OFFLINE", "1")
    assert cli.main(["data", "fetch", "names"]) == 0
    assert cli.main(["data", "fetch", "--into", "stick", "names"]) == 0
    capsys.readouterr()
    assert cli.main(["data", "fetch", "names", "tabular"]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1
    assert "AIGC_OFFLINE forbids connections, and tabular would have to be fetched" in err
