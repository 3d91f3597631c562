"""The films of worklists: their names, and their identity once they were read."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

from sqlalchemy import Select, bindparam, func, select, update

from app.core.record.database import Database
from app.core.record.entry import storable
from app.core.record.problems import RecordError
from app.core.record.schema import worklist_items, worklists
from app.core.record.worklists import no_such_worklist

_WHAT = "worklists"


@dataclass(frozen=True, slots=True)
class Stamp:
    """A file as it was when it was read; unchanged, it need not be read again.

    Attributes:
        size: In bytes.
        mtime_ns: Time of its last change, in nanoseconds.
    """

    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class NewItem:
    """A film to be added.

    Attributes:
        name: Relative to the place of the worklist.
        image_id: Identity of the film; None until it was read.
        stamp: Its file as it was then.
    """

    name: str
    image_id: str | None = None
    stamp: Stamp | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """A film of a worklist.

    Attributes:
        position: From 0, in the order of the worklist.
        name: Relative to the place of the worklist.
        image_id: Identity of the film; None until it was read.
        stamp: Its file as it was then; None until it was read.
    """

    position: int
    name: str
    image_id: str | None = None
    stamp: Stamp | None = None


def add_items(database: Database, worklist_id: str, films: Iterable[NewItem]) -> int:
    """Adds films at the end of a worklist; names that it has already are left out.

    Args:
        database: The record.
        worklist_id: Part of its address.
        films: In their order.

    Returns:
        How many were new.

    Raises:
        RecordError: If there is no such worklist, or they could not be saved; none of them is in
            it then.
    """
    columns = worklist_items.c
    of_this = columns.worklist_id == worklist_id
    with database.writing(_WHAT) as connection:
        # Holds others off who add to the same worklist.
        this = select(worklists.c.id).where(worklists.c.id == worklist_id).with_for_update()
        if connection.execute(this).one_or_none() is None:
            raise no_such_worklist()
        known = set(connection.scalars(select(columns.name).where(of_this)))
        last = connection.scalar(select(func.max(columns.position)).where(of_this))
        first = 0 if last is None else last + 1
        new: list[dict[str, str | int | None]] = []
        for film in films:
            if (name := storable(film.name)) not in known:
                known.add(name)
                new.append(
                    {
                        "worklist_id": worklist_id,
                        "position": first + len(new),
                        "name": name,
                        "image_id": film.image_id,
                        **_stored(film.stamp),
                    }
                )
        if new:
            connection.execute(worklist_items.insert(), new)
    return len(new)


def items(database: Database, worklist_id: str) -> list[Item]:
    """The films of a worklist, in its order.

    Args:
        database: The record.
        worklist_id: Part of its address.

    Raises:
        RecordError: If the record cannot be read.
    """
    with database.reading(_WHAT) as connection:
        found = connection.execute(_select(worklist_id).order_by(worklist_items.c.position))
        return [_item(*row) for row in found]


def item_at(database: Database, worklist_id: str, position: int) -> Item:
    """A film of a worklist.

    Args:
        database: The record.
        worklist_id: Part of its address.
        position: From 0, in the order of the worklist.

    Raises:
        RecordError: If there is none, or the record cannot be read.
    """
    query = _select(worklist_id).where(worklist_items.c.position == position)
    with database.reading(_WHAT) as connection:
        row = connection.execute(query).one_or_none()
    if row is None:
        raise RecordError(f"The worklist has no film {position + 1:,}.")
    return _item(*row)


def server_paths(database: Database, image_ids: Collection[str]) -> dict[str, list[str]]:
    """Where films lay that were reviewed in server folders.

    Args:
        database: The record.
        image_ids: Identities of films.

    Returns:
        Their paths below the data root, by identity, the latest first; nothing for unknown films.

    Raises:
        RecordError: If the record cannot be read.
    """
    columns = worklist_items.c
    query = (
        select(columns.image_id, worklists.c.place, columns.name)
        .join(worklists, worklists.c.id == columns.worklist_id)
        .where(worklists.c.origin == "folder", columns.image_id.in_(image_ids))
        .order_by(worklists.c.created_at.desc())
    )
    found: dict[str, list[str]] = {}
    with database.reading(_WHAT) as connection:
        for image_id, place, name in connection.execute(query):
            found.setdefault(image_id, []).append((PurePosixPath(place) / name).as_posix())
    return found


def set_image_ids(
    database: Database, worklist_id: str, found: Iterable[tuple[int, str, Stamp | None]]
) -> None:
    """Keeps the identity of films that were read.

    Args:
        database: The record.
        worklist_id: Part of its address.
        found: Position and identity of each, and its file as it was then.

    Raises:
        RecordError: If it could not be saved.
    """
    rows = [
        {"at": position, "image_id": image_id, **_stored(stamp)}
        for position, image_id, stamp in found
    ]
    columns = worklist_items.c
    statement = update(worklist_items).where(
        columns.worklist_id == worklist_id, columns.position == bindparam("at")
    )
    if rows:
        with database.writing(_WHAT) as connection:
            connection.execute(statement, rows)


def _select(worklist_id: str) -> Select[int, str, str | None, int | None, int | None]:
    columns = worklist_items.c
    return select(
        columns.position, columns.name, columns.image_id, columns.size, columns.mtime_ns
    ).where(columns.worklist_id == worklist_id)


def _item(
    position: int, name: str, image_id: str | None, size: int | None, mtime_ns: int | None
) -> Item:
    stamp = None if size is None or mtime_ns is None else Stamp(size, mtime_ns)
    return Item(position, name, image_id, stamp)


def _stored(stamp: Stamp | None) -> dict[str, int | None]:
    return {
        "size": None if stamp is None else stamp.size,
        "mtime_ns": None if stamp is None else stamp.mtime_ns,
    }
