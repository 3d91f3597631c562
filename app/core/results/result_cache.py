"""Cached results: whatever cannot be stored or found is computed again."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.core.bundles.bundle import Bundle
from app.core.results.bundle_results import BundleResults
from app.core.results.result_store import Entry, ResultStore
from app.core.results.store_file import LostResultsError, ResultStoreError, delete
from app.core.scoring.result import Result
from app.core.sources.source import Source


def open_cache(path: Path, *, max_bytes: int) -> ResultStore | None:
    """Opens a cache. A damaged file is replaced; None if no cache is possible.

    Args:
        path: The file.
        max_bytes: Size limit of the entries in bytes.
    """
    try:
        return ResultStore(path, max_bytes=max_bytes)
    except LostResultsError:
        with contextlib.suppress(OSError, ResultStoreError):
            delete(path)
            return ResultStore(path, max_bytes=max_bytes)
    except ResultStoreError:  # for example, locked by another process
        pass
    return None


class CachedResults:
    """The cached results of one bundle; errors of the cache are ignored."""

    def __init__(self, store: ResultStore, bundle: Bundle) -> None:
        """Reads nothing yet.

        Args:
            store: The store.
            bundle: The bundle whose results are read and added.
        """
        self._store = store
        self._sha256 = bundle.sha256
        self._results = BundleResults(store, bundle)

    def get(self, image_id: str, source: Source) -> Result | None:
        """The cached result of a file; None if there is none or the cache cannot be read.

        Args:
            image_id: SHA-256 of the file.
            source: The source that the returned result refers to.
        """
        try:
            return self._results.get(image_id, source)
        except ResultStoreError:
            return None

    def results(self, image_ids: Sequence[str]) -> dict[str, Result | None]:
        """The cached results of several files, see `BundleResults.results`.

        Args:
            image_ids: SHA-256 of the files, a few hundred at most.
        """
        try:
            return self._results.results(image_ids)
        except ResultStoreError:
            return dict.fromkeys(image_ids)

    def add(self, results: Sequence[Result]) -> None:
        """Caches results, if possible. See `BundleResults.add`."""
        with contextlib.suppress(ResultStoreError):
            self._results.add(results)

    def get_map(self, image_id: str, what: str) -> NDArray[np.float32] | None:
        """A map cached with `add_map`; None if there is none or the cache cannot be read.

        Args:
            image_id: SHA-256 of the film.
            what: Name of the map, see `Choice.name`.

        Returns:
            float32 `(rows, columns)`.
        """
        with contextlib.suppress(ResultStoreError):
            entry = self._store.get(image_id, self._sha256, what)
            return entry.map if entry is not None else None
        return None

    def add_map(
        self, image_id: str, what: str, evidence: NDArray[np.float32], *, facts: dict[str, Any]
    ) -> None:
        """Caches a map, if possible.

        Args:
            image_id: SHA-256 of the film.
            what: Name of the map, see `Choice.name`.
            evidence: float32 `(rows, columns)`.
            facts: Additional JSON-serialisable information, such as the unit.
        """
        with contextlib.suppress(ResultStoreError):
            self._store.add(self._sha256, [Entry(image_id, what, facts, evidence)])
