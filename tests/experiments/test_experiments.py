"""Experiments: every case with every seed, kept when stopped, summarised with their spread."""

import json
import statistics
from pathlib import Path

import pytest

from aigc_lessons import experiments, results
from aigc_lessons.cli import main as cli
from aigc_lessons.experiments import Experiment


@pytest.fixture
def calls() -> list[tuple[str, int]]:
    return []


@pytest.fixture
def experiment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, calls: list[tuple[str, int]]
) -> Experiment:
    def measure(case: str, seed: int) -> dict[str, float]:
        calls.append((case, seed))
        return {"length": float(len(case)), "noise": seed * 0.5}

    made = Experiment("lengths of words", ("one", "three/half"), (1, 2, 4), measure)
    monkeypatch.setattr(experiments, "NAMES", ("words",))
    monkeypatch.setitem(experiments.MODULES, "words", "words")
    monkeypatch.setattr(
        experiments, "import_module", lambda name: type("M", (), {"EXPERIMENT": made})
    )
    monkeypatch.setattr(results, "FOLDER", tmp_path / "results")
    monkeypatch.chdir(tmp_path)
    return made


def test_every_case_is_measured_with_every_seed(experiment, calls, tmp_path) -> None:
    done = list(experiments.measure(experiment, tmp_path / "run"))
    assert calls == [(case, seed) for case in experiment.cases for seed in experiment.seeds]
    table = experiments.summarise(done)
    noise = table["three/half"]["noise"]
    assert noise["values"] == [0.5, 1.0, 2.0]
    assert noise["mean"] == statistics.mean(noise["values"])
    assert noise["standard_deviation"] == statistics.stdev(noise["values"])
    assert table["one"]["length"] == {"values": [3.0] * 3, "mean": 3.0, "standard_deviation": 0.0}


def test_a_stopped_experiment_goes_on(experiment, calls, tmp_path) -> None:
    updates = experiments.measure(experiment, tmp_path / "run")
    first = [next(updates), next(updates)]
    updates.close()
    again = list(experiments.measure(experiment, tmp_path / "run"))
    assert len(calls) == 6, "nothing is measured twice"
    assert [m.measured for m in again] == [False, False, True, True, True, True]
    assert [m.quantities for m in again[:2]] == [m.quantities for m in first]


def test_the_command_prints_and_stores(experiment, capsys) -> None:
    assert cli.main(["repeat", "words", "--store"]) == 0
    printed = capsys.readouterr().out
    assert "three/half, seed 4: length 10, noise 2" in printed
    stored = results.load("words")
    assert stored.command == "aigc repeat words --store"
    assert stored.budget["seeds"] == 3
    assert stored.cases["one"]["noise"].mean == pytest.approx(3.5 / 3)
    assert cli.main(["repeat", "words"]) == 0
    assert capsys.readouterr().out.count("(kept from an earlier run)") == 6
    assert cli.main(["repeat", "--list"]) == 0
    assert "lengths of words" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["repeat"], "Name an experiment: words"),
        (["repeat", "wards"], "Did you mean words?"),
        (["repeat", "words", "--folder", "file"], "is a file"),
    ],
)
def test_mistakes_give_one_clear_line(experiment, words, said, tmp_path, capsys) -> None:
    (tmp_path / "file").write_text("x", encoding="utf8")
    assert cli.main(words) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_an_unreadable_measurement_is_named(experiment, tmp_path, capsys) -> None:
    file = tmp_path / "runs/experiments/words/one, seed 1.json"
    for broken in ("", json.dumps({"quantities": {}}), "[]"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(broken, encoding="utf8")
        assert cli.main(["repeat", "words"]) == 2
        assert "Remove it, and it is measured again" in capsys.readouterr().err


def test_every_stored_experiment_has_its_cases() -> None:
    """A stored result that no longer fits its experiment would mislead the chapter's reader."""
    for name in experiments.NAMES:
        experiment = experiments.find(name)
        values = results.load(name).cases
        assert tuple(values) == experiment.cases
        lengths = {len(cell.values) for row in values.values() for cell in row.values()}
        assert lengths == {len(experiment.seeds)}
