"""The one kind of error that the course raises on purpose."""


class CourseError(ValueError):
    """A mistake that the reader can mend.

    The message names what was wrong, what was expected and what to do. The command line prints it
    without a traceback; a notebook shows it as the last line.
    """
