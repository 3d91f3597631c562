"""The program `overread`: its commands, and how their errors are reported."""

from __future__ import annotations

import argparse
import sys

from app.commands import adapt, audit, compare, evidence, export, report, score, serve, verify
from app.commands.parsing import Parser, WrongCall
from app.core.errors import NOT_ENOUGH_MEMORY, OverreadError, system_reason


def run(arguments: list[str] | None) -> int:
    """Parses the command line and runs its command; errors become a sentence on stderr.

    Returns:
        Exit status: 0, 1 if the command failed, or 2 for options that do not go together.

    Raises:
        SystemExit: With status 2 for other incorrect usage, or 0 after `--help`.
    """
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except WrongCall as error:
        print(f"overread: {error}", file=sys.stderr)
        return 2
    except OverreadError as error:
        print(f"overread: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(
            f"overread: {system_reason(error)}. Check the output folder and free space.",
            file=sys.stderr,
        )
        return 1
    except MemoryError:
        print(f"overread: {NOT_ENOUGH_MEMORY}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="overread",
        description="Review and score images with a classifier. Research use only, not a medical "
        "device.",
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for command in (serve, score, report, adapt, evidence, compare, verify, export, audit):
        command.add(commands)
    return parser
