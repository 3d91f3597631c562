"""Stores on disk what a bundle computed for an image, keyed by the digests of both.

Films themselves are not stored, only their SHA-256, results and small evidence maps. Entries
computed by another pipeline version are treated as missing.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.core.errors import OverreadError
from app.core.images.preparation import PIPELINE_VERSION

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
_BYTES = "length(facts) + length(map) + 300"  # 300: digests (stored twice) and SQLite overhead
_WAIT_SECONDS = 10.0
# Fraction of the limit that remains after eviction, so that not every film evicts again.
_LEFT = 0.9


class ResultStoreError(OverreadError):
    """Results that cannot be stored or read."""


class LostResultsError(ResultStoreError):
    """Results that are lost for good: the file is damaged or has an incompatible version."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One item computed for an image.

    Attributes:
        image_id: SHA-256 of the file.
        what: Name of the item, such as `result`.
        facts: JSON-serialisable content.
        map: float32 `(rows, columns)`, or None.
    """

    image_id: str
    what: str
    facts: dict[str, Any]
    map: NDArray[np.float32] | None = None


class ResultStore:
    """An SQLite file of entries. Safe to share between threads and processes."""

    def __init__(
        self, path: Path, *, max_bytes: int | None = None, pipeline: int = PIPELINE_VERSION
    ) -> None:
        """Opens or creates the file.

        Args:
            path: The file; its folder is created.
            max_bytes: Size limit of the entries in bytes, beyond which the oldest are deleted; None
                for no limit.
            pipeline: Current pipeline version; entries of other versions are not returned.

        Raises:
            LostResultsError: If the file is damaged or has an incompatible version.
            ResultStoreError: If it cannot be opened.
        """
        self._path = path
        self._max_bytes = max_bytes
        self._pipeline = pipeline
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
            self._bytes = self._counted_bytes()
        except (OSError, sqlite3.Error) as error:
            raise self._error("opened", error) from None

    def close(self) -> None:
        """Closes the file."""
        with self._lock:
            self._connection.close()

    def __len__(self) -> int:
        """Number of entries of the current pipeline version."""
        return self._count("pipeline = ?")

    @property
    def num_outdated(self) -> int:
        """Number of entries of other pipeline versions.

        Raises:
            ResultStoreError: If the file cannot be read.
        """
        return self._count("pipeline <> ?")

    def get(self, image_id: str, bundle_sha256: str, what: str) -> Entry | None:
        """An entry; None if it does not exist.

        Args:
            image_id: SHA-256 of the film.
            bundle_sha256: Digest of the bundle that computed it.
            what: Name of the item, such as `result`.

        Raises:
            ResultStoreError: If the file cannot be read.
        """
        row = self._fetch(
            "SELECT facts, rows, columns, map FROM kept "
            "WHERE image_id = ? AND bundle_sha256 = ? AND what = ? AND pipeline = ?",
            (image_id, bundle_sha256, what, self._pipeline),
        )
        if row is None:
            return None
        facts, rows, columns, content = row
        found = np.frombuffer(content, np.float32).reshape(rows, columns) if rows else None
        return Entry(image_id, what, json.loads(facts), found)

    def facts(
        self, image_ids: Sequence[str], bundle_sha256: str, what: str
    ) -> dict[str, dict[str, Any]]:
        """The facts of several entries, without their maps, by image; those that exist.

        Args:
            image_ids: SHA-256 of the films, a few hundred at most.
            bundle_sha256: Digest of the bundle that computed them.
            what: Name of the item, such as `result`.

        Raises:
            ResultStoreError: If the file cannot be read.
        """
        marks = ",".join("?" * len(image_ids))
        with self._connected("read") as connection:
            rows = connection.execute(
                f"SELECT image_id, facts FROM kept WHERE image_id IN ({marks}) "
                "AND bundle_sha256 = ? AND what = ? AND pipeline = ?",
                (*image_ids, bundle_sha256, what, self._pipeline),
            ).fetchall()
        return {image_id: json.loads(facts) for image_id, facts in rows}

    def image_ids(self, bundle_sha256: str, what: str) -> Iterator[str]:
        """SHA-256 of every image with an entry, fetched page by page.

        Args:
            bundle_sha256: Digest of the bundle.
            what: Name of the item, such as `result`.

        Raises:
            ResultStoreError: If the file cannot be read.
        """
        number = 0
        while page := self._page(bundle_sha256, what, after=number):
            for number, image_id in page:  # noqa: B007
                yield image_id

    def bundles(self) -> set[str]:
        """SHA-256 of every bundle with entries.

        Raises:
            ResultStoreError: If the file cannot be read.
        """
        with self._connected("read") as connection:
            rows = connection.execute(
                "SELECT DISTINCT bundle_sha256 FROM kept WHERE pipeline = ?", (self._pipeline,)
            )
            return {sha256 for (sha256,) in rows}

    def add(self, bundle_sha256: str, entries: Sequence[Entry]) -> None:
        """Adds entries, all or none. Existing entries are kept unless they are of another version.

        Args:
            bundle_sha256: Digest of the bundle that computed them.
            entries: The entries to add.

        Raises:
            ResultStoreError: If they cannot be written.
        """
        rows = [(*_row(bundle_sha256, entry), self._pipeline) for entry in entries]
        with self._connected("written") as connection, _transaction(connection):
            for row in rows:
                connection.execute(
                    "DELETE FROM kept WHERE image_id = ? AND bundle_sha256 = ? "
                    "AND what = ? AND pipeline <> ?",
                    (*row[:3], self._pipeline),
                )
                inserted = connection.execute(
                    "INSERT OR IGNORE INTO kept "
                    "(image_id, bundle_sha256, what, facts, rows, columns, map, pipeline) "
                    "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    row,
                )
                if inserted.rowcount:
                    self._bytes += len(row[3]) + len(row[6]) + 300
            self._evict()

    def _page(self, bundle_sha256: str, what: str, *, after: int) -> list[tuple[int, str]]:
        with self._connected("read") as connection:
            return connection.execute(
                "SELECT number, image_id FROM kept WHERE bundle_sha256 = ? AND what = ? "
                "AND pipeline = ? AND number > ? ORDER BY number LIMIT 10000",
                (bundle_sha256, what, self._pipeline, after),
            ).fetchall()

    def _evict(self) -> None:
        """Deletes the oldest entries if the size limit is exceeded."""
        if self._max_bytes is None or self._bytes <= self._max_bytes:
            return
        # Other processes also add entries, which are only counted here.
        self._bytes = self._counted_bytes()
        too_many = self._bytes - int(_LEFT * self._max_bytes)
        if self._bytes <= self._max_bytes:
            return
        last = self._connection.execute(
            f"SELECT number FROM (SELECT number, sum({_BYTES}) OVER (ORDER BY number) AS total "
            "FROM kept) WHERE total >= ? ORDER BY number LIMIT 1",
            (too_many,),
        ).fetchone()
        self._connection.execute("DELETE FROM kept WHERE number <= ?", last)
        self._bytes = self._counted_bytes()

    def _counted_bytes(self) -> int:
        query = f"SELECT coalesce(sum({_BYTES}), 0) FROM kept"
        return int(self._connection.execute(query).fetchone()[0])

    def _count(self, condition: str) -> int:
        query = f"SELECT count(*) FROM kept WHERE {condition}"
        return int(self._fetch(query, (self._pipeline,))[0])

    def _fetch(self, query: str, values: tuple[str | int, ...]) -> Any:
        with self._connected("read") as connection:
            return connection.execute(query, values).fetchone()

    @contextlib.contextmanager
    def _connected(self, verb: str) -> Iterator[sqlite3.Connection]:
        """The connection, for one thread at a time; `verb` names what failed in the message."""
        with self._lock:
            try:
                yield self._connection
            except sqlite3.Error as error:
                raise self._error(verb, error) from None

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


def _row(bundle_sha256: str, entry: Entry) -> tuple[str, str, str, str, int, int, bytes]:
    facts = json.dumps(entry.facts)
    if entry.map is None:
        return entry.image_id, bundle_sha256, entry.what, facts, 0, 0, b""
    rows, columns = entry.map.shape
    content = np.ascontiguousarray(entry.map, np.float32).tobytes()
    return entry.image_id, bundle_sha256, entry.what, facts, rows, columns, content


@contextlib.contextmanager
def _transaction(connection: sqlite3.Connection) -> Any:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        # On a full disk SQLite has rolled back by itself; rolling back again would hide that error.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
