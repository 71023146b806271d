"""AIGC Lessons: what the chapters of the course need and do not teach in place."""

__version__ = "0.3.1"
