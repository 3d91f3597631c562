"""Lines for the person at the terminal, on the channel that carries no results."""

from __future__ import annotations

import sys


def say(line: str) -> None:
    """Prints a line on stderr at once."""
    print(line, file=sys.stderr, flush=True)
