"""Messages to the user on stderr, so that stdout carries only results."""

from __future__ import annotations

import sys


def say(line: str) -> None:
    """Prints a line on stderr, unbuffered."""
    print(line, file=sys.stderr, flush=True)
