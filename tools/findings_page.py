"""Write the page "What this book found" from the claims of the chapters, book/claims/NN.toml.

A claim's numbers are never typed: each is read from a stored result, or from the output of the
chapter's cell that prints it. `python tools/findings_page.py` writes the page; a test compares it.
"""

import json
import re
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aigc_lessons import results

ROOT = Path(__file__).resolve().parents[1]
CLAIMS = ROOT / "book" / "claims"
PAGE = ROOT / "book" / "found.md"
HEAD = """# What this book found

Every chapter measures something, and some of it you will remember. Here are the findings side by
side, each with what was held equal and how many seeds it stands on, so that you can see how far to
trust it, and where two of them meet. A claim that rests on one seed says why. No number on this
page was typed: each is read from a stored result, or from the output of the cell that prints it.
"""


class WrongClaim(Exception):  # noqa: N818  (the claim is wrong; the program is not)
    """A claim lacks something, or a number that it names is nowhere."""


def page(claims: Path = CLAIMS, root: Path = ROOT) -> str:
    """Return the text of the page.

    Raises:
        WrongClaim: a claim is not whole, or its numbers cannot be read.
    """
    parts = [HEAD]
    for path in sorted(claims.glob("*.toml")):
        notebook = next((root / "notebooks").glob(f"*/{path.stem}-*.ipynb"), None)
        if notebook is None:
            raise WrongClaim(f"There is no chapter {path.stem}, but claims of it.")
        cells = json.loads(notebook.read_text(encoding="utf8"))["cells"]
        title = "".join(cells[0]["source"]).splitlines()[0].removeprefix("# ")
        parts.append(f"## [{title}](../{notebook.relative_to(root).as_posix()})\n")
        outputs = printed(cells)
        for claim in tomllib.loads(path.read_text(encoding="utf8"))["claim"]:
            try:
                parts.append(_entry(claim, outputs))
            except (KeyError, WrongClaim) as error:
                raise WrongClaim(f"{path.name}, {claim.get('says', claim)!r}: {error}") from error
    return "\n".join(parts)


def printed(cells: list[dict[str, Any]]) -> str:
    """Return all text that the code cells of a notebook have put out."""
    texts = []
    for cell in cells:
        for output in cell.get("outputs", []):
            texts.append("".join(output.get("text", [])))
            texts.append("".join(output.get("data", {}).get("text/plain", [])))
    return "\n".join(texts)


def number(source: Mapping[str, Any], outputs: str) -> str:
    """Read a number of a claim.

    Args:
        source: `cell`, an expression with one group that is searched in the outputs; or `result`
            with `score`, or with `case` and `quantity`, and the significant `digits` to show.
        outputs: of the chapter.

    Raises:
        WrongClaim: it is not there.
        KeyError: the source names something that the stored result does not hold.
    """
    if "cell" in source:
        found = re.search(source["cell"], outputs)
        if found is None or found.lastindex != 1:
            raise WrongClaim(f"no output of the chapter matches {source['cell']!r} with one group")
        return found[1]
    result = results.load(source["result"])
    if "score" in source:
        value = result.scores[source["score"]].value
    else:
        value = result.cases[source["case"]][source["quantity"]].mean
    return shown(value, source.get("digits", 3))


def shown(value: float, digits: int) -> str:
    """Write a number with significant digits and without an exponent: 12.0, 0.0312, −1,530."""
    exponent = int(f"{value:.{digits - 1}e}".partition("e")[2])
    places = digits - 1 - exponent
    return f"{round(value, places):,.{max(0, places)}f}".replace("-", "−")


def _entry(claim: Mapping[str, Any], outputs: str) -> str:
    sources = claim["numbers"]
    values = {name: number(source, outputs) for name, source in sources.items()}
    without = re.sub(r"\{\w+\}", "", claim["says"])
    if set(values) != set(re.findall(r"\{(\w+)\}", claim["says"])):
        raise WrongClaim("its sentence and its numbers name different things")
    if re.search(r"\d+\.\d|\d\s?%", without):
        raise WrongClaim("a measured number is typed into its sentence")
    seeds = "one seed" if claim["seeds"] == 1 else f"{claim['seeds']} seeds"
    names = sorted({source["result"] for source in sources.values() if "result" in source})
    commands = [f"`{results.load(name).command}`" for name in names]
    where = [f"measured again by {' and '.join(commands)}"] if commands else []
    where += ["printed in the chapter"] if any("cell" in s for s in sources.values()) else []
    facts = f"Held equal: {claim['equal']}. {seeds.capitalize()}; {'; '.join(where)}."
    return f"{claim['says'].format(**values)}\\\n<small>{facts}</small>\n"


if __name__ == "__main__":
    try:
        PAGE.write_text(page(), encoding="utf8")
    except WrongClaim as error:
        sys.exit(str(error))
