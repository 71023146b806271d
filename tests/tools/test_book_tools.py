"""The tools that build the book: what they do without npm, with altered packages, outside git."""

import datetime
import io
import subprocess
import tarfile
from pathlib import Path

import pytest
import vendor_assets
from book_extension import framed, last_change
from vendor_assets import Package, Rule

CONTENT = {"package/dist/a.js": b"one", "package/dist/b.map": b"two", "package/LICENSE": b"free"}
RULES = (Rule("dist", "site/lib", "*.js"), Rule("LICENSE", "site/lib/LICENSE.txt"))


def tarball(path: Path, files: dict[str, bytes]) -> None:
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


@pytest.fixture
def vendor(tmp_path, monkeypatch) -> Path:
    """An empty vendor folder; one small package stands for all, and comes without npm."""
    tarball(tmp_path / "lib.tgz", CONTENT)
    package = Package("@we/lib", "1.0", vendor_assets.integrity(tmp_path / "lib.tgz"), RULES)
    folder = tmp_path / "vendor"
    monkeypatch.setattr(vendor_assets, "ASSETS", folder / "assets")
    monkeypatch.setattr(vendor_assets, "PINS", folder / "assets" / "pins.json")
    monkeypatch.setattr(vendor_assets, "PACKAGES", (package,))
    monkeypatch.setattr(vendor_assets, "OWN_FILES", {"site/fonts.css": "fonts.css"})

    def fetch(target: Path) -> None:
        (target / "we-lib-1.0.tgz").write_bytes((tmp_path / "lib.tgz").read_bytes())

    monkeypatch.setattr(vendor_assets, "fetch", fetch)
    return folder


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_wanted_files_are_laid_out(vendor):
    assert not vendor_assets.complete()
    vendor_assets.main()
    assert vendor_assets.complete()
    own = {"assets/pins.json", "assets/site/fonts.css"}
    assert files(vendor) == own | {"assets/site/lib/a.js", "assets/site/lib/LICENSE.txt"}
    assert (vendor / "assets/site/lib/a.js").read_bytes() == b"one"


def test_a_second_call_fetches_nothing(vendor, monkeypatch):
    vendor_assets.main()
    monkeypatch.setattr(vendor_assets, "fetch", lambda folder: pytest.fail("fetched again"))
    vendor_assets.main()


def test_another_pin_makes_the_folder_stale(vendor, monkeypatch):
    vendor_assets.main()
    newer = Package("@we/lib", "1.1", "sha512-new", RULES)
    monkeypatch.setattr(vendor_assets, "PACKAGES", (newer,))
    assert not vendor_assets.complete()


def test_an_altered_tarball_is_refused(vendor, tmp_path):
    tarball(tmp_path / "lib.tgz", CONTENT | {"package/dist/a.js": b"altered"})
    with pytest.raises(SystemExit, match="not the pinned"):
        vendor_assets.main()
    assert files(vendor) == set()


@pytest.mark.parametrize("program", [None, "false"])
def test_without_npm_one_line_and_nothing_left(vendor, monkeypatch, capsys, program):
    monkeypatch.undo()
    monkeypatch.setattr(vendor_assets, "ASSETS", vendor / "assets")
    monkeypatch.setattr(vendor_assets, "PINS", vendor / "assets" / "pins.json")
    monkeypatch.setattr(vendor_assets.shutil, "which", lambda name: program)
    vendor_assets.main()
    assert len(capsys.readouterr().out.splitlines()) == 1
    assert files(vendor) == set()


def test_date_is_that_of_the_last_commit(tmp_path):
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b"]
    try:
        subprocess.run([*git, "init", "--quiet"], check=True)
    except OSError:
        pytest.skip("git is not here")
    subprocess.run(
        [*git, "commit", "--quiet", "--allow-empty", "-m", "x", "--date", "2020-02-03T12:00:00"],
        check=True,
        env={"GIT_COMMITTER_DATE": "2020-02-03T12:00:00", "PATH": "/usr/bin:/bin"},
    )
    assert last_change(tmp_path) == "2020-02-03"


def test_date_outside_a_clone_is_todays(tmp_path):
    assert last_change(tmp_path) == datetime.date.today().isoformat()


def cell(source: str, *tags: str) -> dict:
    kind = "markdown" if "exercise" in tags or not tags else "code"
    return {"cell_type": kind, "metadata": {"tags": list(tags)}, "source": source}


def test_each_exercise_gets_a_frame_with_its_answers_without_marks():
    answer = "def f():\n    ### BEGIN SOLUTION\n    return 1\n    ### END SOLUTION"
    cells = [
        cell("before"),
        *(cell("task 1", "exercise"), cell(answer, "solution", "hide-input")),
        *(cell("check", "self-check"), cell("wrong", "mutants")),
        cell("task 2", "exercise"),
        cell("own code", "plumbing"),
        cell("task 3", "exercise"),
    ]
    shown_answer = "def f():\n    return 1"
    first = f"<frame task 1 {shown_answer} check wrong >"
    inside = f"{first} <frame task 2 > own code <frame task 3 >"
    shown = [entry["source"] for entry in framed(cells)]
    text = " ".join(shown).replace('<div class="exercise">', "<frame").replace("</div>", ">")
    assert text == f"before {inside}"
    assert framed(cells[:1]) == cells[:1]
