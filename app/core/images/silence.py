"""Silences what decoders warn of and log: it may quote header values and so identify a patient.

Only threads that are decoding are silenced. Warnings and logs of the rest of the process are not
affected, neither meanwhile nor afterwards.
"""

from __future__ import annotations

import logging
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, cast

# All that pydicom and its plugins for compressed pixels log to, while they decode.
LOGGERS = (
    "pydicom",
    "pydicom.pixels.decoders.base",
    "pydicom.pixels.utils",
    "pylibjpeg",
    "pylibjpeg.utils",
    "openjpeg",
    "openjpeg.utils",
)

_this_thread = threading.local()


def _is_decoding() -> bool:
    return getattr(_this_thread, "depth", 0) > 0


class _AnyText:
    """Stands for any text in a filter for warnings, in threads that decode."""

    def match(self, text: str) -> bool:
        """As a regular expression has it."""
        return _is_decoding()


class _NoRecord(logging.Filter):
    """Lets no record pass, in threads that decode."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is logged."""
        return not _is_decoding()


class _Silence:
    """Silent in each thread that is inside.

    `warnings.catch_warnings` would silence all threads, and put the wrong filters back when they
    overlap.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._warning_filter = ("ignore", _AnyText(), Warning, None, 0)
        self._log_filter = _NoRecord()

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """Silent until this thread has left."""
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
        # First, whatever filters others have put in since.
        if not filters or filters[0] is not self._warning_filter:
            with suppress(ValueError):
                filters.remove(self._warning_filter)
            filters.insert(0, self._warning_filter)
        for name in LOGGERS:
            logging.getLogger(name).addFilter(self._log_filter)

    def _remove(self) -> None:
        with suppress(ValueError):  # gone with the filters that another thread has put back
            cast("list[Any]", warnings.filters).remove(self._warning_filter)
        for name in LOGGERS:
            logging.getLogger(name).removeFilter(self._log_filter)


silent = _Silence()
