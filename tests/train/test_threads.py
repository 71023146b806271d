"""The rule for threads, which is set before PyTorch is loaded."""

import os
import subprocess
import sys

import pytest


@pytest.mark.parametrize(("chosen", "found"), [(None, "passive"), ("active", "active")])
def test_threads_that_wait_sleep_unless_the_reader_says_otherwise(
    chosen: str | None, found: str
) -> None:
    environment = {key: value for key, value in os.environ.items() if key != "OMP_WAIT_POLICY"}
    environment |= {"OMP_WAIT_POLICY": chosen} if chosen else {}
    program = (
        "import sys, aigc_lessons, os; assert 'torch' not in sys.modules\n"
        "print(os.environ['OMP_WAIT_POLICY'])"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=environment
    )
    assert run.stdout == f"{found}\n", run.stderr
