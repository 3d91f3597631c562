"""Stores on disk what a bundle computed for an image, keyed by the digests of both.

Films themselves are not stored, only their SHA-256, results and small evidence maps. Entries
computed by another pipeline version are treated as missing.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.core.images.preparation import PIPELINE_VERSION
from app.core.results.store_file import StoreFile

_BYTES = "length(facts) + length(map) + 300"  # 300: digests (stored twice) and SQLite overhead
# Fraction of the limit that remains after eviction, so that not every film evicts again.
_LEFT = 0.9


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
        self._max_bytes = max_bytes
        self._pipeline = pipeline
        self._file = StoreFile(path)
        with self._file.connected("opened") as connection:
            self._bytes = _counted_bytes(connection)

    def close(self) -> None:
        """Closes the file."""
        self._file.close()

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
        with self._file.connected("read") as connection:
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
        with self._file.connected("read") as connection:
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
        with self._file.transaction() as connection:
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
            self._evict(connection)

    def _page(self, bundle_sha256: str, what: str, *, after: int) -> list[tuple[int, str]]:
        with self._file.connected("read") as connection:
            return connection.execute(
                "SELECT number, image_id FROM kept WHERE bundle_sha256 = ? AND what = ? "
                "AND pipeline = ? AND number > ? ORDER BY number LIMIT 10000",
                (bundle_sha256, what, self._pipeline, after),
            ).fetchall()

    def _evict(self, connection: sqlite3.Connection) -> None:
        """Deletes the oldest entries if the size limit is exceeded."""
        if self._max_bytes is None or self._bytes <= self._max_bytes:
            return
        # Other processes also add entries, which are only counted here.
        self._bytes = _counted_bytes(connection)
        too_many = self._bytes - int(_LEFT * self._max_bytes)
        if self._bytes <= self._max_bytes:
            return
        last = connection.execute(
            f"SELECT number FROM (SELECT number, sum({_BYTES}) OVER (ORDER BY number) AS total "
            "FROM kept) WHERE total >= ? ORDER BY number LIMIT 1",
            (too_many,),
        ).fetchone()
        connection.execute("DELETE FROM kept WHERE number <= ?", last)
        self._bytes = _counted_bytes(connection)

    def _count(self, condition: str) -> int:
        query = f"SELECT count(*) FROM kept WHERE {condition}"
        return int(self._fetch(query, (self._pipeline,))[0])

    def _fetch(self, query: str, values: tuple[str | int, ...]) -> Any:
        with self._file.connected("read") as connection:
            return connection.execute(query, values).fetchone()


def _counted_bytes(connection: sqlite3.Connection) -> int:
    query = f"SELECT coalesce(sum({_BYTES}), 0) FROM kept"
    return int(connection.execute(query).fetchone()[0])


def _row(bundle_sha256: str, entry: Entry) -> tuple[str, str, str, str, int, int, bytes]:
    facts = json.dumps(entry.facts)
    if entry.map is None:
        return entry.image_id, bundle_sha256, entry.what, facts, 0, 0, b""
    rows, columns = entry.map.shape
    content = np.ascontiguousarray(entry.map, np.float32).tobytes()
    return entry.image_id, bundle_sha256, entry.what, facts, rows, columns, content
