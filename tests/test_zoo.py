"""The zoo: checksums, budget, cards, refusals; and the protocol behind the shipped weights."""

import json
import shutil
from dataclasses import asdict
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from aigc_lessons import recipes, results, zoo
from aigc_lessons.errors import CourseError

FACTS = {"recipe": "vae-mnist-2d", "seed": "0", "steps": "1", "seconds": "1"}


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A zoo of its own, so that no test touches the shipped weights."""
    folder = tmp_path / "weights"
    shutil.copytree(zoo.FOLDER, folder)
    monkeypatch.setattr(zoo, "FOLDER", folder)
    monkeypatch.setattr(zoo, "INDEX", folder / "index.json")
    return folder


@pytest.mark.parametrize("name", zoo.names())
def test_shipped_weights_load_and_have_a_card_and_a_result(name: str) -> None:
    network = zoo.load(name)
    assert not network.training
    assert all(p.dtype == torch.float32 and p.isfinite().all() for p in network.parameters())
    card = zoo.card(name)
    for part in ("Use it for", "Do not use it for", "Licence", "Data", "Known limits", "Measured"):
        assert part in card, f"the card of {name} lacks {part!r}"
    stored = results.load(name)
    facts = zoo.facts(name)
    assert stored.budget["steps"] == int(facts["steps"])
    assert stored.seed == int(facts["seed"])
    assert int(facts["steps"]) == recipes.RECIPES[name].steps, "shipped by another recipe"


def test_the_index_names_the_network_of_each_recipe() -> None:
    for name, entry in zoo.index().items():
        of_the_recipe = zoo.Entry.of(recipes.find(name).network, zoo.path(name).read_bytes())
        written = json.loads(json.dumps(asdict(of_the_recipe)))  # JSON knows no tuples
        assert written == asdict(entry), name


def test_the_weights_stay_in_their_budget() -> None:
    assert sum(p.stat().st_size for p in zoo.FOLDER.glob("*.safetensors")) <= zoo.BUDGET_BYTES


def test_the_shipped_scores_are_what_the_course_promises() -> None:
    accuracy = results.load("digit-features").scores["accuracy on the test digits"]
    assert accuracy.value >= 99.2
    short = results.load("vae-mnist-short")
    assert short.scores["negative importance-weighted bound (k = 100)"].value <= 88.5
    assert short.budget["seconds"] <= 120
    scores = results.load("vae-mnist").scores
    weighted = scores["negative importance-weighted bound (k = 100)"]
    assert weighted.value <= 86.5
    assert weighted.value < scores["negative ELBO"].value < 110
    assert weighted.beside["independent pixels (exact)"] > 200


def test_half_precision_changes_no_weight_noticeably(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = recipes.find("vae-mnist-2d").network()
    zoo.save(network, tmp_path / "w.safetensors", FACTS)
    loaded = recipes.load("vae-mnist-2d", tmp_path / "w.safetensors")
    for key, value in network.state_dict().items():
        assert torch.allclose(value, loaded.state_dict()[key], rtol=1e-3, atol=1e-6)
    assert zoo.facts("vae-mnist-2d", tmp_path / "w.safetensors") == FACTS


def test_an_altered_file_is_refused(scratch: Path) -> None:
    path = scratch / "digit-features.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(CourseError, match=r"its sha256 differs.*git checkout"):
        zoo.load("digit-features")
    path.unlink()
    with pytest.raises(CourseError, match="is missing"):
        zoo.load("digit-features")


def test_unfit_weights_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    with pytest.raises(CourseError, match="no file"):
        recipes.load("vae-mnist", path)
    path.write_bytes(b"not weights")
    with pytest.raises(CourseError, match="damaged or is not a safetensors file"):
        recipes.load("vae-mnist", path)
    zoo.save(recipes.find("digit-features").network(), path, FACTS)
    with pytest.raises(CourseError, match="another network than 'vae-mnist'"):
        recipes.load("vae-mnist", path)
    save_file({}, path)
    with pytest.raises(CourseError, match="does not say that the recipe"):
        zoo.facts("vae-mnist", path)
    for act in (zoo.load, zoo.path, recipes.load, recipes.find):
        with pytest.raises(CourseError, match="'nothing'"):
            act("nothing")


def test_shipping_notes_the_checksum_and_keeps_the_budget(
    scratch: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "w.safetensors"
    torch.manual_seed(1)
    network = recipes.find("digit-features").network()
    zoo.save(network, path, FACTS)
    recipes.ship("digit-features", path)
    assert torch.allclose(zoo.load("digit-features").head.bias, network.head.bias, atol=1e-3)
    monkeypatch.setattr(zoo, "BUDGET_BYTES", 1_000)
    with pytest.raises(CourseError, match="would exceed"):
        recipes.ship("digit-features", path)


def test_stored_results_are_whole_or_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results, "FOLDER", tmp_path)
    results.store("r", command="aigc x", seed=1, budget={"steps": 2}, values={"v": 3})
    stored = results.load("r")
    assert stored.values == {"v": 3}
    with pytest.raises(CourseError, match="Stored: r"):
        results.load("s")
    (tmp_path / "r.json").write_text(json.dumps({"seed": 1}), encoding="utf8")
    with pytest.raises(CourseError, match="lacks command"):
        results.load("r")
    (tmp_path / "r.json").write_text("{", encoding="utf8")
    with pytest.raises(CourseError, match="not valid JSON"):
        results.load("r")
