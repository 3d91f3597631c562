"""What all commands share: how one is declared, and how a wrong call ends."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeAlias

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


class WrongCall(Exception):  # noqa: N818 (it is no error of the program)
    """An argument that argparse lets pass and the command cannot use."""


@contextmanager
def wrong_call() -> Iterator[None]:
    """Turns a value that a callee does not take into exit status 2."""
    try:
        yield
    except ValueError as error:
        raise WrongCall(str(error)) from None


def add_command(
    commands: Commands, name: str, purpose: str, *examples: str
) -> argparse.ArgumentParser:
    """Declares a command, with examples below its options."""
    heading = "example: " if len(examples) == 1 else "examples:\n  "
    return commands.add_parser(
        name,
        help=purpose,
        description=purpose,
        epilog=heading + "\n  ".join(examples),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
