"""The log of the record: entries are added one after the other, and read."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sqlalchemy import Connection, Select, func, select, update

from app.core.record import times
from app.core.record.chain import sealed
from app.core.record.database import Database
from app.core.record.entry import Draft, Entry, entry_of, storable
from app.core.record.problems import NotAllowedError, RecordError
from app.core.record.schema import chain_head, entries, readers, worklist_readers, worklists

_AT_ONCE = 500


def append(database: Database, *drafts: Draft, what: str = "record") -> list[Entry]:
    """Adds entries, all or none. They are on disk when this returns.

    A draft with an `action_id` that the record has already is not added again.

    Args:
        database: The record.
        drafts: What is to be added, in this order.
        what: What it is, for an error.

    Returns:
        The entry of each draft; of one that was sent before, the entry that was added then.

    Raises:
        RecordError: If they could not be saved, or may not be (`NotAllowedError`, see `add`);
            none of them is stored then.
        ValueError: If there is no such event, or a number is not finite.
    """
    with database.writing(what) as connection:
        return add(connection, *drafts)


def add(connection: Connection, *drafts: Draft) -> list[Entry]:
    """The same within a transaction that writes and has not ended.

    Args:
        connection: Of `Database.writing`.
        drafts: What is to be added, in this order.

    Raises:
        NotAllowedError: If an `action_id` is that of something else, or the reader was removed, or
            may not read in the worklist, or it is closed.
        ValueError: If there is no such event, or a number is not finite.
    """
    number, previous = _hold(connection)
    added = []
    for draft in drafts:
        if (before := _sent_before(connection, draft)) is not None:
            added.append(before)
            continue
        _check_allowed(connection, draft)
        number += 1
        stored = sealed(draft.stored(times.now()), number=number, previous=previous)
        previous = str(stored["hash"])
        connection.execute(entries.insert(), stored)
        connection.execute(update(chain_head).values(number=number, hash=previous))
        added.append(entry_of(stored))
    return added


def sent_before(connection: Connection, draft: Draft) -> Entry | None:
    """The entry that the same action added, if it was sent before; nobody adds any meanwhile.

    Asked first by whatever would not be the same when it is done twice, such as taking back.

    Args:
        connection: Of `Database.writing`.
        draft: What is to be added.

    Raises:
        NotAllowedError: If its `action_id` is that of something else.
    """
    _hold(connection)
    return _sent_before(connection, draft)


def newest(bundle_sha256: str, events: Collection[str]) -> Select[int]:
    """A query for the number of the last entry of such events about a model, to be grouped.

    Args:
        bundle_sha256: Digest of the model.
        events: Some of `EVENTS`.
    """
    return select(func.max(entries.c.number)).where(
        entries.c.bundle_sha256 == bundle_sha256, entries.c.event.in_(events)
    )


def _hold(connection: Connection) -> tuple[int, str]:
    """Number and hash of the last entry.

    Whoever holds this row adds next; PostgreSQL lets others wait here, SQLite before.
    """
    query = select(chain_head.c.number, chain_head.c.hash).with_for_update()
    number, last = connection.execute(query).one()
    return int(number), str(last)


def _sent_before(connection: Connection, draft: Draft) -> Entry | None:
    if draft.action_id is None:
        return None
    query = select(entries).where(entries.c.action_id == draft.action_id)
    found = connection.execute(query).mappings().one_or_none()
    if found is None:
        return None
    before = entry_of(dict(found))
    if _about(before) != _about(draft):
        raise NotAllowedError(
            "This action was sent before with another film or reader, so it was not saved. Load "
            "the page again."
        )
    return before


def _check_allowed(connection: Connection, draft: Draft) -> None:
    """Asked where entries are added, so that no page that was left open goes round it."""
    if draft.reader_id is not None:
        query = select(readers.c.removed_at).where(readers.c.id == draft.reader_id)
        if connection.scalar(query) is not None:
            raise NotAllowedError(
                "This was not saved: an administrator has removed this reader. What was saved "
                "earlier is kept."
            )
    if draft.worklist_id is None:
        return
    query = select(worklists.c.closed_at).where(worklists.c.id == draft.worklist_id)
    if connection.scalar(query) is not None:
        raise NotAllowedError(
            "This was not saved: the worklist is closed. Open it again from the front page."
        )
    of_worklist = worklist_readers.c.worklist_id == draft.worklist_id
    allowed = set(connection.scalars(select(worklist_readers.c.reader_id).where(of_worklist)))
    if allowed and draft.reader_id not in allowed:
        raise NotAllowedError("This was not saved: the worklist is read by other readers.")


def _about(draft: Draft) -> tuple[str, int | None, str | None, int | None, str]:
    """Who did it, and on which film."""
    return (storable(draft.reader), draft.reader_id, draft.worklist_id, draft.item, draft.image_id)


def entry(database: Database, number: int) -> Entry:
    """The entry with a number.

    Args:
        database: The record.
        number: From 1.

    Raises:
        RecordError: If there is none, or the record cannot be read.
    """
    with database.reading() as connection:
        query = select(entries).where(entries.c.number == number)
        found = connection.execute(query).mappings().one_or_none()
    if found is None:
        raise RecordError(f"The record has no entry {number:,}; they are numbered from 1.")
    return entry_of(dict(found))


def all_entries(
    database: Database,
    *,
    after: int = 0,
    worklist_id: str | None = None,
    item: int | None = None,
) -> Iterator[Entry]:
    """Every entry in order, read as they are asked for.

    Args:
        database: The record.
        after: Number of the last entry that is not wanted.
        worklist_id: Only those of this worklist; None for all.
        item: Only those of the film at this position of the worklist; None for all.

    Raises:
        RecordError: If the record cannot be read.
    """
    query = select(entries).order_by(entries.c.number).limit(_AT_ONCE)
    if worklist_id is not None:
        query = query.where(entries.c.worklist_id == storable(worklist_id))
    if item is not None:
        query = query.where(entries.c.item == item)
    while True:
        with database.reading() as connection:
            found = connection.execute(query.where(entries.c.number > after)).mappings().all()
        yield from (entry_of(dict(row)) for row in found)
        if len(found) < _AT_ONCE:
            return
        after = found[-1]["number"]
