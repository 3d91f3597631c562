"""Silences decoders, whose warnings and logs may quote headers and so identify a patient.

Only decoding threads are silenced. Warnings and logs of other threads are unaffected, and all
filters are removed afterwards.
"""

from __future__ import annotations

import logging
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, cast

# All loggers of Pillow's formats, nibabel, pydicom and tifffile.
LOGGERS = (
    "PIL.ImageFile",
    "PIL.PngImagePlugin",
    "PIL.TiffImagePlugin",
    "nibabel.global",
    "pydicom",
    "pydicom.pixels.decoders.base",
    "pydicom.pixels.utils",
    "tifffile",
)

_this_thread = threading.local()


def _is_decoding() -> bool:
    return getattr(_this_thread, "depth", 0) > 0


class _AnyText:
    """Matches any text in a warning filter, but only in decoding threads."""

    def match(self, text: str) -> bool:
        """Called by `warnings` like the method of a regular expression."""
        return _is_decoding()


class _NoRecord(logging.Filter):
    """Drops all log records, but only in decoding threads."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to log the record."""
        return not _is_decoding()


class _Silence:
    """Silences the threads that are inside.

    `warnings.catch_warnings` would silence all threads, and restores the wrong filters when threads
    overlap.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._warning_filter = ("ignore", _AnyText(), Warning, None, 0)
        self._log_filter = _NoRecord()

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """Silent until this thread leaves."""
        with self._lock:
            self._inside += 1
            self._install()
        _this_thread.depth = getattr(_this_thread, "depth", 0) + 1
        try:
            yield
        finally:
            _this_thread.depth -= 1
            with self._lock:
                self._inside -= 1
                if self._inside == 0:
                    self._remove()

    def _install(self) -> None:
        filters = cast("list[Any]", warnings.filters)
        # Must be first, even if others have inserted filters since.
        if not filters or filters[0] is not self._warning_filter:
            with suppress(ValueError):
                filters.remove(self._warning_filter)
            filters.insert(0, self._warning_filter)
        for name in LOGGERS:
            logging.getLogger(name).addFilter(self._log_filter)

    def _remove(self) -> None:
        with suppress(ValueError):  # removed when another thread restored its filters
            cast("list[Any]", warnings.filters).remove(self._warning_filter)
        for name in LOGGERS:
            logging.getLogger(name).removeFilter(self._log_filter)


silent = _Silence()
