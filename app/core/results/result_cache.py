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
    """A store that may be lost: a damaged file is begun anew; None where none can be kept."""
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
        self._store = store
        self._sha256 = bundle.sha256
        self._results = BundleResults(store, bundle)

    def get(self, image_id: str, source: Source) -> Result | None:
        """As `BundleResults.get`; None also where the store cannot be read."""
        try:
            return self._results.get(image_id, source)
        except ResultStoreError:
            return None

    def add(self, results: Sequence[Result]) -> None:
        """As `BundleResults.add`, if the store takes them."""
        with contextlib.suppress(ResultStoreError):
            self._results.add(results)

    def get_map(self, image_id: str, what: str) -> NDArray[np.float32] | None:
        """A map that was kept with `add_map`; None also where the store cannot be read."""
        with contextlib.suppress(ResultStoreError):
            entry = self._store.get(image_id, self._sha256, what)
            return entry.map if entry is not None else None
        return None

    def add_map(
        self, image_id: str, what: str, evidence: NDArray[np.float32], *, facts: dict[str, Any]
    ) -> None:
        """Keeps a map `(rows, columns)` of an image, if the store takes it."""
        with contextlib.suppress(ResultStoreError):
            self._store.add(self._sha256, [Entry(image_id, what, facts, evidence)])
