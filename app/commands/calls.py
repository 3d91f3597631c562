"""How a command is declared: one line of purpose, one example."""

from __future__ import annotations

import argparse
from pathlib import Path

Commands = argparse._SubParsersAction


def add_command(
    commands: Commands[argparse.ArgumentParser], name: str, purpose: str, example: str
) -> argparse.ArgumentParser:
    """A subcommand whose help says what it is for and shows a call."""
    return commands.add_parser(
        name, help=purpose, description=purpose, epilog=f"example: {example}"
    )


def add_bundle(command: argparse.ArgumentParser) -> None:
    """Declares the bundle that a command works on."""
    command.add_argument(
        "bundle",
        type=Path,
        help="folder of a model bundle, or the name of one in the folder OVERREAD_MODELS",
    )


def bundle_folder(given: Path) -> Path:
    """The folder of a bundle that was given as a path or by its name.

    A folder that is there comes first, so that a name never takes what a path could mean.

    Raises:
        SettingsError: If a name was given and the settings cannot be read.
    """
    if given.exists() or len(given.parts) != 1:
        return given
    from app.core.settings import read_settings

    named = read_settings().models / given
    return named if named.is_dir() else given
