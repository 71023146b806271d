"""The command line: what each command does, prints and returns."""

# ruff: noqa: F401, F811 (pytest finds fixtures by name: imported here, named in signatures)

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from cli_course import clone, course, weights
from PIL import Image
from safetensors.torch import load_file, save_file
from torch import Tensor

import aigc_lessons
from aigc_lessons import recipes, results, zoo
from aigc_lessons.cli import doctor
from aigc_lessons.cli import main as cli

pytestmark = pytest.mark.usefixtures("course")


def test_alone_it_prints_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == 0
    alone = capsys.readouterr().out
    with pytest.raises(SystemExit) as stop:
        cli.main(["--help"])
    assert stop.value.code == 0
    assert capsys.readouterr().out == alone
    assert all(f"\n    {command} " in alone for command in cli.COMMANDS)


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_every_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        cli.main([command, "--help"])
    assert stop.value.code == 0
    assert f"usage: aigc {command} " in capsys.readouterr().out


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["--version"])
    assert aigc_lessons.__version__ in capsys.readouterr().out


@pytest.mark.parametrize(
    "words", [[], ["--help"], ["train", "--help"], ["data", "--help"], ["start", "x"], ["xyz"]]
)
def test_what_needs_no_torch_does_not_import_it(words: list[str]) -> None:
    program = (
        "import sys; sys.modules.update(torch=None, numpy=None, matplotlib=None)\n"
        f"from aigc_lessons.cli.main import main; raise SystemExit(main({words}))"
    )
    home = str(Path(aigc_lessons.__file__).parents[1])
    run = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": home},
    )
    assert run.returncode == (2 if words and words[-1] in ("x", "xyz") else 0), run.stderr
    assert "Traceback" not in run.stderr


def test_the_doctor_gives_the_verdict_as_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    finding = doctor.Finding("disk", "full", "Buy one.", problem=True)
    for problem, code in [(True, 1), (False, 0)]:
        monkeypatch.setattr(doctor, "examine", lambda p=problem: [replace(finding, problem=p)])
        assert cli.main(["doctor"]) == code
        assert "full" in capsys.readouterr().out


def start(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert cli.main(["start", *words]) == 0
    return capsys.readouterr().out


def test_start_copies_keeps_and_renews(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copy = Path("my-notebooks/1-from-scratch/01-what-it-does.ipynb")
    assert f"Chapter 1 is copied to {copy}\n" == start(capsys, "01")
    said = start(capsys, "1")
    assert f"Kept your copy {copy}: its text and code are those of chapter 1\n" == said
    made = copy.read_text()
    copy.write_text(made.replace('"cells": []', '"cells": [{"cell_type": "raw", "source": ""}]'))
    said = start(capsys, "1")
    assert f"Kept your copy {copy}: it differs" in said and "`aigc start 1 --fresh`" in said
    copy.write_text("mine")
    assert "it is no notebook; the same command with --fresh" in start(capsys, "1")
    assert copy.read_text() == "mine"
    said = start(capsys, "1", "--fresh")
    earlier = Path(said.strip().partition("; your earlier copy is now ")[2])
    assert earlier.read_text() == "mine"
    assert copy.read_text() == made
    said = start(capsys, "1", "--solutions")
    assert "it is of the self-study edition; the same command with --fresh renames" in said


def test_start_tells_of_many_copies_in_one_line(
    clone: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = clone / "notebooks/1-from-scratch/01-what-it-does.ipynb"
    for name in ("02-more", "03-most", "03x-aside"):
        source.with_name(f"{name}.ipynb").write_text(source.read_text())
    assert start(capsys, "2", "--solutions")
    assert start(capsys) == (
        "Your copies of 4 chapters are in my-notebooks/; new: 1, 3, 3x; 1 of another edition: 2. "
        "`aigc start N --fresh` renames such a copy and copies chapter N anew\n"
    )
    source.write_text(source.read_text().replace("[]", '[{"cell_type": "raw", "source": ""}]'))
    assert "; 1 differ from the course: 1; 1 of another edition: 2. " in start(capsys)
    assert start(capsys, "--fresh") == (
        "4 chapters are copied to my-notebooks/; 4 earlier copies are beside them, renamed\n"
    )
    assert start(capsys) == "Your copies of 4 chapters are in my-notebooks/\n"
    assert start(capsys, "--class", "--into", "class") == "4 chapters are copied to class/\n"
    made = Path("class/1-from-scratch/03x-aside.ipynb").read_text()
    assert '"edition": "class"' in made


def test_start_prints_the_path_alone(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        assert cli.main(["start", "1", "--print-path"]) == 0
        out, err = capsys.readouterr()
        assert '"cells": []' in Path(out.removesuffix("\n")).read_text()
        assert out.count("\n") == 1 and err == ""


def test_train_lists_the_recipes(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["train", "--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(recipes.RECIPES)
    assert all(recipes.RECIPES[line.split()[0]].summary in line for line in lines)


def test_train_passes_its_options_and_names_weights_and_next_command(
    course: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["train", "vae-mnist", "--steps", "3", "--seed", "7", "--folder", "my run"]
    assert cli.main(words) == 0
    out = capsys.readouterr().out
    weights = Path("my run/model.safetensors")
    assert "3/3 steps" in out
    assert f"The weights are in {weights}\n" in out
    assert f'Next: aigc sample vae-mnist --weights "{weights}"\n' in out
    assert {zoo.facts("vae-mnist", weights)[key] for key in ("seed", "steps")} == {"7", "3"}
    assert cli.main(["sample", "vae-mnist", "--weights", str(weights)]) == 0


def test_train_on_the_embedded_digits_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["train", "vae-mnist", "--embedded"]) == 0
    out = capsys.readouterr().out
    assert "The weights, trained on embedded data and not on the full set, are in" in out
    weights = Path("runs/vae-mnist/model.safetensors")
    assert zoo.facts("vae-mnist", weights)["data"] == recipes.EMBEDDED


def test_after_a_classifier_comes_its_evaluation(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(recipes, "train", lambda *options: Path("model.safetensors"))
    assert cli.main(["train", "digit-features"]) == 0
    assert "Next: aigc evaluate digit-features --weights model.safetensors\n" in (
        capsys.readouterr().out
    )


def test_an_interrupted_training_goes_on_with_the_same_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["train", "vae-mnist", "--folder", "whole"]) == 0
    calls = 0

    def interrupted(batch: Tensor, generator: torch.Generator) -> Tensor:
        nonlocal calls
        calls += 1
        if calls == 4:
            raise KeyboardInterrupt
        return recipe.transform(batch, generator)

    recipe = recipes.RECIPES["vae-mnist"]
    monkeypatch.setitem(recipes.RECIPES, "vae-mnist", replace(recipe, transform=interrupted))
    assert cli.main(["train", "vae-mnist"]) == 130
    err = capsys.readouterr().err
    assert err.strip() == "aigc: Stopped. Run the same command again to continue."
    assert cli.main(["train", "vae-mnist"]) == 0
    assert calls == 7  # three whole steps, the interrupted one, and its repetition with two more
    halves, whole = (load_file(f"{run}/model.safetensors") for run in ("runs/vae-mnist", "whole"))
    assert halves.keys() == whole.keys()
    assert all(torch.equal(halves[key], whole[key]) for key in whole)


def test_elsewhere_an_interrupt_promises_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(recipes, "sample", interrupted)
    assert cli.main(["sample", "vae-mnist"]) == 130
    assert capsys.readouterr().err.strip() == "aigc: Stopped."
    assert not Path("samples.png").exists()


def pixels(path: str) -> bytes:
    with Image.open(path) as picture:
        assert picture.format == "PNG" and min(picture.size) > 28
        return picture.convert("L").tobytes()


def test_sample_writes_a_picture_that_the_seed_determines(
    course: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for seed, out in [("0", "samples.png"), ("0", "again.PNG"), ("1", "other.png")]:
        assert cli.main(["sample", "vae-mnist", "--count", "5", "--seed", seed, "--out", out]) == 0
        assert f"5 samples are in {out}\n" in capsys.readouterr().out
    assert pixels("samples.png") == pixels("again.PNG") != pixels("other.png")
    assert {path.name for path in course.iterdir()} == {"samples.png", "again.PNG", "other.png"}


def test_sample_replaces_a_file_only_by_force(course: Path) -> None:
    Path("samples.png").write_text("mine")
    assert cli.main(["sample", "vae-mnist", "--count", "2"]) == 2
    assert Path("samples.png").read_text() == "mine"
    assert cli.main(["sample", "vae-mnist", "--count", "2", "--force"]) == 0
    assert pixels("samples.png")


def test_sample_draws_from_the_given_weights() -> None:
    weights = load_file(zoo.path("vae-mnist"))
    save_file({key: torch.zeros_like(value) for key, value in weights.items()}, "zero.safetensors")
    assert cli.main(["sample", "vae-mnist", "--weights", "zero.safetensors"]) == 0
    zero = pixels("samples.png")
    assert cli.main(["sample", "vae-mnist", "--force"]) == 0
    assert pixels("samples.png") != zero


def test_evaluate_prints_values_with_units_beside_baselines(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.main(["evaluate", "vae-mnist"]) == 0
    assert [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()] == [
        "bound 90.25 ± 0.50 nats per image, lower is better",
        "pixels 206.00",
        "floor 80.00",
        "FID 7.00 lower is better",
    ]
    assert not (results.FOLDER / "vae-mnist.json").exists()


def test_evaluate_stores_the_result(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["evaluate", "vae-mnist", "--store"]) == 0
    assert f"Stored in {results.FOLDER / 'vae-mnist.json'}\n" in capsys.readouterr().out
    stored = results.load("vae-mnist")
    assert stored.scores["bound"].value == 90.25
    assert stored.seed == 0 and stored.budget["steps"] == 6


def test_zoo_lists_with_sizes_and_prints_cards(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["zoo"]) == 0
    size = zoo.path("vae-mnist").stat().st_size / 1e6
    summary = recipes.find("vae-mnist").summary
    assert capsys.readouterr().out == f"vae-mnist    {size:.2f} MB  {summary}\n"
    (zoo.FOLDER / "vae-mnist.md").write_text("# A card")
    assert cli.main(["evaluate", "vae-mnist", "--store"]) == 0
    capsys.readouterr()
    assert cli.main(["zoo", "vae-mnist"]) == 0
    card = capsys.readouterr().out
    assert card.startswith("# A card\n") and "90.25" in card and "a machine" in card


def test_a_model_of_texts_prints_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "gpt-shakespeare-short"
    small = replace(recipes.RECIPES[name], warmup=1, batch_size=2)
    monkeypatch.setitem(recipes.RECIPES, name, small)
    folder = tmp_path / "run"
    command = ["train", name, "--embedded", "--steps", "2", "--folder", str(folder)]
    assert cli.main(command) == 0
    capsys.readouterr()
    weights = str(folder / "model.safetensors")
    command = ["sample", name, "--weights", weights, "--count", "2", "--seed", "3"]
    assert cli.main(command) == 0
    first = capsys.readouterr().out
    assert first.count("\n---\n") == 1 and len(first) > 200
    assert cli.main(command) == 0
    assert capsys.readouterr().out == first
    assert not list(tmp_path.glob("*.png"))
