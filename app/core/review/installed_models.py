"""The models of this installation and what computes with them, for all sessions of the process."""

from __future__ import annotations

import os
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from threading import Lock

from app.core.bundles.bundle import Bundle, load_bundle, network_folder
from app.core.bundles.bundle_folders import find_bundles
from app.core.errors import BundleError
from app.core.results.evidence_maps import EvidenceMaps
from app.core.results.result_cache import CachedResults, open_cache
from app.core.results.result_store import ResultStore
from app.core.review.lru_cache import LruCache
from app.core.scoring.engine import Engine
from app.core.settings import Settings, read_settings

_MOST_BUNDLES = 16
# Each holds a network in memory.
_MOST_ENGINES = 4


class InstalledModels:
    """Bundles, engines, evidence maps and results of earlier runs. Thread-safe."""

    def __init__(self, settings: Settings) -> None:
        """Loads nothing yet.

        Args:
            settings: Where models and results are, and what computes.
        """
        self._settings = settings
        self._bundles: LruCache[tuple[Path, int, int], Bundle] = LruCache(_MOST_BUNDLES)
        self._engines: LruCache[str, Engine] = LruCache(_MOST_ENGINES)
        self._maps: LruCache[str, EvidenceMaps] = LruCache(_MOST_ENGINES)
        self._store: ResultStore | None = None
        self._opening = Lock()

    def bundle(self, path: Path) -> Bundle:
        """A verified bundle; read again if any of its files changes.

        An adaptation is also read again if its bundle changes: it may be for another version then.

        Args:
            path: Its folder.

        Raises:
            BundleError: If it cannot be used.
        """
        return self._bundles.get(_state(path), lambda: load_bundle(path))

    def known_bundle(self, path: Path) -> Bundle | None:
        """A verified bundle if it need not be read again; else None.

        Args:
            path: Its folder.
        """
        return self._bundles.find(_state(path))

    def find(self, sha256: str, *, name: str) -> Bundle | None:
        """The model with a digest; None if it is gone, or was changed.

        Args:
            sha256: Digest of the model as it judges.
            name: Name of its folder, where it is looked for first.
        """
        folders = find_bundles(self._settings.models)
        for path in sorted(folders, key=lambda path: path.name != name):
            try:
                found = self.bundle(path)
            except BundleError:
                continue
            if found.sha256 == sha256:
                return found
        return None

    def engine(self, bundle: Bundle) -> Engine:
        """The compiled network of a bundle.

        Raises:
            BundleError: If it cannot be computed.
        """
        return self._engines.get(
            bundle.sha256, lambda: Engine(bundle, backend=self._settings.backend)
        )

    def has_engine(self, bundle: Bundle) -> bool:
        """Whether the engine of a bundle need not be waited for."""
        return bundle.sha256 in self._engines

    def evidence_maps(self, bundle: Bundle) -> EvidenceMaps:
        """The cache of a bundle's evidence maps.

        Raises:
            BundleError: If its network cannot be computed.
        """
        return self._maps.get(
            bundle.sha256,
            lambda: EvidenceMaps(
                bundle,
                num_logits=self.engine(bundle).backend.num_logits,
                known=lambda: self.known_results(bundle),
            ),
        )

    def known_results(self, bundle: Bundle) -> CachedResults | None:
        """Cached results of a bundle; None if there is no cache."""
        with self._opening:
            if self._store is None:  # a lock may be transient; it is tried again for the next film
                self._store = open_cache(
                    self._settings.results, max_bytes=self._settings.max_result_bytes
                )
            store = self._store
        return CachedResults(store, bundle) if store is not None else None


def installed_models() -> InstalledModels:
    """The models of the current settings, the same object each time.

    Raises:
        SettingsError: If a setting has an invalid value.
    """
    return _installed(read_settings())


@lru_cache(maxsize=8)
def _installed(settings: Settings) -> InstalledModels:
    return InstalledModels(settings)


def _state(path: Path) -> tuple[Path, int, int]:
    network = network_folder(path)
    return path, _newest_change(path), 0 if network == path else _newest_change(network)


def _newest_change(path: Path) -> int:
    """Modification time that changes with any file of the bundle."""
    # A bundle has hundreds of pictures, and every page asks: `Path.rglob` takes five times as long.
    newest = num_files = 0
    for folder, _, names in os.walk(path):
        for name in names:
            with suppress(OSError):
                newest = max(newest, os.stat(f"{folder}/{name}").st_mtime_ns)
                num_files += 1
    return newest + num_files
