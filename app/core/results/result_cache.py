"""Results in a store that may be lost: what cannot be kept or found is computed again."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.core.bundles.bundle import Bundle
from app.core.results.bundle_results import BundleResults
from app.core.results.result_store import (
    Entry,
    LostResultsError,
    ResultStore,
    ResultStoreError,
    delete,
)
from app.core.scoring.engine import Result
from app.core.sources.source import Source


def open_cache(path: Path, *, max_bytes: int) -> ResultStore | None:
    """A store that may be lost: a damaged file is replaced; None if none can be opened.

    Args:
        path: The file.
        max_bytes: When entries take more, the oldest are dropped.
    """
    try:
        return ResultStore(path, max_bytes=max_bytes)
    except LostResultsError:
        with contextlib.suppress(OSError, ResultStoreError):
            delete(path)
            return ResultStore(path, max_bytes=max_bytes)
    except ResultStoreError:  # such as one that another process has locked
        pass
    return None


class CachedResults:
    """The results of one bundle in a store that may be lost: what fails is computed again."""

    def __init__(self, store: ResultStore, bundle: Bundle) -> None:
        """Reads nothing yet.

        Args:
            store: Where results are kept.
            bundle: Whose results they are.
        """
        self._store = store
        self._sha256 = bundle.sha256
        self._results = BundleResults(store, bundle)

    def get(self, image_id: str, source: Source) -> Result | None:
        """The cached result of an image; None if there is none or the store cannot be read.

        Args:
            image_id: SHA-256 of the file.
            source: The source that the result is returned for.
        """
        try:
            return self._results.get(image_id, source)
        except ResultStoreError:
            return None

    def add(self, results: Sequence[Result]) -> None:
        """As `BundleResults.add`, if the store takes them."""
        with contextlib.suppress(ResultStoreError):
            self._results.add(results)

    def get_map(self, image_id: str, what: str) -> NDArray[np.float32] | None:
        """A map that was cached with `add_map`; None also if the store cannot be read.

        Args:
            image_id: SHA-256 of the film.
            what: Which map.

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
        """Caches a map of an image, if the store takes it.

        Args:
            image_id: SHA-256 of the film.
            what: Which map.
            evidence: float32 `(rows, columns)`.
            facts: What belongs to it, such as its unit, as JSON can hold it.
        """
        with contextlib.suppress(ResultStoreError):
            self._store.add(self._sha256, [Entry(image_id, what, facts, evidence)])
