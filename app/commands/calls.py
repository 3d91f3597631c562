"""Declares commands and their shared arguments."""

from __future__ import annotations

import argparse
from pathlib import Path

from app.commands.parsing import given_path

Commands = argparse._SubParsersAction


def add_command(
    commands: Commands[argparse.ArgumentParser], name: str, purpose: str, example: str
) -> argparse.ArgumentParser:
    """Adds a subcommand whose help text states its purpose and an example.

    Args:
        commands: The subcommands of the program.
        name: Name of the subcommand.
        purpose: What it does, in a sentence.
        example: A complete call.
    """
    return commands.add_parser(
        name, help=purpose, description=purpose, epilog=f"example: {example}"
    )


def add_bundle(command: argparse.ArgumentParser) -> None:
    """Adds the argument for the bundle that a command works on."""
    command.add_argument(
        "bundle",
        type=given_path,
        help="folder of a model bundle, or the name of one inside OVERREAD_MODELS",
    )


def bundle_folder(given: Path) -> Path:
    """The folder of a bundle given by path or by name.

    An existing path takes precedence over a name.

    Raises:
        SettingsError: If a name was given and the settings are invalid.
    """
    if given.exists() or len(given.parts) != 1:
        return given
    from app.core.settings import read_settings

    named = read_settings().models / given
    return named if named.is_dir() else given
