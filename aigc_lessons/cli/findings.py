"""One line of the doctor's report, the report, and the look at a folder."""

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

SPACE_OF_THE_DATA = 1.0  # GB, all downloads and a few runs


@dataclass(frozen=True)
class Finding:
    """One line of the report; ``advice`` says what to do where something could be better."""

    topic: str
    text: str
    advice: str = ""
    problem: bool = False  # it hinders the work; an advice without it is a note

    def __str__(self) -> str:
        mark = "PROBLEM" if self.problem else "note" if self.advice else "ok"
        line = f"{mark:<8} {self.topic:<12} {self.text}"
        return f"{line}\n{'':<21} -> {self.advice}" if self.advice else line


def report(findings: list[Finding]) -> str:
    """Return the findings as text, with the verdict on the last line."""
    problems = sum(finding.problem for finding in findings)
    verdict = "Nothing hinders your work."
    if problems:
        verdict = f"{problems} problem{'s' if problems > 1 else ''} to mend first."
    return "\n".join([*map(str, findings), "", verdict])


def writable(topic: str, folder: Path, advice: str) -> Finding:
    """Try to write in ``folder`` or where it would be made, and leave nothing behind."""
    there = next(path for path in (folder, *folder.parents) if path.exists())
    text = str(folder) + ("" if there == folder else ", not made yet")
    try:
        with tempfile.TemporaryFile(dir=there):
            free = shutil.disk_usage(there).free / 1e9
    except OSError as error:
        return Finding(topic, f"{text}: cannot write ({error.strerror})", advice)
    text += f", {free:.1f} GB free"
    if free < SPACE_OF_THE_DATA:
        return Finding(topic, text, "Space is short; the data sets and runs may need 1 GB.")
    return Finding(topic, text)
