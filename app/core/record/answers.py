"""What was said in one worklist, by film and reader, kept in memory as the log grows."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from threading import Lock
from typing import Any

from sqlalchemy import RowMapping, select

from app.core.record import times
from app.core.record.database import Database
from app.core.record.schema import entries
from app.core.record.verdict import Verdict

_VERDICTS = ("verdict", "clear")
_MARKS = ("seen", "reported")
_COLUMNS = (
    "agreement", "comment", "created_at", "event", "number", "reader", "reader_id", "label",
    "confidence", "tags", "regions", "prediction", "reading_seconds", "idle_seconds",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answers:
    """What was said about one film.

    Attributes:
        said: In order; without what was taken back.
    """

    said: tuple[Verdict, ...] = ()

    def call(self, reader_id: int | None) -> Verdict | None:
        """What a reader said before the model was shown.

        Args:
            reader_id: Number of the reader; None if nobody is named.
        """
        return self._last(("call",), reader_id)

    def verdict(self, reader_id: int | None) -> Verdict | None:
        """The current verdict of a reader; without one of theirs, that which names nobody.

        Args:
            reader_id: Number of the reader; None if nobody is named.
        """
        found = self._last(_VERDICTS, reader_id) or self._last(_VERDICTS, None)
        return None if found is None or found.event == "clear" else found

    def mark(self, reader_id: int | None) -> Verdict | None:
        """Whether a reader has seen or reported a film without a result.

        Args:
            reader_id: Number of the reader; None if nobody is named.
        """
        return self._last(_MARKS, reader_id) or self._last(_MARKS, None)

    @property
    def adjudication(self) -> Verdict | None:
        """What decided between readers."""
        return next((one for one in reversed(self.said) if one.event == "adjudication"), None)

    @property
    def readers(self) -> tuple[int | None, ...]:
        """Numbers of those who said something, in the order in which they did first."""
        return tuple(dict.fromkeys(one.reader_id for one in self.said))

    def _last(self, events: Collection[str], reader_id: int | None) -> Verdict | None:
        for one in reversed(self.said):
            if one.reader_id == reader_id and one.event in events:
                return one
        return None


_NOTHING = Answers()


class WorklistAnswers:
    """What was said in a worklist. Safe to share between threads and sessions.

    Reading the log of 100,000 entries takes seconds, once; afterwards only what was added is read,
    by whichever process.
    """

    def __init__(self, database: Database, worklist_id: str) -> None:
        """Reads nothing yet.

        Args:
            database: The record.
            worklist_id: Part of the worklist's address.
        """
        self._database = database
        self._worklist_id = worklist_id
        self._films: dict[int, Answers] = {}
        self._last = 0
        self._lock = Lock()

    def follow(self) -> int:
        """Reads what was added since; returns the number of the last entry of the worklist.

        Raises:
            RecordError: If the record cannot be read.
        """
        with self._lock:
            for row in self._added():
                item = -1 if row["item"] is None else row["item"]
                before = self._films.get(item, _NOTHING).said
                self._films[item] = Answers(_with(before, row))
                self._last = row["number"]
            return self._last

    def on(self, item: int) -> Answers:
        """What was said of one film, as of the last `follow`.

        Args:
            item: Its position in the worklist.
        """
        return self._films.get(item, _NOTHING)

    def films(self) -> dict[int, Answers]:
        """What was said of films, by position, as of the last `follow`; the others are left out."""
        with self._lock:
            return dict(self._films)

    def _added(self) -> list[RowMapping]:
        columns = [entries.c[name] for name in (*_COLUMNS, "item", "undoes")]
        query = (
            select(*columns)
            .where(entries.c.worklist_id == self._worklist_id, entries.c.number > self._last)
            .order_by(entries.c.number)
        )
        with self._database.reading("verdicts") as connection:
            return list(connection.execute(query).mappings())


def _verdict_of(row: RowMapping) -> Verdict:
    """A verdict from what is stored of it, by column."""
    values: dict[str, Any] = {name: row[name] for name in _COLUMNS}
    return Verdict(
        **values
        | {
            "comment": row["comment"] or "",
            "created_at": times.read(row["created_at"]),
            "tags": _list(row["tags"]),
            "regions": _list(row["regions"]),
        }
    )


def _with(said: tuple[Verdict, ...], row: RowMapping) -> tuple[Verdict, ...]:
    if row["event"] == "undo":
        return tuple(one for one in said if one.number != row["undoes"])
    return (*said, _verdict_of(row))


def _list(text: str | None) -> tuple[Any, ...]:
    return () if text is None else tuple(json.loads(text))
