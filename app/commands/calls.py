"""How a command is declared: one line of purpose, one example."""

from __future__ import annotations

import argparse

Commands = argparse._SubParsersAction


def add_command(
    commands: Commands[argparse.ArgumentParser], name: str, purpose: str, example: str
) -> argparse.ArgumentParser:
    """A subcommand whose help says what it is for and shows a call."""
    return commands.add_parser(
        name, help=purpose, description=purpose, epilog=f"example: {example}"
    )
