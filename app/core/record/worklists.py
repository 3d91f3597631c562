"""Worklists: films under one model and one reading mode, with an address that lasts."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from sqlalchemy import RowMapping, func, select, update

from app.core.record import times
from app.core.record.database import Database
from app.core.record.entry import storable
from app.core.record.problems import RecordError
from app.core.record.schema import worklist_items, worklists

Mode = Literal["open", "blind_first", "second_reader", "adjudication"]
MODES: tuple[Mode, ...] = get_args(Mode)
# Where the images are from.
Origin = Literal["folder", "uploads"]

_WHAT = "worklists"


@dataclass(frozen=True, slots=True)
class Worklist:
    """A worklist, without its films.

    Attributes:
        id: Random, and part of its address.
        name: As its maker chose it.
        origin: Where its images are from.
        place: The folder, relative to the data root; of uploads, that in the data folder.
        bundle_sha256: Digest of its model as it judges; it never changes.
        network_sha256: Digest of the bundle, without its adaptation.
        model: Name of the model's folder, to find it again.
        mode: How it is read.
        created_by: Number of the reader who made it; None if nobody is named.
        created_at: When, in UTC.
        is_closed: Whether nothing is to be read in it any more.
    """

    id: str
    name: str
    origin: Origin
    place: str
    bundle_sha256: str
    network_sha256: str
    model: str
    mode: Mode
    created_by: int | None
    created_at: datetime
    is_closed: bool


@dataclass(frozen=True, slots=True)
class Item:
    """A film of a worklist.

    Attributes:
        position: From 0, in the order of the worklist.
        name: Relative to the place of the worklist.
        image_id: Identity of the film; None until it was read.
    """

    position: int
    name: str
    image_id: str | None


def create_worklist(
    database: Database,
    *,
    name: str,
    origin: Origin,
    place: str,
    bundle_sha256: str,
    network_sha256: str,
    model: str,
    mode: Mode = "open",
    created_by: int | None = None,
) -> Worklist:
    """Makes a worklist without films.

    Args:
        database: The record.
        name: Not empty.
        origin: Where its images are from.
        place: The folder, relative to the data root; of uploads, that in the data folder.
        bundle_sha256: Digest of its model as it judges.
        network_sha256: Digest of the bundle, without its adaptation.
        model: Name of the model's folder.
        mode: How it is read.
        created_by: Number of the reader who makes it; None if nobody is named.

    Raises:
        RecordError: If it has no name, or could not be saved.
        ValueError: If there is no such mode.
    """
    name = storable(" ".join(name.split()))
    if not name:
        raise RecordError("A worklist needs a name. Write one.")
    if mode not in MODES:
        raise ValueError(f"`mode` must be one of {MODES}. Received {mode!r}.")
    values = {
        "id": secrets.token_urlsafe(16),
        "name": name,
        "origin": origin,
        "place": storable(place),
        "bundle_sha256": bundle_sha256,
        "network_sha256": network_sha256,
        "model": storable(model),
        "mode": mode,
        "created_by": created_by,
        "created_at": times.now(),
    }
    with database.writing(_WHAT) as connection:
        added = connection.execute(worklists.insert().values(values).returning(worklists))
        return _worklist(added.mappings().one())


def worklist(database: Database, worklist_id: str) -> Worklist:
    """The worklist at an address.

    Args:
        database: The record.
        worklist_id: Part of its address.

    Raises:
        RecordError: If there is none, or the record cannot be read.
    """
    with database.reading(_WHAT) as connection:
        query = select(worklists).where(worklists.c.id == storable(worklist_id))
        found = connection.execute(query).mappings().one_or_none()
    if found is None:
        raise RecordError("There is no worklist at this address. Open one from the front page.")
    return _worklist(found)


def all_worklists(database: Database) -> list[Worklist]:
    """Every worklist, the newest first, closed ones included.

    Raises:
        RecordError: If the record cannot be read.
    """
    with database.reading(_WHAT) as connection:
        query = select(worklists).order_by(worklists.c.created_at.desc(), worklists.c.id)
        return [_worklist(row) for row in connection.execute(query).mappings()]


def close_worklist(database: Database, worklist_id: str) -> None:
    """Closes a worklist; what was read in it stays.

    Args:
        database: The record.
        worklist_id: Part of its address.

    Raises:
        RecordError: If it could not be saved.
    """
    with database.writing(_WHAT) as connection:
        connection.execute(
            update(worklists)
            .where(worklists.c.id == worklist_id, worklists.c.closed_at.is_(None))
            .values(closed_at=times.now())
        )


def add_items(database: Database, worklist_id: str, names: Iterable[str]) -> int:
    """Adds films at the end of a worklist; those that it has already are left out.

    Args:
        database: The record.
        worklist_id: Part of its address.
        names: Relative to the place of the worklist, in their order.

    Returns:
        How many were new.

    Raises:
        RecordError: If they could not be saved; none of them is in it then.
    """
    of_this = worklist_items.c.worklist_id == worklist_id
    with database.writing(_WHAT) as connection:
        # Holds others off who add to the same worklist.
        connection.execute(select(worklists.c.id).where(worklists.c.id == worklist_id)
                           .with_for_update()).all()  # fmt: skip
        known = set(connection.scalars(select(worklist_items.c.name).where(of_this)))
        last = connection.scalar(select(func.max(worklist_items.c.position)).where(of_this))
        new = [name for name in dict.fromkeys(map(storable, names)) if name not in known]
        first = 0 if last is None else last + 1
        if new:
            connection.execute(
                worklist_items.insert(),
                [
                    {"worklist_id": worklist_id, "position": position, "name": name}
                    for position, name in enumerate(new, first)
                ],
            )
    return len(new)


def items(database: Database, worklist_id: str) -> list[Item]:
    """The films of a worklist, in its order.

    Args:
        database: The record.
        worklist_id: Part of its address.

    Raises:
        RecordError: If the record cannot be read.
    """
    columns = worklist_items.c
    query = (
        select(columns.position, columns.name, columns.image_id)
        .where(columns.worklist_id == worklist_id)
        .order_by(columns.position)
    )
    with database.reading(_WHAT) as connection:
        return [Item(*row) for row in connection.execute(query)]


def set_image_ids(database: Database, worklist_id: str, found: Sequence[tuple[int, str]]) -> None:
    """Keeps the identity of films that were read.

    Args:
        database: The record.
        worklist_id: Part of its address.
        found: Position and identity of each.

    Raises:
        RecordError: If it could not be saved.
    """
    columns = worklist_items.c
    with database.writing(_WHAT) as connection:
        for position, image_id in found:
            connection.execute(
                update(worklist_items)
                .where(columns.worklist_id == worklist_id, columns.position == position)
                .values(image_id=image_id)
            )


def _worklist(row: RowMapping) -> Worklist:
    names = ("id", "name", "origin", "place", "bundle_sha256", "network_sha256", "model", "mode",
             "created_by")  # fmt: skip
    return Worklist(
        **{name: row[name] for name in names},
        created_at=times.read(row["created_at"]),
        is_closed=row["closed_at"] is not None,
    )
