"""The turn of a film to be decoded: how long it has had, and large images one at a time.

A file of a few hundred kilobytes may hold an image at the limit of pixels, which takes gigabytes
while it is decoded. Threads that did so all at once would end the process, and the batch with it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

# Above mammograms, which have about 30 million, so that those are decoded on all cores.
LARGE_PIXELS = 40_000_000

_lock = threading.Lock()
_this_thread = threading.local()


class Turn:
    """One film that is being decoded. Thread-safe: another thread may end it."""

    def __init__(self) -> None:
        """Starts the clock."""
        self._changing = threading.Lock()
        self._has_room = False
        self._began: float | None = time.monotonic()  # None while it waits for others

    @property
    def seconds(self) -> float:
        """How long it has been decoded; 0 while it waits for another large image."""
        began = self._began
        return 0.0 if began is None else time.monotonic() - began

    def wait_for_room(self) -> None:
        """Waits until no other thread decodes a large image, and starts the clock again."""
        if self._has_room:
            return
        self._began = None
        _lock.acquire()
        with self._changing:
            self._has_room = True
        self._began = time.monotonic()

    def end(self) -> None:
        """Lets the next large image begin; does nothing the second time."""
        with self._changing:
            if self._has_room:
                self._has_room = False
                _lock.release()


@contextmanager
def turn(film: Turn | None = None) -> Iterator[None]:
    """The turn of the film that this thread decodes inside; ends when left."""
    _this_thread.film = film = film or Turn()
    try:
        yield
    finally:
        _this_thread.film = None
        film.end()


def wait_if_large(width: int, height: int) -> None:
    """Waits until no other thread decodes a large image, if this is one.

    Args:
        width: Columns.
        height: Rows.
    """
    film: Turn | None = getattr(_this_thread, "film", None)
    if film is not None and width * height > LARGE_PIXELS:
        film.wait_for_room()
