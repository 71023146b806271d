"""The command line says every mistake in one line, and leaves nothing behind."""

# ruff: noqa: F401, F811 (pytest finds fixtures by name: imported here, named in signatures)

import shutil
from pathlib import Path

import pytest
from cli_course import clone, course, weights

from aigc_lessons import zoo
from aigc_lessons.cli import chapters
from aigc_lessons.cli import main as cli

pytestmark = pytest.mark.usefixtures("course")


def files_below(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def fails(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """Run the command, which must fail in one line and write nothing; return the line."""
    before = files_below(Path.cwd())
    assert cli.main(words) == 2
    out, err = capsys.readouterr()
    assert err.startswith("aigc: ") and err.endswith("\n") and err.count("\n") == 1
    assert out == ""
    assert files_below(Path.cwd()) == before
    return err


MISTAKES = [
    ("trian vae-mnist", "no command 'trian'. Did you mean train?"),
    ("xyz", "There are: doctor, start, data, train, sample, evaluate, repeat, zoo"),
    ("--quiet", "required: COMMAND"),
    ("doctor --loud", "`aigc doctor` does not take --loud. See `aigc --help`"),
    ("start six", "expected a number such as 3, or 3x, not 'six'"),
    ("start -1", "or 3x, not '-1'"),
    ("start 1 2", "does not take 2."),
    ("start --class", "--class is for others: say where, with --into FOLDER"),
    ("start --class --solutions", "--solutions: not allowed with argument --class"),
    ("data get", "invalid choice: 'get'"),
    ("data fetch mnits", "no data set 'mnits'. Did you mean mnist?"),
    ("data fetch --into folder.png mnits", "no data set 'mnits'. Did you mean mnist?"),
    ("data --into folder.png", "aigc data fetch --into FOLDER"),
    ("train", "Name a recipe to train: vae-mnist, vae-mnist-short"),
    ("train vae-mnits", "no recipe 'vae-mnits'. Did you mean vae-mnist?"),
    ("train vae-mnist --steps -5", "--steps: expected a whole number of at least 1, not -5"),
    ("train vae-mnist --steps 0", "at least 1, not 0"),
    ("train vae-mnist --steps 1e3", "not '1e3'"),
    ("train vae-mnist --steps", "--steps: expected one argument"),
    ("train vae-mnist --step 5", "does not take --step 5"),
    ("train vae-mnist-2d --steps 50", "rises over the first 200 steps, so a training has at least"),
    ("train vae-mnist --seed one", "--seed: expected a whole number of at least 0"),
    ("train vae-mnist --seed 4294967296", "at most 4294967295, not 4294967296"),
    ("train vae-mnist --folder file", "file is a file"),
    ("sample", "required: NAME"),
    ("sample vae-mnist --count 0", "--count: expected a whole number of at least 1"),
    ("sample vae-mnist --count 1001", "at most 1000, not 1001"),
    ("sample vae-mnist --seed 0.5", "not '0.5'"),
    ("sample vae", "no model 'vae'. "),
    ("sample vae-mnits --out taken.png", "no model 'vae-mnits'. Did you mean vae-mnist?"),
    ("sample vae-mnist-2d", "no weights 'vae-mnist-2d'. Shipped: vae-mnist"),
    ("sample vae-mnist --out absent/s.png", "The folder absent does not exist"),
    ("sample vae-mnist --out taken.png", "taken.png exists already"),
    ("sample vae-mnist --out s.jpeg", "s.jpeg is not the name of a PNG file"),
    ("sample vae-mnist --out folder.png", "folder.png is not the name of a PNG file"),
    ("sample vae-mnist --weights absent.safetensors", "no file absent.safetensors"),
    ("sample vae-mnist --weights taken.png", "not a safetensors file"),
    ("sample vae-mnist --weights folder.png", "folder.png"),
    ("sample vae-mnist --weights half.safetensors", "damaged or is not a safetensors file"),
    ("sample vae-mnist --weights other.safetensors", "weights of another network than 'vae-mnist'"),
    ("sample digit-features --weights features.safetensors", "not a generative model"),
    ("evaluate digits", "no model 'digits'."),
    ("evaluate vae-mnist --weights other.safetensors", "weights of another network"),
    ("evaluate vae-mnist --weights absent", "no file absent"),
    ("zoo vae-mnsit", "Did you mean vae-mnist?"),
]


@pytest.mark.parametrize(("words", "message"), MISTAKES, ids=[words for words, _ in MISTAKES])
def test_a_mistake_is_one_line(
    words: str, message: str, course: Path, weights: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (course / "file").write_text("mine")
    (course / "taken.png").write_text("a picture that is mine")
    (course / "folder.png").mkdir()
    shutil.copy(weights / "vae-mnist-2d.safetensors", course / "other.safetensors")
    shutil.copy(weights / "digit-features.safetensors", course / "features.safetensors")
    whole = zoo.path("vae-mnist").read_bytes()
    (course / "half.safetensors").write_bytes(whole[: len(whole) // 2])
    assert message in fails(words.split(), capsys)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs /proc, unwritable even for root")
@pytest.mark.parametrize(
    "words", ["sample vae-mnist --out /proc/self/s.png", "train vae-mnist --folder /proc/self/run"]
)
def test_an_unwritable_folder_is_one_line(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert "Cannot write" in fails(words.split(), capsys)


def test_aigc_data_that_is_a_file_is_one_line(
    course: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (course / "file").touch()
    monkeypatch.setenv("AIGC_DATA", "file")
    assert cli.main(["train", "digit-features"]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1
    assert err.startswith("aigc: AIGC_DATA names ") and "which is a file" in err


def test_missing_data_name_the_training_that_needs_none(
    course: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AIGC_DATA", str(course / "empty"))
    monkeypatch.setenv("AIGC_OFFLINE", "1")
    error = fails(["train", "digit-features"], capsys)
    assert "is not on this machine" in error
    assert "aigc train digit-features --embedded" in error


def test_altered_weights_of_the_zoo_are_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    file = zoo.path("vae-mnist")
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    assert "sha256 differs" in fails(["sample", "vae-mnist"], capsys)


def test_a_message_of_several_lines_becomes_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def load(name: str) -> None:
        raise cli.CourseError("first\n  second")

    monkeypatch.setattr(zoo, "load", load)
    assert fails(["sample", "vae-mnist"], capsys) == "aigc: first second\n"


def test_a_chapter_that_does_not_exist_is_one_line(
    clone: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    message = "There is no chapter 99. The chapters are: 1 What it does."
    assert message in fails(["start", "99"], capsys)


def test_outside_of_a_clone_start_is_one_line(
    course: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(chapters, "__file__", str(course / "site-packages/aigc_lessons/x.py"))
    assert "not inside a clone of the course" in fails(["start"], capsys)
