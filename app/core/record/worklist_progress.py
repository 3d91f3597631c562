"""How far worklists are read, for a list of them: counted by the database, none is opened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select

from app.core.record import times
from app.core.record.database import Database
from app.core.record.schema import entries, worklist_items

# The last of these about a film says whether it is read; `clear` says that it is not.
_READ = ("verdict", "clear", "adjudication", "seen", "reported")


@dataclass(frozen=True, slots=True)
class ReadSoFar:
    """How far a worklist is read.

    Attributes:
        films: Films in it.
        read: Those that the reader has read.
        last: When the reader last read one of them, in UTC; None if never.
    """

    films: int = 0
    read: int = 0
    last: datetime | None = None


NOTHING = ReadSoFar()


def read_so_far(database: Database, reader_id: int | None) -> Mapping[str, ReadSoFar]:
    """How far one reader has read each worklist, by its id; those without films are left out.

    Args:
        database: The record.
        reader_id: Number of the reader; None where nobody is named. What names nobody counts for
            everybody.

    Raises:
        RecordError: If the record cannot be read.
    """
    own = or_(entries.c.reader_id == reader_id, entries.c.reader_id.is_(None))
    undone = select(entries.c.undoes).where(entries.c.undoes.is_not(None))
    last = (
        select(func.max(entries.c.number))
        .where(entries.c.worklist_id.is_not(None), entries.c.event.in_(_READ), own)
        .where(entries.c.number.not_in(undone))
        .group_by(entries.c.worklist_id, entries.c.item)
    )
    read = (
        select(entries.c.worklist_id, func.count(), func.max(entries.c.created_at))
        .where(entries.c.number.in_(last), entries.c.event != "clear")
        .group_by(entries.c.worklist_id)
    )
    films = select(worklist_items.c.worklist_id, func.count()).group_by(
        worklist_items.c.worklist_id
    )
    with database.reading("worklists") as connection:
        done = {name: (count, at) for name, count, at in connection.execute(read)}
        found = list(connection.execute(films))
    return {
        name: ReadSoFar(
            count,
            done[name][0] if name in done else 0,
            times.read(done[name][1]) if name in done else None,
        )
        for name, count in found
    }
