"""A line that shows how far a run is."""

import sys
from collections.abc import Iterator
from typing import Any

from tqdm import tqdm

from aigc_lessons.train.run import Step


def progress(updates: Iterator[Step], every: float = 0.5) -> Iterator[Step]:
    """Pass ``updates`` on and show a progress line with the losses, at most once in ``every`` s.

    The line stays readable when the run is over, in a terminal, in JupyterLab and on the page.
    """
    bar: Any = None
    try:
        for update in updates:
            if bar is None:
                bar = tqdm(
                    total=update.steps,
                    initial=update.step - 1,
                    file=sys.stdout,
                    mininterval=every,
                    unit="step",
                    bar_format="{n:,}/{total:,} steps [{elapsed}<{remaining}, {rate_fmt}]{postfix}",
                )
            shown = ", ".join(f"{name} {value:.4g}" for name, value in update.losses.items())
            bar.set_postfix_str(shown, refresh=False)
            bar.update()
            yield update
        if bar is None:
            print("Nothing to do: the run has already made all its steps.")
    finally:
        if bar is not None:
            bar.close()
