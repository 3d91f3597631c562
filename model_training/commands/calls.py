"""Shared by all commands: how a command is declared, and how wrong usage is reported."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeAlias

from app.commands.parsing import WrongCall

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


@contextmanager
def wrong_call() -> Iterator[None]:
    """Turns a `ValueError` about an argument into exit status 2.

    Raises:
        WrongCall: In place of the `ValueError`.
    """
    try:
        yield
    except ValueError as error:
        raise WrongCall(str(error)) from None


def add_command(
    commands: Commands, name: str, purpose: str, *examples: str
) -> argparse.ArgumentParser:
    """Declares a command, with examples below its options.

    Args:
        commands: The subparsers to add it to.
        name: Name of the command.
        purpose: One sentence for `--help`.
        *examples: Command lines.
    """
    heading = "example: " if len(examples) == 1 else "examples:\n  "
    return commands.add_parser(
        name,
        help=purpose,
        description=purpose,
        epilog=heading + "\n  ".join(examples),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
