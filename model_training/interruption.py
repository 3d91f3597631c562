"""Recovers Ctrl-C where Python would drop it.

If a signal arrives while an object is being destroyed, as whole networks are between two
trainings, Python prints the `KeyboardInterrupt` and drops it. It is recorded here, and raised at
the next step of the work.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from typing import Any

_dropped = Event()


@contextmanager
def recorded() -> Iterator[None]:
    """Records interruptions that Python drops, for `check`, instead of printing them."""
    before = sys.unraisablehook

    def note(unraisable: Any) -> None:
        if issubclass(unraisable.exc_type, KeyboardInterrupt):
            _dropped.set()
        else:
            before(unraisable)

    _dropped.clear()
    sys.unraisablehook = note
    try:
        yield
    finally:
        sys.unraisablehook = before


def check() -> None:
    """Raises a `KeyboardInterrupt` dropped since the last call; for each step of long work."""
    if _dropped.is_set():
        _dropped.clear()
        raise KeyboardInterrupt
