"""The links of a notebook that is copied to another folder."""

import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

# Code, which is left as it is; or the target of a link, of a picture, or of a picture in HTML.
TARGET = re.compile(r"(?s:```.*?```)|`[^`\n]*`|(?<=\]\()[^)\s]+|(?<=\ssrc=\")[^\"]+")
ELSEWHERE = re.compile(r"[a-zA-Z][\w+.-]*:|[#/`]")  # an address, a place on the page, a root, code


def relink(notebook: dict[str, Any], source: Path, target: Path, copied: Path) -> None:
    """Let relative links in Markdown lead from another folder to where they led.

    Args:
        notebook: is changed.
        source: folder of the notebook.
        target: folder of its copy.
        copied: a folder; links to what lies in it stay, since it is copied with the notebook.
    """

    def moved(match: re.Match[str]) -> str:
        link = match[0]
        if ELSEWHERE.match(link):
            return link
        path, mark, place = link.partition("#")
        file = Path(os.path.normpath(source / unquote(path)))
        if file.is_relative_to(copied):
            return link
        return _relative(file, target) + mark + place

    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            text = TARGET.sub(moved, "".join(cell["source"]))
            cell["source"] = text.splitlines(keepends=True)


def _relative(file: Path, folder: Path) -> str:
    try:
        return quote(Path(os.path.relpath(file, folder)).as_posix())
    except ValueError:  # another drive of Windows
        return file.as_uri()
