"""AIGC Lessons: what the chapters of the course need and do not teach in place.

The rule for threads: PyTorch takes as many as the machine has cores, or as OMP_NUM_THREADS says,
and a thread that waits for the others sleeps. By default it would spin, and two programs that
share the cores would keep each other from working: on two busy cores a step of a small network
took 250 to 570 ms that takes 34 to 44 ms so, as with one thread. The rule is read when PyTorch is
loaded, so this package, which imports nothing, is imported first. It changes no result.
"""

import os

__version__ = "0.4.0"

os.environ.setdefault("OMP_WAIT_POLICY", "passive")
