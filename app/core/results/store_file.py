"""The SQLite file of a store of results: opened, shared, and described when it fails."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from threading import Lock

from app.core.errors import OverreadError

_VERSION = 1
_SCHEMA = """
CREATE TABLE IF NOT EXISTS kept (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    image_id TEXT NOT NULL,
    bundle_sha256 TEXT NOT NULL,
    what TEXT NOT NULL,
    facts TEXT NOT NULL,
    rows INTEGER NOT NULL,
    columns INTEGER NOT NULL,
    map BLOB NOT NULL,
    pipeline INTEGER NOT NULL DEFAULT 0,
    UNIQUE (image_id, bundle_sha256, what)
)
"""
# Older files lack this column; their entries count as version 0.
_ADD_PIPELINE = "ALTER TABLE kept ADD COLUMN pipeline INTEGER NOT NULL DEFAULT 0"
_WAIT_SECONDS = 10.0


class ResultStoreError(OverreadError):
    """Results that cannot be stored or read."""


class LostResultsError(ResultStoreError):
    """Results that are lost for good: the file is damaged or has an incompatible version."""


class StoreFile:
    """One file, with its connection. Safe to share between threads and processes."""

    def __init__(self, path: Path) -> None:
        """Opens or creates the file.

        Args:
            path: The file; its folder is created.

        Raises:
            LostResultsError: If the file is damaged or has an incompatible version.
            ResultStoreError: If it cannot be opened.
        """
        self._path = path
        self._lock = Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(
                path, timeout=_WAIT_SECONDS, check_same_thread=False, isolation_level=None
            )
            # A killed process loses nothing; a power failure may lose the last seconds.
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = NORMAL")
            self._require_version()
            self._connection.execute(_SCHEMA)
            self._add_pipeline()
        except (OSError, sqlite3.Error) as error:
            raise self._error("opened", error) from None

    def close(self) -> None:
        """Closes the file."""
        with self._lock:
            self._connection.close()

    @contextlib.contextmanager
    def connected(self, verb: str) -> Iterator[sqlite3.Connection]:
        """The connection, for one thread at a time.

        Args:
            verb: What is done with the file, for the message: `read` or `written`.

        Raises:
            ResultStoreError: If that fails.
        """
        with self._lock:
            try:
                yield self._connection
            except sqlite3.Error as error:
                raise self._error(verb, error) from None

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """The connection, for changes of which all are kept, or none.

        Raises:
            ResultStoreError: If they cannot be written.
        """
        with self.connected("written") as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                # On a full disk SQLite has rolled back by itself; rolling back again would hide
                # that error.
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def _require_version(self) -> None:
        found = self._connection.execute("PRAGMA user_version").fetchone()[0]
        if found not in (0, _VERSION):
            raise LostResultsError(
                f"The results in {self._path.name!r} have format version {found}; this version of "
                f"Overread reads {_VERSION}. Delete the file, or use the version that wrote it."
            )
        self._connection.execute(f"PRAGMA user_version = {_VERSION}")

    def _add_pipeline(self) -> None:
        columns = {row[1] for row in self._connection.execute("PRAGMA table_info(kept)")}
        if "pipeline" not in columns:
            try:
                self._connection.execute(_ADD_PIPELINE)
            except sqlite3.OperationalError as error:
                # Another process may have added it at the same time.
                if "duplicate column" not in str(error):
                    raise

    def _error(self, verb: str, error: Exception) -> ResultStoreError:
        # Distinguishes a damaged file from one that is locked, unreadable or on a full disk.
        is_damaged = type(error) is sqlite3.DatabaseError
        return (LostResultsError if is_damaged else ResultStoreError)(
            f"The results in {self._path.name!r} could not be {verb} ({error}). Check free disk "
            "space and permissions; results stored earlier are kept. If the file is damaged, "
            "delete it."
        )


def delete(path: Path) -> None:
    """Deletes a store's file, including the auxiliary files of SQLite."""
    for ending in ("", "-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)
