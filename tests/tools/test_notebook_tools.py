"""The normaliser, on notebooks that differ only in what a second run changes at random."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from normalize_notebooks import WIDGET_STATE, main, normalized


def notebook(first: str, second: str, count: int, **metadata) -> str:
    """A run notebook with a slider (two linked models) and an orphaned model."""
    view = {"application/vnd.jupyter.widget-view+json": {"model_id": first}}
    cells = [
        new_markdown_cell("# Title", id="a", metadata={"tags": ["section-title"]}),
        new_code_cell(
            "slider",
            id="b",
            execution_count=count,
            metadata=metadata,
            outputs=[
                new_output("stream", name="stdout", text="1 %\r50 %"),
                new_output("stream", name="stdout", text="\r100 %\nbare\n"),
                new_output("stream", name="stderr", text="note\n"),
                new_output("execute_result", view, execution_count=count),
            ],
        ),
    ]
    models = {second: {"state": {}}, first: {"state": {"layout": f"IPY_MODEL_{second}"}}}
    state = {"version_major": 2, "state": models | {"f" * 32: {"state": {}}}}
    made = new_notebook(cells=cells, metadata={"widgets": {WIDGET_STATE: state}})
    return nbformat.writes(made)


ONE = notebook("1" * 32, "2" * 32, 7)
OTHER = notebook("d" * 32, "3" * 32, 41, execution={"iopub.execute_input": "now"}, collapsed=True)


def test_runs_that_differ_at_random_become_equal():
    assert ONE != OTHER
    assert normalized(ONE) == normalized(OTHER)


def test_a_second_pass_changes_nothing():
    assert normalized(normalized(ONE)) == normalized(ONE)


def test_content_survives():
    made = nbformat.reads(normalized(ONE), 4)
    nbformat.validate(made)
    first, second = made.cells
    assert first.metadata.tags == ["section-title"]
    assert second.execution_count == second.outputs[-1].execution_count == 1
    assert [output.get("text") for output in second.outputs] == ["100 %\nbare\n", "note\n", None]
    models = made.metadata.widgets[WIDGET_STATE].state
    slider = second.outputs[-1].data["application/vnd.jupyter.widget-view+json"]["model_id"]
    linked = models[slider].state.layout.removeprefix("IPY_MODEL_")
    assert set(models) == {slider, linked}, "the orphan is dropped, the linked model is kept"


def test_a_different_result_stays_different():
    assert normalized(ONE) != normalized(ONE.replace("bare", "bore"))


@pytest.mark.parametrize("check", [True, False])
def test_command(tmp_path, capsys, check):
    path = tmp_path / "chapter.ipynb"
    path.write_text(ONE)
    assert main(["--check", str(path)] if check else [str(path)]) == int(check)
    assert "chapter.ipynb" in capsys.readouterr().out
    assert path.read_text() == (ONE if check else normalized(ONE))
    if not check:
        assert main(["--check", str(path)]) == 0


def test_cells_are_folded_by_their_tags():
    folds = {"solution": "Show solution", "self-check": "Show check", "plumbing": "Show code"}
    cells = [new_code_cell("1", metadata={"tags": [tag]}) for tag in (*folds, "mutants", "other")]
    made = nbformat.reads(normalized(nbformat.writes(new_notebook(cells=cells))), 4).cells
    for cell, (tag, label) in zip(made, folds.items(), strict=False):
        assert cell.metadata.tags == [tag, "hide-cell" if tag == "self-check" else "hide-input"]
        assert cell.metadata.jupyter.source_hidden
        assert cell.metadata.mystnb.code_prompt_show == label
    assert made[3].metadata == {
        "tags": ["mutants", "remove-cell"],
        "jupyter": {"source_hidden": True},
    }
    assert made[4].metadata == {"tags": ["other"]}


def test_metadata_of_figures_is_kept():
    kept = {"tags": ["hide-input"], "jupyter": {"source_hidden": True}}
    kept["mystnb"] = {"image": {"alt": "A line."}}
    cell = new_code_cell("1", id="a", metadata=kept | {"trusted": True})
    made = nbformat.reads(normalized(nbformat.writes(new_notebook(cells=[cell]))), 4)
    assert made.cells[0].metadata == kept
