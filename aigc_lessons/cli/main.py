"""The command ``aigc``: it starts chapters, and trains, samples and evaluates their models."""

import argparse
import sys
from collections.abc import Callable, Sequence

import aigc_lessons
from aigc_lessons.cli.commands import COMMANDS
from aigc_lessons.cli.parsing import Parser, known
from aigc_lessons.errors import CourseError


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code.

    Args:
        argv: the words after ``aigc``, by default those of this process.

    Returns:
        0 if all went well, 1 if the doctor found a problem, 2 after a mistake that the reader can
        mend (said in one line), 130 after Ctrl-C.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        parser = _parser()
        if not words:
            parser.print_help()
            return 0
        if not words[0].startswith("-"):
            known(words[0], COMMANDS, "command")
        options, unknown = parser.parse_known_args(words)
        if "names" in options and not any(word.startswith("-") for word in unknown):
            options.names += unknown  # argparse takes no names after an option
        elif unknown:
            parser.error(f"`aigc {words[0]}` does not take {' '.join(unknown)}")
        run: Callable[[argparse.Namespace], int] = options.run
        return run(options)
    except CourseError as error:
        print(f"aigc: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        hint = " Run the same command again to continue." if words[0] == "train" else ""
        print(f"\naigc: Stopped.{hint}", file=sys.stderr)
        return 130


def _parser() -> Parser:
    parser = Parser(
        prog="aigc",
        description="Start the chapters of the course; train, sample and evaluate its models.",
        allow_abbrev=False,
    )
    version = f"AIGC Lessons {aigc_lessons.__version__}"
    parser.add_argument("--version", action="version", version=version)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for name, (run, summary, add_options) in COMMANDS.items():
        command = commands.add_parser(
            name, help=summary, description=f"{summary}.", allow_abbrev=False
        )
        command.set_defaults(run=run)
        add_options(command)
    return parser
