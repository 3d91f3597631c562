"""`overread`: opens the app, scores images, verifies a bundle.

Nothing but the standard library is imported at the top, so that a Ctrl-C while the rest loads
finds `main` waiting for it.
"""

from __future__ import annotations

import argparse
import sys

INTERRUPTED = 130  # as a shell says of a program that Ctrl-C ended


def main(arguments: list[str] | None = None) -> int:
    """Runs a command.

    Args:
        arguments: Command line without the program name; None uses `sys.argv`.

    Returns:
        Exit status: 0, 1 if the command failed, 2 for incorrect usage, 130 after Ctrl-C.
    """
    try:
        return _run(arguments)
    except KeyboardInterrupt:
        print("overread: stopped.", file=sys.stderr)
        return INTERRUPTED


def _run(arguments: list[str] | None) -> int:
    from app.core.errors import OverreadError, system_reason

    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except OverreadError as error:
        print(f"overread: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(
            f"overread: {system_reason(error)}. Check the output folder and free space.",
            file=sys.stderr,
        )
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    from app.commands import score, serve, verify

    parser = argparse.ArgumentParser(
        prog="overread",
        description="A second reading for image classifiers. Research use only, not a medical "
        "device.",
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for command in (serve, score, verify):
        command.add(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
