"""`overread-train`: the offline commands.

Nothing but the standard library is imported at the top, so that a Ctrl-C while the rest loads
finds `main` waiting for it.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

INTERRUPTED = 130  # the status of a program ended by Ctrl-C in a shell

# Modules of the extra `train`, which an installation that only serves the app does not have.
TRAINER_MODULES = ("h5py", "imagehash", "jinja2", "optuna", "scipy")


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
        print("overread-train: stopped; nothing was published.", file=sys.stderr)
        return INTERRUPTED


def _run(arguments: list[str] | None) -> int:
    from app.core.errors import OverreadError, system_reason
    from model_training import interruption
    from model_training.commands.calls import WrongCall

    options = _parser().parse_args(arguments)
    try:
        with _stopped_by_terminate(), interruption.recorded():
            _require_trainer()
            options.run(options)
    except WrongCall as error:
        print(f"overread-train: {error}", file=sys.stderr)
        return 2
    except OverreadError as error:
        print(f"overread-train: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(
            f"overread-train: {system_reason(error)}{_failing_option(error, options)}. Check the "
            "folders, their permissions and the free disk space; nothing was published.",
            file=sys.stderr,
        )
        return 1
    return 0


def _require_trainer() -> None:
    """Refuses to begin what would end, after hours of training, at a package that is missing.

    Raises:
        OverreadError: If a package of the extra `train` is not installed.
    """
    from app.core.errors import OverreadError

    missing = [name for name in TRAINER_MODULES if find_spec(name) is None]
    if missing:
        raise OverreadError(
            f"Training needs packages that are not installed: {', '.join(missing)}. Install them "
            "with: pip install 'overread[train]'"
        )


@contextmanager
def _stopped_by_terminate() -> Iterator[None]:
    """Lets SIGTERM end a command like Ctrl-C, so that no work folder is left behind."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)


def _failing_option(error: OSError, options: argparse.Namespace) -> str:
    """The option whose path caused the error, such as ` at --html`, if it can be determined."""
    refused = os.path.abspath(error.filename) if isinstance(error.filename, str) else ""
    for name, value in vars(options).items():
        given = os.path.abspath(value) if isinstance(value, Path) else ""
        # The path itself, one inside it, or a folder on the way to it.
        if given and refused and (refused.startswith(given) or given.startswith(refused)):
            return f" at {'DATA' if name == 'data' else '--' + name.replace('_', '-')}"
    return ""


def _parser() -> argparse.ArgumentParser:
    from model_training.commands import (
        augment_preview,
        compare,
        crossval,
        evaluate,
        fit,
        inspect,
        phantoms,
        tune,
    )

    parser = argparse.ArgumentParser(
        prog="overread-train", description="Train and evaluate the models that Overread serves."
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    # In the order of --help, which follows the workflow.
    for command in (phantoms, inspect, augment_preview, fit, crossval, tune, evaluate, compare):
        command.add(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
