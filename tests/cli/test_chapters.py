"""The reader's copies: made once, never overwritten, renewed on request."""

import json
from pathlib import Path

import pytest
from small_chapter import as_text, small_chapter

from aigc_lessons.cli import chapters, editions
from aigc_lessons.errors import CourseError

SIX = Path("2-latent-variables/06-the-variational-autoencoder.ipynb")


def notebook(source: str, output: str = "") -> str:
    cell = {"cell_type": "code", "source": source.splitlines(keepends=True), "outputs": [output]}
    return as_text({"cells": [cell], "metadata": {}, "nbformat": 4})


def edition(kind: str = "self-study") -> str:
    return as_text(editions.edition(small_chapter(), kind))


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone with chapters 1 and 6, around the current folder."""
    root = tmp_path / "a clone"
    for name in [
        "1-from-scratch/01-what-it-does.ipynb",
        str(SIX),
        "2-latent-variables/draft.ipynb",
    ]:
        file = root / "notebooks" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(notebook(name))
    (root / "notebooks" / SIX).write_text(as_text(small_chapter()))
    (root / "notebooks/2-latent-variables/06-figure.png").write_bytes(b"")
    (root / "aigc_lessons").mkdir()
    (root / "aigc_lessons/__init__.py").touch()
    monkeypatch.chdir(root / "notebooks")
    return root


@pytest.fixture
def copy_of_six(clone: Path) -> Path:
    return clone / "my-notebooks" / SIX


def files_below(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def states_of_six() -> list[str]:
    return [copy.state for copy in chapters.start("6")]


def test_the_repository_is_found_from_below_and_else_from_the_package(
    clone: Path, tmp_path: Path
) -> None:
    assert chapters.repository() == clone
    package_home = Path(chapters.__file__).resolve().parents[2]
    assert chapters.repository(tmp_path) == package_home


def test_outside_of_a_clone_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chapters, "__file__", str(tmp_path / "site-packages/aigc_lessons/cli/x.py"))
    with pytest.raises(CourseError, match="not inside a clone of the course"):
        chapters.repository(tmp_path)


def test_chapters_are_numbered_notebooks_in_order(clone: Path) -> None:
    found = [(chapter.number, chapter.title) for chapter in chapters.chapters(clone)]
    assert found == [("1", "What it does"), ("6", "The variational autoencoder")]


def test_a_chapter_is_copied_in_the_same_folder_structure(clone: Path, copy_of_six: Path) -> None:
    (copy,) = chapters.start("6")
    assert (copy.path, copy.state, copy.kept) == (copy_of_six, "new", None)
    assert copy_of_six.read_text() == edition()
    assert files_below(clone / "my-notebooks") == [copy_of_six]


def test_without_a_number_every_chapter_is_copied(clone: Path) -> None:
    chapters.start("6")
    copies = chapters.start(None)
    assert [(copy.chapter.number, copy.state) for copy in copies] == [
        ("1", "new"),
        ("6", "identical"),
    ]
    assert files_below(clone / "my-notebooks") == sorted(copy.path for copy in copies)


def test_running_a_copy_does_not_make_it_different(copy_of_six: Path) -> None:
    chapters.start("6")
    run = json.loads(edition())
    run["cells"][3]["outputs"] = ["3.14"]
    copy_of_six.write_text(as_text(run))
    assert states_of_six() == ["identical"]
    assert "3.14" in copy_of_six.read_text()


@pytest.mark.parametrize("edited", [notebook("x = 1"), "{half a notebook", "[]", '{"cells": 3}'])
def test_an_edited_copy_is_kept_and_said_to_differ(copy_of_six: Path, edited: str) -> None:
    chapters.start("6")
    copy_of_six.write_text(edited)
    assert states_of_six() == ["different"]
    assert copy_of_six.read_text() == edited


def test_a_chapter_that_was_updated_is_said_to_differ(clone: Path) -> None:
    chapters.start("6")
    (clone / "notebooks" / SIX).write_text(notebook("new text"))
    assert states_of_six() == ["different"]


def test_fresh_keeps_every_earlier_copy_under_a_dated_name(clone: Path, copy_of_six: Path) -> None:
    kept = {}
    for edit in ["first", "second", "third"]:  # faster than the clock's seconds
        chapters.start("6")
        copy_of_six.write_text(edit)
        (copy,) = chapters.start("6", fresh=True)
        assert copy.state == "new" and copy.kept is not None
        kept[copy.kept] = edit
    assert {path: path.read_text() for path in kept} == kept
    assert len(kept) == 3
    assert all(path.name.startswith(copy_of_six.stem + ".2") for path in kept)
    assert copy_of_six.read_text() == edition()
    assert files_below(clone / "my-notebooks") == sorted([copy_of_six, *kept])


def test_a_copy_is_compared_with_the_edition_that_it_was_made_from(
    clone: Path, copy_of_six: Path
) -> None:
    (copy,) = chapters.start("6", edition="instructor's")
    assert (copy.state, copy.edition) == ("new", "instructor's")
    assert copy_of_six.read_text() == (clone / "notebooks" / SIX).read_text()
    (copy,) = chapters.start("6")
    assert (copy.state, copy.edition) == ("identical", "instructor's")
    copy_of_six.write_text(edition("class"))
    (copy,) = chapters.start("6")
    assert (copy.state, copy.edition) == ("identical", "class")


def test_an_excursion_follows_its_chapter(clone: Path) -> None:
    folder = clone / "notebooks/2-latent-variables"
    for name in ("06x-an-aside.ipynb", "05-autoencoders.ipynb"):
        (folder / name).write_text(notebook(name))
    assert [one.number for one in chapters.chapters(clone)] == ["1", "5", "6", "6x"]
    (copy,) = chapters.start("6x")
    assert copy.path.name == "06x-an-aside.ipynb" and copy.chapter.title == "An aside"
    assert [copy.chapter.number for copy in chapters.start("6")] == ["6"]


def test_a_clone_that_cannot_be_written_gives_copies_elsewhere(
    clone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = files_below(clone)
    (copy,) = chapters.start("6", into=tmp_path / "mine")
    assert copy.path == tmp_path / "mine" / SIX
    assert files_below(clone) == before
    text = editions.source(json.loads(copy.path.read_text())["cells"][0])
    for target in ("book/notation.md#units", "book/images/a%20hero.png"):
        assert f"](../../a%20clone/{target})" in text
    for same in ("](06-other.ipynb#idea)", "](https://example.org/a.md)", "](#small)"):
        assert same in text
    assert "`[no](../link.md)`" in text
    assert [copy.state for copy in chapters.start("6", into=tmp_path / "mine")] == ["identical"]


def test_the_chapters_themselves_are_never_written(clone: Path) -> None:
    before = (clone / "notebooks" / SIX).read_text()
    for folder in (clone / "notebooks", clone / "notebooks/2-latent-variables"):
        with pytest.raises(CourseError, match="holds the chapters themselves"):
            chapters.start("6", fresh=True, into=folder)
    assert (clone / "notebooks" / SIX).read_text() == before


@pytest.mark.parametrize("content", ["{half", "[]", '{"cells": [{}]}', as_text(small_chapter())])
def test_a_chapter_that_is_not_in_order_stops_before_anything_is_written(
    clone: Path, content: str
) -> None:
    broken = content.replace("### END SOLUTION", "")
    (clone / "notebooks" / SIX).write_text(broken)
    with pytest.raises(CourseError, match=r"Chapter 6 is not in order.*git checkout -- notebooks"):
        chapters.start(None)
    assert not (clone / "my-notebooks").exists()


def test_fresh_without_an_earlier_copy_copies(clone: Path) -> None:
    (copy,) = chapters.start("6", fresh=True)
    assert (copy.state, copy.kept) == ("new", None)


def test_a_missing_chapter_lists_those_that_exist(clone: Path) -> None:
    with pytest.raises(CourseError, match=r"no chapter 7.*1 What it does; 6 The variational"):
        chapters.start("7")
    assert not (clone / "my-notebooks").exists()


def test_a_clone_without_chapters_is_an_error(clone: Path) -> None:
    for path in files_below(clone / "notebooks"):
        path.unlink()
    with pytest.raises(CourseError, match="holds no chapter"):
        chapters.start(None)


def test_a_file_in_the_place_of_the_folder_is_an_error(clone: Path) -> None:
    (clone / "my-notebooks").write_text("mine")
    with pytest.raises(CourseError, match=r"Cannot copy chapter 6.*--into FOLDER"):
        chapters.start("6")
    assert (clone / "my-notebooks").read_text() == "mine"


def test_a_failing_copy_leaves_the_old_one_and_nothing_else(
    clone: Path, copy_of_six: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chapters.start("6")
    copy_of_six.write_text("mine")

    def full_disk(path: Path, content: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full_disk)
    with pytest.raises(CourseError, match="No space left on device"):
        chapters.start("6", fresh=True)
    assert copy_of_six.read_text() == "mine"
    assert files_below(clone / "my-notebooks") == [copy_of_six]
