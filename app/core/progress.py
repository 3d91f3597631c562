"""Progress of long work on stderr: a bar on a terminal, a plain line a minute in a log."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any, TextIO

from tqdm import tqdm

_SECONDS_BETWEEN_LINES = 60


class _Lines:
    """Writes what redraws a bar as lines of their own."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        line = text.strip("\r\n ")
        if line:
            self._stream.write(f"{line}\n")

    def flush(self) -> None:
        self._stream.flush()


def progress(
    items: Iterable[Any] | None = None,
    *,
    title: str,
    unit: str,
    total: int | None = None,
    leave: bool = False,
) -> tqdm[Any]:
    """A bar that is moved on by iterating over it, or by `update`.

    Where stderr is not a terminal, nothing is written in the first minute, and then at most a
    line a minute.

    Args:
        items: What is worked through; without it the caller calls `update`.
        title: What is being done, such as `decoding`.
        unit: What is counted, such as `film`.
        total: How many there are, where `items` cannot tell.
        leave: Whether a terminal keeps the bar when the work is done.
    """
    if sys.stderr.isatty():
        return tqdm(items, title, total, leave, unit=unit)
    return tqdm(
        items,
        title,
        total,
        leave=False,
        unit=unit,
        file=_Lines(sys.stderr),
        ncols=0,  # figures only, no bar
        delay=_SECONDS_BETWEEN_LINES,
        mininterval=_SECONDS_BETWEEN_LINES,
        miniters=1,
    )
