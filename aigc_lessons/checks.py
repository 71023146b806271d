"""What a notebook checks: an answer to an exercise, wrong answers on purpose, its own numbers.

The check of exercise 6.3 is a function ``check_6_3`` whose parameters bear the names that the task
asks for. ``@self_check`` runs it on what the notebook defines under these names. A check asserts;
each assertion says what is wrong and where to look.
"""

import ast
import inspect
import re
import traceback
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import Any

import numpy as np
import torch
from torch import Tensor

from aigc_lessons.errors import CourseError

Check = Callable[..., Any]
Answers = dict[str, Any]
Distortion = Callable[[Tensor], Tensor]


class NotDefined(Exception):  # noqa: N818  (it is no error: the answer is not there yet)
    """An answer that the check needs does not exist."""


def self_check(check: Check) -> Check:
    """Run the check of an exercise on the notebook's answers, as it is defined; return it.

    What the check returns is shown below the verdict: a sentence, or a figure.

    Raises:
        AssertionError: an answer is wrong.
        NotImplementedError: it is not attempted yet.
        NotDefined: it does not exist.
    """
    _approve(check, check(**answers_of(check)))
    return check


class SelfStudy:
    """The ``self_check`` of the student edition: one line for each verdict, and no stop.

    It watches the cells of the notebook, so that an answer whose cell ended with an error is never
    taken for the older one that this cell was meant to replace.
    """

    def __init__(self, shell: Any, answers: Iterable[str]) -> None:
        """Watch the cells that run from now on.

        Args:
            shell: as ``get_ipython()`` returns it.
            answers: the names that the exercises of the notebook ask for.
        """
        self.answers = frozenset(answers)
        self.names: dict[str, Any] = shell.user_ns
        self.errors: dict[str, str] = {}  # by the name that a failed cell was to define
        shell.events.register("post_run_cell", self._after_cell)

    def __call__(self, check: Check) -> Check:
        """Run a check on the answers of the notebook and print what it finds."""
        title, answers = title_of(check), {}
        try:
            answers = answers_of(check)
            found = check(**answers)
        except NotImplementedError:
            print(f"{title}: not attempted yet.")
        except NotDefined as missing:
            why = self.errors.get(str(missing), "Run the cell of your answer first.")
            print(f"{title}: {missing} is not defined. {why}")
        except AssertionError as wrong:
            print(f"{title}: not yet. {_one_line(wrong) or 'Read the check to see what fails.'}")
        except Exception as error:
            print(f"{title}: {type(error).__name__}{_place(error, answers)}: {_one_line(error)}")
        else:
            _approve(check, found)
        return check

    def _after_cell(self, result: Any) -> None:
        error = result.error_before_exec or result.error_in_exec
        source = result.info.raw_cell
        for name in self.answers & _names_in(source):
            if error is None:
                self.errors.pop(name, None)
            elif "@self_check" not in source:
                line = f" (line {error.lineno})" if isinstance(error, SyntaxError) else ""
                self.errors[name] = f"Its cell ended with {type(error).__name__}{line}."
                self.names.pop(name, None)


def answers_of(check: Check) -> Answers:
    """Return what the notebook of a check defines under the names of its parameters.

    Raises:
        NotDefined: one of them does not exist; the exception holds its name.
    """
    names = inspect.signature(check).parameters
    for name in names:
        if name not in check.__globals__:
            raise NotDefined(name)
    return {name: check.__globals__[name] for name in names}


def title_of(check: Check) -> str:
    """Name the exercise of a check: ``check_6_3`` gives "Exercise 6.3".

    Raises:
        CourseError: the function is not named so.
    """
    match = re.fullmatch(r"check_(\w+)_(\d+)", check.__name__)
    if match is None:
        raise CourseError(f"A check is named like check_6_3, not {check.__name__}.")
    return f"Exercise {match[1]}.{match[2]}"


def accepts(check: Check, **answers: Any) -> None:
    """Show that a check accepts right answers in another style, given by name.

    Raises:
        CourseError: it refuses them.
    """
    try:
        check(**{**answers_of(check), **answers})
    except AssertionError as error:
        raise CourseError(f"{title_of(check)} refuses a right answer: {error}") from error


def refuses(check: Check, message: str, **answers: Any) -> None:
    """Show that a check refuses wrong answers, given by name, and says why.

    Args:
        check: of the exercise.
        message: a part of what it must say.
        answers: the wrong ones; the others are those of the notebook.

    Raises:
        CourseError: the check accepts them, or says something else.
    """
    try:
        check(**{**answers_of(check), **answers})
    except AssertionError as error:
        if message not in str(error):
            raise CourseError(
                f"{title_of(check)} should say {message!r} of a wrong answer, but says: {error}"
            ) from error
    else:
        raise CourseError(f"{title_of(check)} accepts a wrong answer; it should say {message!r}.")


def refuses_distortions(check: Check, name: str, but: Mapping[str, str] | None = None) -> None:
    """Show that a check refuses the right answer ``name`` with its results distorted.

    Each result of the function is set to zero or to a constant, negated, enlarged by a tenth,
    reversed along its first or transposed over its last two axes. A distortion that changes nothing
    is left out.

    Args:
        check: of the exercise.
        name: of an answer that is a function.
        but: distortions that leave the answer right, each with the reason.

    Raises:
        CourseError: the check accepts a distorted answer, or says nothing about it.
    """
    right = answers_of(check)
    for kind, distort in DISTORTIONS.items():
        if kind in (but or {}):
            continue
        changed = []

        @wraps(right[name])
        def wrong(*inputs: Any, _distort: Distortion = distort, **named: Any) -> Any:
            result = right[name](*inputs, **named)
            other = _each(_distort, result)
            changed.append(not _same(result, other))  # noqa: B023  (called before the next turn)
            return other

        try:
            check(**{**right, name: wrong})
        except AssertionError as error:
            if not str(error):
                raise CourseError(f"{title_of(check)} says nothing of {kind} results.") from error
        else:
            if any(changed):
                raise CourseError(f"{title_of(check)} accepts {kind} results of {name}.")


def check_bounds(bounds: Mapping[str, tuple[float, float, float]]) -> None:
    """Compare numbers with the bounds that the text of a chapter relies on.

    Args:
        bounds: by name, (number, least, most).

    Raises:
        CourseError: a number lies outside, or is not a number; the message names each.
    """
    outside = [
        f"{name} is {value:.4g}, not between {least:g} and {most:g}"
        for name, (value, least, most) in bounds.items()
        if not least <= value <= most
    ]
    if outside:
        raise CourseError(f"The text no longer holds: {'; '.join(outside)}.")


def _constant(x: Tensor) -> Tensor:
    return torch.full_like(x, x.double().nan_to_num().mean().item()) if x.numel() else x


def _reversed(x: Tensor) -> Tensor:
    return x.flip(0) if x.dim() else x


def _transposed(x: Tensor) -> Tensor:
    return x.transpose(-1, -2) if x.dim() > 1 else x


DISTORTIONS: dict[str, Distortion] = {
    "zero": torch.zeros_like,
    "constant": _constant,
    "negated": lambda x: ~x if x.dtype == torch.bool else -x,
    "enlarged": lambda x: x if x.dtype == torch.bool else (x * 1.1).to(x.dtype),
    "reversed": _reversed,
    "transposed": _transposed,
}


def _each(distort: Distortion, result: Any) -> Any:
    """Distort every number, array and tensor in a result, and keep its form."""
    if isinstance(result, Tensor):
        return distort(result)
    if isinstance(result, np.ndarray | np.generic) and result.dtype.kind in "bif":
        return distort(torch.as_tensor(np.asarray(result))).numpy()
    if isinstance(result, bool | int | float):
        double = torch.float64 if isinstance(result, float) else None
        return type(result)(distort(torch.tensor(result, dtype=double)).item())
    if isinstance(result, dict):
        return {key: _each(distort, value) for key, value in result.items()}
    if isinstance(result, list | tuple):
        parts = [_each(distort, value) for value in result]
        return type(result)(*parts) if hasattr(result, "_fields") else type(result)(parts)
    return result


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, Tensor):
        return one.shape == other.shape and torch.equal(one, other)
    if isinstance(one, np.ndarray | np.generic):
        return np.array_equal(one, other)
    if isinstance(one, dict):
        return all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return all(map(_same, one, other))
    return bool(one == other)


def _approve(check: Check, found: Any) -> None:
    sentence = f" {found}" if isinstance(found, str) else ""
    print(f"{title_of(check)}: right.{sentence}")
    if found is not None and not sentence:
        from IPython.display import display  # only a notebook shows figures

        display(found)


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())


def _place(error: Exception, answers: Answers) -> str:
    """Say in which line of an answer's cell an error arose, if it arose there."""
    codes = [getattr(answer, "__code__", None) for answer in answers.values()]
    cells = {code.co_filename for code in codes if code is not None}
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename in cells]
    return f" in line {lines[-1]} of your cell" if lines else ""


def _names_in(source: str) -> set[str]:
    """Return the names that a cell binds, or all its words if it cannot be parsed."""
    try:
        body = ast.parse(source).body
    except SyntaxError:
        return set(re.findall(r"[^\W\d]\w*", source))
    bound = set()
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            bound.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            bound |= {n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)}
    return bound
