"""The kind of error that the course raises on purpose, and the check that all rooms need."""


class CourseError(ValueError):
    """A mistake that the reader can mend.

    The message names what was wrong, what was expected and what to do. The command line prints it
    without a traceback; a notebook shows it as the last line.
    """


class MissingDataError(CourseError):
    """An official data file is not on this machine and could not be fetched."""


def count(value: int, name: str, least: int = 1) -> int:
    """Return ``value`` if it is an integer of at least ``least``, and a clear error otherwise."""
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise CourseError(f"{name} must be an integer of at least {least}, not {value!r}.")
    return value
