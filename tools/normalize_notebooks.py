"""Rewrite executed notebooks so that running them again changes only what really changed.

Usage: python tools/normalize_notebooks.py [--check] NOTEBOOK...
"""

import argparse
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
CELL_METADATA = ("jupyter", "mystnb", "slideshow", "tags")
# What is folded on the page and in JupyterLab: by tag, what the fold is called.
FOLDS = {"solution": "solution", "self-check": "check", "check": "check", "plumbing": "code"}
VERBS = ("show", "hide")
HIDDEN = {"mutants": "remove-cell", "self-check": "hide-cell"}  # others: the code alone
WIDGET_STATE = "application/vnd.jupyter.widget-state+json"
MODEL_ID = re.compile(r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])")


def tidy_metadata(notebook: NotebookNode) -> None:
    """Keep the metadata that a reader or the book uses, and drop what editors leave behind."""
    widgets = {"widgets": notebook.metadata["widgets"]} if "widgets" in notebook.metadata else {}
    notebook.metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}} | widgets
    for cell in notebook.cells:
        cell.metadata = {key: cell.metadata[key] for key in CELL_METADATA if cell.metadata.get(key)}


def fold_cells(notebook: NotebookNode) -> None:
    """Fold what only some readers open, and keep wrong answers off the page."""
    for cell in notebook.cells:
        tags: list[str] = cell.metadata.get("tags", [])
        for tag in FOLDS.keys() & set(tags):
            labels = {f"code_prompt_{verb}": f"{verb.title()} {FOLDS[tag]}" for verb in VERBS}
            cell.metadata["mystnb"] = {**cell.metadata.get("mystnb", {}), **labels}
        if not tags or not {"mutants", *FOLDS} & set(tags):
            continue
        # What a check says about a right answer may help to find it.
        hidden = next((HIDDEN[tag] for tag in tags if tag in HIDDEN), "hide-input")
        kept = [tag for tag in tags if tag not in (*HIDDEN.values(), "hide-input")]
        cell.metadata["tags"] = [*kept, hidden]
        cell.metadata["jupyter"] = {"source_hidden": True}


def count_cells(notebook: NotebookNode) -> None:
    """Number the executed cells from 1, in the order of the page."""
    count = 0
    for cell in notebook.cells:
        if cell.cell_type != "code" or cell.execution_count is None:
            continue
        count += 1
        cell.execution_count = count
        for output in cell.outputs:
            if output.output_type == "execute_result":
                output.execution_count = count


def merge_streams(outputs: Sequence[NotebookNode]) -> list[NotebookNode]:
    """Join neighbouring pieces of one stream, and keep the last state of lines written over."""
    merged: list[NotebookNode] = []
    for output in outputs:
        is_stream = output.output_type == "stream"
        if is_stream and merged and merged[-1].get("name") == output.name:
            merged[-1].text += output.text
        else:
            merged.append(output)
    for output in merged:
        if output.output_type == "stream":
            output.text = re.sub(r"^.*\r(?=[^\n])", "", output.text, flags=re.M)
    return merged


def drop_unused_widgets(notebook: NotebookNode) -> dict[str, str]:
    """Keep the widget models that the cells show, and return a steady name for each of their ids.

    The ids are random; the names count the models in the order of their appearance.
    """
    saved = notebook.metadata.get("widgets", {}).get(WIDGET_STATE, {})
    state: dict[str, Any] = saved.get("state", {})
    names: dict[str, str] = {}

    def visit(value: Any) -> None:
        for model in MODEL_ID.findall(json.dumps(value)):
            if model in state and model not in names:
                names[model] = f"{len(names):032x}"
                visit(state[model])

    visit(notebook.cells)
    if names:
        saved["state"] = {model: state[model] for model in names}
    else:
        notebook.metadata.pop("widgets", None)
    return names


def _read(text: str) -> NotebookNode:
    notebook: NotebookNode = nbformat.reads(text, as_version=4)  # type: ignore[no-untyped-call]
    return notebook


def _write(notebook: NotebookNode) -> str:
    return f"{nbformat.writes(notebook)}\n"  # type: ignore[no-untyped-call]


def normalized(text: str) -> str:
    """Return a notebook's text in the form that the repository keeps.

    Args:
        text: The notebook as JSON, format 4.
    """
    notebook = _read(text)
    tidy_metadata(notebook)
    fold_cells(notebook)
    count_cells(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = merge_streams(cell.outputs)
    names = drop_unused_widgets(notebook)
    renamed = MODEL_ID.sub(lambda match: names.get(match[0], match[0]), _write(notebook))
    return _write(_read(renamed))  # the file is sorted by the new names


def main(argv: Sequence[str] | None = None) -> int:
    """Rewrite the notebooks, or with --check only tell which ones would change.

    Returns:
        1 if --check has found something to change, else 0.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, only tell")
    parser.add_argument("notebooks", nargs="*", type=Path)
    arguments = parser.parse_args(argv)
    changed = False
    for path in arguments.notebooks:
        old = path.read_text(encoding="utf-8")
        new = normalized(old)
        if new == old:
            continue
        changed = True
        print(f"{'would rewrite' if arguments.check else 'rewrote'} {path}")
        if not arguments.check:
            path.write_text(new, encoding="utf-8", newline="\n")
    return int(changed and arguments.check)


if __name__ == "__main__":
    sys.exit(main())
