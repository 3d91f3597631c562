"""Ctrl-C that Python drops: noted where it is dropped, raised where it can be heeded.

A signal that comes while an object is cleared away, as whole networks are between two trainings,
is printed and forgotten by Python. Long work asks for it at its next step.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from typing import Any

_dropped = Event()


@contextmanager
def noted() -> Iterator[None]:
    """Inside, an interruption that Python drops is noted for `check` and not printed."""
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
    """Raises a `KeyboardInterrupt` that was dropped since the last call; for each step of work."""
    if _dropped.is_set():
        _dropped.clear()
        raise KeyboardInterrupt
