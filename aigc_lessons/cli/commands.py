"""What each command of ``aigc`` does, and the options that it takes.

PyTorch takes seconds to import, so each command imports what it needs when it is called.
"""

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from aigc_lessons.cli import data, doctor, start
from aigc_lessons.cli.findings import report
from aigc_lessons.cli.parsing import Parser, known, number, short
from aigc_lessons.errors import CourseError, MissingDataError

if TYPE_CHECKING:
    from aigc_lessons.metrics.measures import Score

MOST_SAMPLES = 1_000
LARGEST_SEED = 2**32 - 1  # the largest that NumPy takes too


def _examine(options: argparse.Namespace) -> int:
    findings = doctor.examine()
    print(report(findings))
    return int(any(finding.problem for finding in findings))


def _quoted(path: str) -> str:
    return f'"{path}"' if " " in path else path


def _train_options(parser: Parser) -> None:
    parser.add_argument("name", nargs="?", metavar="NAME", help="the recipe")
    parser.add_argument("--list", action="store_true", help="list the recipes")
    parser.add_argument("--steps", type=number(1), help="updates (default: the recipe's)")
    parser.add_argument("--seed", type=number(0, LARGEST_SEED), help="default: the recipe's")
    parser.add_argument(
        "--folder", type=Path, help="where the run lives; a run found there is continued"
    )
    parser.add_argument(
        "--embedded", action="store_true", help="train on installed data, without a download"
    )


def _train(options: argparse.Namespace) -> int:
    from aigc_lessons import recipes
    from aigc_lessons.recipes import RECIPES

    if options.list:
        for name, recipe in RECIPES.items():
            print(f"{name:<20} {recipe.summary}")
        return 0
    if options.name is None:
        raise CourseError(f"Name a recipe to train: {', '.join(RECIPES)}.")
    name = known(options.name, RECIPES, "recipe")
    try:
        weights = recipes.train(name, options.steps, options.seed, options.folder, options.embedded)
    except MissingDataError as error:
        raise CourseError(
            f"{error} Or train on data that are installed: aigc train {name} --embedded"
        ) from error
    path = short(weights.absolute())
    made = f", trained on {recipes.EMBEDDED} and not on the full set," if options.embedded else ""
    print(f"The weights{made} are in {path}")
    command = "sample" if RECIPES[name].generates else "evaluate"
    print(f"Next: aigc {command} {name} --weights {_quoted(path)}")
    return 0


def _model_options(parser: Parser) -> None:
    parser.add_argument("name", metavar="NAME", help="the model: `aigc zoo` lists them")
    parser.add_argument("--weights", type=Path, help="a file of weights (default: the zoo's)")


def _sample_options(parser: Parser) -> None:
    _model_options(parser)
    parser.add_argument(
        "--count", type=number(1, MOST_SAMPLES), help="default: 64 pictures, or 1 text"
    )
    parser.add_argument("--seed", type=number(0, LARGEST_SEED), default=0, help="default: 0")
    parser.add_argument(
        "--out", type=Path, default=Path("samples.png"), help="default: samples.png"
    )
    parser.add_argument("--force", action="store_true", help="replace the file if it exists")


def _sample(options: argparse.Namespace) -> int:
    from aigc_lessons import plots, recipes
    from aigc_lessons.files import written_aside
    from aigc_lessons.recipes import RECIPES

    name, out = known(options.name, RECIPES, "model"), options.out
    decode = RECIPES[name].decode
    if decode is None:
        _check_output(out, options.force)
    model = recipes.load(name, options.weights)
    amount = options.count or (64 if decode is None else 1)
    samples = recipes.sample(model, amount, options.seed)
    if decode is not None:
        print(*(decode(text).strip() for text in samples), sep="\n\n---\n\n")
        return 0
    plots.set_style()
    figure = plots.image_grid(samples, columns=max(1, round(len(samples) ** 0.5)))
    with written_aside(out) as partial:
        figure.savefig(partial, format="png", bbox_inches="tight")
    print(f"{len(samples)} samples are in {short(out.absolute())}")
    return 0


def _check_output(out: Path, force: bool) -> None:
    """Find out before the work is done whether its result can be written.

    Raises:
        CourseError: it is not the name of a PNG file, exists, or its folder can't take it.
    """
    if out.suffix.lower() != ".png" or out.is_dir():
        raise CourseError(f"--out {out} is not the name of a PNG file, such as samples.png.")
    if out.exists() and not force:
        raise CourseError(f"{out} exists already. Pass another --out, or --force to replace it.")
    if not out.parent.is_dir():
        raise CourseError(
            f"The folder {out.parent} does not exist. Make it, or pass another --out."
        )
    try:
        tempfile.TemporaryFile(dir=out.parent).close()
    except OSError as error:
        raise CourseError(
            f"Cannot write in {out.parent.absolute()}: {error.strerror}. Pass another --out."
        ) from error


def _evaluate_options(parser: Parser) -> None:
    _model_options(parser)
    parser.add_argument("--store", action="store_true", help="write the stored result")


def _evaluate(options: argparse.Namespace) -> int:
    from aigc_lessons import recipes
    from aigc_lessons.recipes import RECIPES

    name = known(options.name, RECIPES, "model")
    scores = recipes.evaluate(name, options.weights)
    print(_table(scores))
    if options.store:
        print(f"Stored in {short(recipes.store(name, scores, options.weights))}")
    return 0


def _table(scores: "list[Score]") -> str:
    """Lay out every score with its unit and, indented below, what it is compared with."""
    rows = []
    for score in scores:
        spread = "" if score.standard_error is None else f"± {score.standard_error:.2f} "
        unit = f"{score.unit}, " if score.unit else ""
        rows.append((score.name, score.value, f"{spread}{unit}{score.better} is better"))
        rows += [(f"  {name}", value, "") for name, value in score.beside.items()]
    width = max(len(label) for label, _, _ in rows)
    return "\n".join(
        f"{label:<{width}}  {value:9.2f} {note}".rstrip() for label, value, note in rows
    )


def _zoo_options(parser: Parser) -> None:
    parser.add_argument("name", nargs="?", metavar="NAME", help="print the card of this model")


def _zoo(options: argparse.Namespace) -> int:
    from aigc_lessons import recipes, zoo

    if options.name is not None:
        print(zoo.card(known(options.name, zoo.names(), "model")))
        return 0
    width = max(map(len, zoo.names()), default=0)
    for name in zoo.names():
        size = f"{zoo.path(name).stat().st_size / 1e6:6.2f} MB"
        print(f"{name:<{width}}  {size}  {recipes.find(name).summary}")
    return 0


def _repeat_options(parser: Parser) -> None:
    parser.add_argument("name", nargs="?", metavar="NAME", help="the experiment")
    parser.add_argument("--list", action="store_true", help="list the experiments")
    parser.add_argument(
        "--folder", type=Path, help="where measurements live; those found there are kept"
    )
    parser.add_argument("--store", action="store_true", help="write the stored result")


def _repeat(options: argparse.Namespace) -> int:
    from aigc_lessons import experiments

    if options.list:
        for name in experiments.NAMES:
            print(f"{name:<20} {experiments.find(name).summary}")
        return 0
    if options.name is None:
        raise CourseError(f"Name an experiment: {', '.join(experiments.NAMES)}.")
    name = known(options.name, experiments.NAMES, "experiment")
    done = []
    folder = options.folder or Path("runs") / "experiments" / name
    for measurement in experiments.measure(experiments.find(name), folder):
        numbers = ", ".join(f"{key} {value:.4g}" for key, value in measurement.quantities.items())
        kept = "" if measurement.measured else " (kept from an earlier run)"
        print(f"{measurement.case}, seed {measurement.seed}: {numbers}{kept}", flush=True)
        done.append(measurement)
    if options.store:
        print(f"Stored in {short(experiments.store(name, done))}")
    return 0


# By name: what it runs, what it says about itself, its options.
COMMANDS: dict[str, tuple[Callable[[argparse.Namespace], int], str, Callable[[Parser], None]]] = {
    "doctor": (_examine, "Examine the machine and the installation", lambda parser: None),
    "start": (start.start, "Copy chapters to my-notebooks/ to work on", start.add_options),
    "data": (data.run, "List the data sets, or fetch them", data.add_options),
    "train": (_train, "Train a model by its recipe", _train_options),
    "sample": (_sample, "Draw samples from a model: a picture, or texts", _sample_options),
    "evaluate": (_evaluate, "Measure a model beside its baselines", _evaluate_options),
    "repeat": (_repeat, "Repeat an experiment of a chapter", _repeat_options),
    "zoo": (_zoo, "List the trained models, or show the card of one", _zoo_options),
}
