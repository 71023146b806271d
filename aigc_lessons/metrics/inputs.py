"""What every measure of points or features asks of its input."""

from torch import Tensor

from aigc_lessons.errors import CourseError


def check_points(measure: str, name: str, points: Tensor, at_least: int = 2) -> None:
    """Raise CourseError unless ``points`` has shape (N, F), N large enough, and finite values."""
    if points.dim() != 2 or len(points) < at_least or points.shape[1] < 1:
        raise CourseError(
            f"{measure} needs {name} of shape (N, F) with N of at least {at_least}, "
            f"not {tuple(points.shape)}."
        )
    check_finite(name, points)


def check_finite(name: str, values: Tensor) -> None:
    """Raise CourseError if ``values`` holds NaN or infinity."""
    if not bool(values.isfinite().all()):
        raise CourseError(f"NaN or infinity in {name}; look at what made it.")


def check_features(measure: str, first: Tensor, second: Tensor, at_least: int = 2) -> None:
    """Raise CourseError unless both are features, (N, F) and (M, F), of one network."""
    check_points(measure, "the first set of features", first, at_least)
    check_points(measure, "the second set of features", second, at_least)
    if first.shape[1] != second.shape[1]:
        raise CourseError(
            f"The sets have {first.shape[1]} and {second.shape[1]} features: they come "
            "from different networks and cannot be compared."
        )


def check_share(name: str, share: float) -> None:
    """Raise CourseError unless ``share`` is above 0 and at most 1."""
    if not 0 < share <= 1:
        raise CourseError(f"{name} is a share of the samples, above 0 and at most 1, not {share}.")
