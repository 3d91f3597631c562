"""A file that is written in the background, while a page shows how far it is."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from tempfile import mkdtemp
from threading import Event, Thread
from weakref import finalize

from app.core.errors import OverreadError, raised_at, system_reason

_LOG = logging.getLogger(__name__)
# Is told how much is done, and of how much.
Watch = Callable[[int, int], None]


class _CancelledError(Exception):
    """Ends a job that nobody waits for any more."""


class ExportJob:
    """A file in a private folder, which is deleted once nobody holds the job.

    Attributes:
        path: The file; complete once `is_done`.
        done: How much is done.
        total: Of how much; 0 until that is known.
        error: Why it failed; empty if it did not.
    """

    def __init__(self, name: str, write: Callable[[Path, Watch], None]) -> None:
        """Begins to write.

        Args:
            name: Of the file.
            write: Writes it, and tells how far it is.
        """
        folder = Path(mkdtemp(prefix="overread-export-"))
        finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self.path = folder / name
        self.done = self.total = 0
        self.error = ""
        self.is_done = False
        self._cancel = Event()
        self._thread = Thread(target=self._run, args=(write,), daemon=True, name="export")
        self._thread.start()

    @property
    def is_running(self) -> bool:
        """Whether it is still being written."""
        return self._thread.is_alive()

    def cancel(self) -> None:
        """Ends it after the film in progress."""
        self._cancel.set()

    def wait(self, timeout: float | None = None) -> None:
        """Blocks until it has ended.

        Args:
            timeout: Gives up after so many seconds; None never does.
        """
        self._thread.join(timeout)

    def _watch(self, done: int, total: int) -> None:
        if self._cancel.is_set():
            raise _CancelledError
        self.done, self.total = done, total

    def _run(self, write: Callable[[Path, Watch], None]) -> None:
        try:
            write(self.path, self._watch)
            self.is_done = True
        except _CancelledError:
            self.error = "It was stopped."
        except OverreadError as error:
            self.error = str(error)
        except OSError as error:
            self.error = f"It could not be written ({system_reason(error)}). Check free space."
        except Exception as error:
            # The text of an unexpected exception may contain a name.
            _LOG.error("An export failed: %s at %s", type(error).__name__, raised_at(error))
            self.error = f"It could not be written ({type(error).__name__})."
