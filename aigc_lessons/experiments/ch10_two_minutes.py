"""What a GAN of digits reaches in two minutes on two cores (chapter 10), with three seeds."""

from pathlib import Path
from tempfile import TemporaryDirectory

from aigc_lessons import recipes, zoo
from aigc_lessons.errors import CourseError
from aigc_lessons.experiments import Experiment

CASES = ("gan-mnist-short",)


def measure(case: str, seed: int, steps: int | None = None) -> dict[str, float]:
    """Train the recipe with one seed and score its averaged weights on the official test digits.

    Args:
        case: the name of the recipe.
        seed: of its weights, its digits and its noise.
        steps: instead of the recipe's.

    Returns:
        every score of the recipe with what it stands beside, by name; the "seconds" of the
        training on this machine, and its "steps".

    Raises:
        CourseError: there is no such case.
    """
    if case not in CASES:
        raise CourseError(f"There is no case {case!r}. There are: {', '.join(CASES)}.")
    with TemporaryDirectory() as folder:
        weights = recipes.train(case, steps=steps, seed=seed, folder=Path(folder))
        facts = zoo.facts(case, weights)
        scores = recipes.evaluate(case, weights)
    found = {"seconds": float(facts["seconds"]), "steps": float(facts["steps"])}
    for score in scores:
        found |= {score.name: score.value, **score.beside}
    return found


EXPERIMENT = Experiment(
    summary="a GAN of digits, trained for two minutes on two cores (chapter 10)",
    cases=CASES,
    seeds=(0, 1, 2),
    measure=measure,
)
