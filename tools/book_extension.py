"""Sphinx extension of the book: local browser libraries, footer, look of exercises, a repair."""

import datetime
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import vendor_assets
from sphinx.application import Sphinx
from sphinx.config import Config

import aigc_lessons
from aigc_lessons.cli import editions

ROOT = Path(__file__).resolve().parents[1]
# The code cells that belong to the exercise above them.
ANSWERS = {"solution", "self-check", "mutants"}


def last_change(root: Path = ROOT) -> str:
    """Return the date of the last commit, or today's where the folder is no clone of its own."""
    try:
        shown = subprocess.run(
            ["git", "log", "-1", "--format=%cs"], cwd=root, capture_output=True, text=True
        )
    except OSError:
        shown = None
    if shown is None or shown.returncode or not (root / ".git").exists():
        return datetime.date.today().isoformat()
    return shown.stdout.strip()


def use_local_assets(app: Sphinx, config: Config) -> None:
    """Point the pages at the vendored libraries, or say that public copies are used."""
    if not vendor_assets.complete():
        # Not a Sphinx message: a warning would stop the build and a note would be hidden by -q.
        print(
            "vendor/ is not complete: the pages load public copies of MathJax, mermaid and the "
            "widgets from the network. With npm, `python tools/vendor_assets.py` makes them local.",
            file=sys.stderr,
        )
        return
    config.html_extra_path = [str(vendor_assets.SITE)]
    config.mathjax_path = "vendor/mathjax/tex-mml-chtml.js"
    config.mermaid_use_local = "vendor/mermaid/mermaid.esm.min.mjs"
    config.nb_ipywidgets_js = {
        "vendor/npm/require.js": {},
        "vendor/npm/require-base.js": {},
        "vendor/npm/@jupyter-widgets/html-manager/dist/embed-amd.js": {},
    }
    app.add_css_file("vendor/fonts/fonts.css", priority=100)


def add_footer(_app: Sphinx, config: Config) -> None:
    """Write the version and the date of the text below every page."""
    config.html_theme_options["extra_footer"] = (
        f'<p class="course-version">AIGC Lessons {aigc_lessons.__version__} · '
        f'<time datetime="{last_change()}">{last_change()}</time> · '
        "text CC BY 4.0, code BSD-3-Clause</p>"
    )


def drop_thebe(app: Sphinx) -> None:
    """Silence an extension that the book does not use.

    On Sphinx 7.2 and later it adds one script twice to every page, and browsers log an error.
    """
    for event in ("env-before-read-docs", "doctree-resolved"):
        app.events.listeners[event] = [
            listener
            for listener in app.events.listeners[event]
            if listener.handler.__module__ != "sphinx_thebe"
        ]


def markdown_cell(name: str, text: str) -> dict[str, Any]:
    """Return a cell of a notebook."""
    return {"cell_type": "markdown", "id": name, "metadata": {}, "source": text}


def framed(cells: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a notebook's cells with a frame around each exercise and its answers.

    Args:
        cells: The cells as JSON; those tagged `exercise` begin a frame.
    """
    result: list[dict[str, Any]] = []
    is_open = False
    for cell in [*cells, markdown_cell("end", "")]:
        tags = set(cell["metadata"].get("tags", []))
        if is_open and not tags & ANSWERS:
            result.append(markdown_cell(f"frame-{len(result)}", "</div>"))
            is_open = False
        if "exercise" in tags:
            result.append(markdown_cell(f"frame-{len(result)}", '<div class="exercise">'))
            is_open = True
        if "solution" in tags:  # a reader need not see the marks that the tools need
            cell = cell | {"source": editions.solution_of(cell)}
        result.append(cell)
    return result[:-1]


def frame_exercises(app: Sphinx, docname: str, source: list[str]) -> None:
    """Frame the exercises of a chapter: MyST-NB gives the page the tags of code cells only."""
    if Path(app.env.doc2path(docname)).suffix == ".ipynb":
        notebook = json.loads(source[0])
        notebook["cells"] = framed(notebook["cells"])
        source[0] = json.dumps(notebook)


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the functions above to the build."""
    app.connect("config-inited", use_local_assets)
    app.connect("config-inited", add_footer)
    app.connect("builder-inited", drop_thebe, priority=999)
    app.connect("source-read", frame_exercises)
    return {"version": aigc_lessons.__version__, "parallel_read_safe": True}
