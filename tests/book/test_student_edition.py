"""A learner's way through a chapter: "Run All" goes on, and each check tells wrong from right."""

import pytest
from student_run import work_through

from notebooks import CHAPTERS, label


@pytest.mark.parametrize("path", CHAPTERS, ids=label)
def test_checks_of_the_student_edition_tell_wrong_from_right(path):
    heard = work_through(path)
    assert heard
    for exercise in heard:
        title = exercise.check.removeprefix("check_").replace("_", ".")
        assert exercise.untouched == f"Exercise {title}: not attempted yet.\n"
        for answer in (exercise.wrong, exercise.broken):
            assert answer.startswith(f"Exercise {title}: ") and answer.count("\n") == 1
            assert not answer.startswith(f"Exercise {title}: right")
        assert "is not defined. Its cell ended with SyntaxError" in exercise.broken
        assert exercise.right.startswith(f"Exercise {title}: right.")
