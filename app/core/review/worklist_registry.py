"""The open worklists of the process: each is opened once, for all sessions."""

from __future__ import annotations

from functools import lru_cache

from app.core.bundles.bundle import Bundle
from app.core.errors import OverreadError
from app.core.record.database import Database
from app.core.record.opening import open_record
from app.core.record.worklist import Worklist
from app.core.record.worklists import worklist
from app.core.review.installed_models import InstalledModels, installed_models
from app.core.review.lru_cache import LruCache
from app.core.review.open_worklist import OpenWorklist
from app.core.review.places import FolderPlace, Place, SamplesPlace, UploadsPlace
from app.core.settings import Settings, read_settings

# Beyond this number, those used longest ago are forgotten; opened again, they know all results.
_MOST = 64


class WorklistModelError(OverreadError):
    """The model of a worklist is gone, or is another one by now."""


class OpenWorklists:
    """The worklists of one record that are open. Thread-safe."""

    def __init__(self, settings: Settings, models: InstalledModels) -> None:
        """Opens nothing yet.

        Args:
            settings: Where the record, films and uploads are.
            models: The installed models.
        """
        self._settings = settings
        self._models = models
        self._database: LruCache[str, Database] = LruCache(1)
        self._opened: LruCache[str, OpenWorklist] = LruCache(_MOST)

    @property
    def record(self) -> Database:
        """The record, with one connection pool for all.

        Raises:
            RecordError: If it cannot be opened; it is tried again the next time.
        """
        url = self._settings.database_url
        return self._database.get(url, lambda: open_record(url))

    def get(self, worklist_id: str) -> OpenWorklist:
        """A worklist; opened if it is not, with its results on the way.

        Args:
            worklist_id: Part of its address.

        Raises:
            RecordError: If there is none, or the record cannot be read.
            WorklistModelError: If its model is gone, or was changed.
        """
        return self._opened.get(worklist_id, lambda: self._open(worklist_id))

    def peek(self, worklist_id: str) -> OpenWorklist | None:
        """A worklist if it is open; it is not opened for this.

        Args:
            worklist_id: Part of its address.
        """
        return self._opened.find(worklist_id)

    def close_all(self) -> None:
        """Stops all scoring; what is done is kept."""
        opened = self._opened.values()
        for one in opened:
            one.cancel()
        for one in opened:
            one.wait_until_scored()

    def _open(self, worklist_id: str) -> OpenWorklist:
        found = worklist(self.record, worklist_id)
        bundle = self._models.find(found.bundle_sha256, name=found.model)
        if bundle is None:
            raise WorklistModelError(_model_gone(found))
        opened = OpenWorklist(
            self.record,
            found,
            bundle=bundle,
            models=self._models,
            place=self._place(found, bundle),
        )
        opened.start()
        return opened

    def _place(self, found: Worklist, bundle: Bundle) -> Place:
        if found.origin == "samples":
            return SamplesPlace(bundle)
        if found.origin == "uploads":
            return UploadsPlace(self._settings.uploads / found.id)
        return FolderPlace(self._settings.data_root, found.place)


def open_worklists() -> OpenWorklists:
    """The open worklists of the current settings, the same object each time.

    Raises:
        SettingsError: If a setting has an invalid value.
    """
    return _of(read_settings())


@lru_cache(maxsize=8)
def _of(settings: Settings) -> OpenWorklists:
    return OpenWorklists(settings, installed_models())


def _model_gone(found: Worklist) -> str:
    return (
        f"The model of this worklist is gone or was changed: expected {found.model!r} with the "
        f"digest {found.bundle_sha256[:12]} in the folder of models (OVERREAD_MODELS). What was "
        "decided is kept and can be downloaded. Put the model back to go on, or make a copy of the "
        "worklist with another model."
    )
