"""Decodes large images one at a time.

A file of a few hundred kilobytes may hold an image at the limit of pixels, which takes gigabytes
while it is decoded. Threads that did so all at once would end the process, and the batch with it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

# Above mammograms, which have about 30 million, so that those are decoded on all cores.
LARGE_PIXELS = 40_000_000

_lock = threading.Lock()
_this_thread = threading.local()


@contextmanager
def turn() -> Iterator[None]:
    """Ends, when left, the turn that `wait_if_large` may have waited for inside."""
    try:
        yield
    finally:
        if getattr(_this_thread, "has_turn", False):
            _this_thread.has_turn = False
            _lock.release()


def wait_if_large(width: int, height: int) -> None:
    """Waits until no other thread decodes a large image, if this is one.

    Args:
        width: Columns.
        height: Rows.
    """
    if width * height > LARGE_PIXELS and not getattr(_this_thread, "has_turn", False):
        _lock.acquire()
        _this_thread.has_turn = True
