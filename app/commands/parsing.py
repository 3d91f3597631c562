"""How both programs read their command line, and what they say of one that is wrong."""

from __future__ import annotations

import argparse
from pathlib import Path
from tempfile import TemporaryFile
from typing import NoReturn

from app.core.errors import OverreadError, system_reason


class WrongCall(Exception):  # noqa: N818 (not an error of the program)
    """An argument that argparse accepts but the command cannot use; exit status 2."""


class Parser(argparse.ArgumentParser):
    """Says in one line what is wrong; the usage of some commands alone fills a screen."""

    def error(self, message: str) -> NoReturn:
        """Ends the program with status 2."""
        self.exit(2, f"{self.prog}: {message}. `{self.prog} --help` explains the options.\n")


def given(text: str) -> str:
    """An argument that names a file, a folder or an address, as it is.

    Raises:
        argparse.ArgumentTypeError: If it is empty, as of a variable that is not set: it would be
            the current folder, with all that is in it.
    """
    if not text.strip():
        raise argparse.ArgumentTypeError(
            "it is empty. Check the variable or the quotes; the current folder is '.'"
        )
    return text


def given_path(text: str) -> Path:
    """The same as a path.

    Raises:
        argparse.ArgumentTypeError: If it is empty.
    """
    return Path(given(text))


def whole_number(text: str) -> int:
    """The value of an option that takes a whole number.

    Raises:
        argparse.ArgumentTypeError: If it is not one.
    """
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from None


def number(text: str) -> float:
    """The value of an option that takes a number.

    Raises:
        argparse.ArgumentTypeError: If it is not one.
    """
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None


def proportion(text: str) -> float:
    """The value of an option that takes a proportion, such as 0.05 for 5 %.

    Raises:
        argparse.ArgumentTypeError: If it is not one, or not between 0 and 1.
    """
    value = number(text)
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError(
            f"{text} is not between 0 and 1; write 5 % as 0.05, for example"
        )
    return value


def require_output_file(option: str, file: Path | None) -> None:
    """Checks before the work begins that its result can be written.

    Args:
        option: Name of the option, such as `--html`.
        file: The file to write; None if the option was not given.

    Raises:
        WrongCall: If it is a folder.
        OverreadError: If nothing can be written there.
    """
    if file is None:
        return
    if file.is_dir():
        raise WrongCall(
            f"{option} is {file.name!r}, which is a folder. Expected the name of a file; add one, "
            "or choose another."
        )
    _try_to_write(option, file, nearest=file.parent)


def require_output_folder(option: str, folder: Path | None) -> None:
    """Checks before the work begins that a folder can be made or written to.

    Args:
        option: Name of the option, such as `--heatmaps`.
        folder: The folder; None if the option was not given.

    Raises:
        WrongCall: If it is a file.
        OverreadError: If nothing can be written there.
    """
    if folder is None:
        return
    if folder.exists() and not folder.is_dir():
        raise WrongCall(
            f"{option} is {folder.name!r}, which is a file. Expected a folder; choose another name."
        )
    _try_to_write(option, folder, nearest=folder)


def _try_to_write(option: str, wanted: Path, *, nearest: Path) -> None:
    """Writes an unnamed file into the nearest folder that exists, and makes none."""
    nearest = nearest.absolute()
    while not nearest.exists():
        nearest = nearest.parent
    try:
        with TemporaryFile(dir=nearest):
            pass
    except OSError as error:
        raise OverreadError(
            f"Nothing can be written to {option}, {wanted.name!r} ({system_reason(error)}). Name "
            "another place, or have its folder made writable; nothing has been computed yet."
        ) from None
