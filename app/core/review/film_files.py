"""Which films of a worklist are there as they were: their names, identity and files."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from threading import Lock

from app.core.errors import CHANGED
from app.core.record.database import Database
from app.core.record.problems import RecordError
from app.core.record.worklist_items import Item, Stamp, items, set_image_ids
from app.core.review.places import Place
from app.core.scoring.result import Result
from app.core.sources.source import Source

GONE = "gone"
_GONE = (
    "The file is no longer where it was when this worklist was made. Put it back and look at the "
    "folder again; what was decided about it is kept."
)
_CHANGED = (
    "The file has another content than when it was added to this worklist, and is not judged. Put "
    "the earlier one back, or add this one under another name."
)


class FilmFiles:
    """The films of one worklist, in its order. Thread-safe.

    Attributes:
        names: Relative to the place of the worklist.
    """

    def __init__(self, record: Database, worklist_id: str, place: Place) -> None:
        """Reads the list.

        Args:
            record: Where it is.
            worklist_id: Part of the worklist's address.
            place: Where the films are.

        Raises:
            RecordError: If it cannot be read.
        """
        self._record = record
        self._worklist_id = worklist_id
        self._place = place
        self._items = items(record, worklist_id)
        self.names: Sequence[str] = [one.name for one in self._items]
        self._stamps: dict[int, Stamp | None] = {}
        self._found: list[tuple[int, str, Stamp | None]] = []
        self._lock = Lock()

    def __len__(self) -> int:
        """Number of films."""
        return len(self._items)

    def __getitem__(self, position: int) -> Item:
        """A film as the record has it."""
        return self._items[position]

    def reload(self) -> None:
        """Reads the list again, after films were added.

        Raises:
            RecordError: If it cannot be read.
        """
        with self._lock:
            listed = items(self._record, self._worklist_id)
            self._items = [*self._items, *listed[len(self._items) :]]
            self.names = [one.name for one in self._items]

    def is_unchanged(self, item: Item) -> bool | None:
        """Whether a file is as it was when it was read; None if it is gone."""
        now = self._place.stamp(item.name)
        return None if now is None else now == item.stamp

    def to_read(self, position: int) -> Source:
        """A film that is about to be read; its file is noted as it is now."""
        name = self._items[position].name
        # Before it is read: a change meanwhile is noticed the next time.
        self._stamps[position] = self._place.stamp(name)
        return self._place.source(name)

    def checked(self, position: int, result: Result) -> Result:
        """A result, unless the file is not the one that was added.

        Args:
            position: Of the film.
            result: Of its file as it is now.
        """
        item = self._items[position]
        if not item.image_id:
            return result
        if not result.image_id and result.reason_code == "not_found":
            return _without(result, item.image_id, GONE, _GONE)
        # Of a film that was refused as it is to be read, `chosen` does not tell the reading.
        readings = (result.chosen, result.source.reading)
        same = {one for reading in readings for one in reading.image_ids(item.image_id)}
        if result.image_id and result.image_id not in same:
            return _without(result, item.image_id, CHANGED, _CHANGED)
        return result

    def gone(self, position: int) -> Result:
        """The result of a film whose file is gone."""
        item = self._items[position]
        return Result(Source(item.name, None), item.image_id or "", "unreadable", GONE, _GONE)

    def found(self, position: int, image_id: str) -> None:
        """Notes the identity of a film that was read, which `save` stores.

        Args:
            position: Of the film.
            image_id: SHA-256 of the file.
        """
        stamp = self._stamps.pop(position, None)
        with self._lock:
            item = self._items[position]
            if (item.image_id, item.stamp) != (image_id, stamp):
                self._items[position] = replace(item, image_id=image_id, stamp=stamp)
                self._found.append((position, image_id, stamp))

    def save(self, *, at_least: int = 1) -> None:
        """Stores what was found; if that fails, the files are read again the next time.

        Args:
            at_least: Waits until there are so many.
        """
        with self._lock:
            if len(self._found) < at_least:
                return
            found, self._found = self._found, []
        with suppress(RecordError):
            set_image_ids(self._record, self._worklist_id, found)


def _without(result: Result, image_id: str, code: str, sentence: str) -> Result:
    return Result(result.source, image_id, "unreadable", code, sentence)


def to_be_looked_for(results: Sequence[Result | None]) -> list[int]:
    """Positions of films that were gone or changed, which may be there again by now."""
    return [
        position
        for position, one in enumerate(results)
        if one is not None and one.reason_code in (GONE, CHANGED)
    ]
