"""The program `overread-train`: its commands, and how their errors are reported."""

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

from app.commands.parsing import Parser, WrongCall
from app.core.errors import NOT_ENOUGH_MEMORY, OverreadError, system_reason
from model_training import interruption
from model_training.commands import (
    augment_preview,
    compare,
    crossval,
    evaluate,
    fit,
    import_model,
    inspect,
    phantoms,
    reference,
    tune,
    zones,
)

# Modules of the extra `train`, which an installation that only serves the app does not have.
TRAINER_MODULES = ("h5py", "imagehash", "onnx", "optuna")


def run(arguments: list[str] | None) -> int:
    """Parses the command line and runs its command; errors become a sentence on stderr.

    Returns:
        Exit status: 0, 1 if the command failed, or 2 for options that do not go together.

    Raises:
        SystemExit: With status 2 for other incorrect usage, or 0 after `--help`.
    """
    options = _parser().parse_args(arguments)
    try:
        with _stopped_by_terminate(), interruption.recorded():
            _require_trainer()
            _note_films()
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
    except MemoryError:
        print(f"overread-train: {NOT_ENOUGH_MEMORY}", file=sys.stderr)
        return 1
    return 0


def _require_trainer() -> None:
    """Refuses to begin what would end, after hours of training, at a package that is missing.

    Raises:
        OverreadError: If a package of the extra `train` is not installed.
    """
    missing = [name for name in TRAINER_MODULES if find_spec(name) is None]
    if missing:
        raise OverreadError(
            f"Training needs packages that are not installed: {', '.join(missing)}. Install them "
            "with: pip install 'overread[train]'"
        )


def _note_films() -> None:
    """Notes each film while it is decoded, so that one that ends the command is found."""
    from app.core.images.in_flight import in_flight
    from app.core.settings import read_settings

    in_flight.keep_in(read_settings().decoding)


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
    parser = Parser(
        prog="overread-train", description="Train and evaluate the models that Overread serves."
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    # In the order of --help, which follows the workflow.
    for command in (
        phantoms, inspect, augment_preview, fit, import_model, crossval, tune, evaluate, compare,
        reference, zones,
    ):  # fmt: skip
        command.add(commands)
    return parser
