"""The command line of a benchmark, and what it says where it cannot begin."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NoReturn

from app.commands.parsing import Parser, number, whole_number
from app.core.errors import OverreadError
from benchmarks import films

INTERRUPTED = 130


def parser(name: str, purpose: str) -> Parser:
    """A parser of the arguments of `python -m NAME`.

    Args:
        name: `__spec__.name` of the benchmark.
        purpose: Its docstring, whose first line is shown.
    """
    return Parser(prog=f"python -m {name}", description=purpose.splitlines()[0])


def add_bundle(command: argparse.ArgumentParser) -> None:
    """Declares the bundle that is measured."""
    command.add_argument(
        "bundle", type=bundle_folder, metavar="BUNDLE", help="folder of a model bundle"
    )


def add_films(command: argparse.ArgumentParser, what: str = "images") -> None:
    """Declares the folder of films that are scored.

    Args:
        command: The benchmark.
        what: What the folder contains.
    """
    command.add_argument(
        "films", type=films_folder, metavar="FILMS", help=f"folder of {what}, repeated as needed"
    )


def add_count(
    command: argparse.ArgumentParser, option: str, default: int, what: str, *, lowest: int = 1
) -> None:
    """Declares an option that takes a whole number.

    Args:
        command: The benchmark.
        option: Name of the option, such as `--images`.
        default: The number if it is not given.
        what: What is counted.
        lowest: The lowest number that is taken.
    """
    command.add_argument(
        option,
        type=partial(_count, lowest=lowest),
        default=default,
        metavar="N",
        help=f"{what}, {lowest} or more; default: {default:,}",
    )


def _count(text: str, *, lowest: int) -> int:
    count = whole_number(text)
    if count < lowest:
        raise argparse.ArgumentTypeError(f"{text!r} is below {lowest}")
    return count


def positive(text: str) -> float:
    """The value of an option that takes a number above 0.

    Raises:
        argparse.ArgumentTypeError: If it is not one.
    """
    value = number(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return value


def bundle_folder(text: str) -> Path:
    """The folder of a bundle.

    Raises:
        argparse.ArgumentTypeError: If it is not one.
    """
    folder = Path(text)
    if not (folder / "bundle.json").is_file():
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a bundle; expected a folder with a bundle.json, such as "
            "models/phantom-chest"
        )
    return folder


def films_folder(text: str) -> Path:
    """A folder with films.

    Raises:
        argparse.ArgumentTypeError: If there is no image in it.
    """
    folder = Path(text)
    if not films.paths(folder):
        raise argparse.ArgumentTypeError(f"{text!r} contains no image; expected a folder of them")
    return folder


def run(main: Callable[[], int]) -> NoReturn:
    """Runs a benchmark; an error or Ctrl-C ends it with a sentence."""
    try:
        status = main()
    except OverreadError as error:
        print(error, file=sys.stderr)
        status = 1
    except KeyboardInterrupt:
        print("stopped.", file=sys.stderr)
        status = INTERRUPTED
    sys.exit(status)
