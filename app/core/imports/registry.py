"""The model that a server is importing: one at a time, whoever began it."""

from __future__ import annotations

import threading
from functools import lru_cache
from pathlib import Path

from app.core.imports.request import ImportRequestError
from app.core.imports.running import Importing
from app.core.settings import Settings, read_settings


class Imports:
    """The import that is going on, or was last. Thread-safe.

    It belongs to the server and not to a session, so that whoever reloads the page, or comes back
    to it, finds it again.
    """

    def __init__(self) -> None:
        """Begins with none."""
        self._starting = threading.Lock()
        self._last: Importing | None = None

    @property
    def last(self) -> Importing | None:
        """What is being imported, or was last since the server started."""
        return self._last

    def require_free(self) -> None:
        """Checks that nothing is being imported.

        Raises:
            ImportRequestError: If something is.
        """
        if self._last is not None and self._last.running:
            raise ImportRequestError(
                f"The model {self._last.name!r} is being added, and models are added one at a "
                "time. Wait until it has ended, or cancel it; then add this one."
            )

    def start(self, out: Path, arguments: list[str], folder: Path) -> Importing:
        """Starts an import, see `Importing`.

        Args:
            out: Folder of the new model.
            arguments: Of the command.
            folder: Has the files that were uploaded.

        Raises:
            ImportRequestError: If something is being imported.
        """
        with self._starting:
            self.require_free()
            self._last = Importing(out, arguments, folder)
            return self._last


def open_imports() -> Imports:
    """The imports with the current settings, the same object each time.

    Raises:
        SettingsError: If a setting has an invalid value.
    """
    return _of(read_settings())


@lru_cache(maxsize=8)
def _of(settings: Settings) -> Imports:
    return Imports()
