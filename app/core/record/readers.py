"""The readers whom the record knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from sqlalchemy import Connection, RowMapping, select, update

from app.core.record import times
from app.core.record.database import Database
from app.core.record.entry import storable
from app.core.record.problems import RecordError
from app.core.record.schema import readers

# An adjudicator also decides where readers differ, an administrator also says who may do what.
Role = Literal["reader", "adjudicator", "administrator"]
ROLES: tuple[Role, ...] = get_args(Role)


@dataclass(frozen=True, slots=True)
class Reader:
    """A reader.

    Attributes:
        id: Number in the record.
        name: As chosen, or as the sign-in states it.
        subject: Issuer and subject of the sign-in; None of a name that was chosen.
        is_removed: Whether the reader may read no more; entries keep the name.
        role: What the reader may do.
    """

    id: int
    name: str
    subject: str | None
    is_removed: bool
    role: Role = "reader"


def known_reader(database: Database, name: str, *, subject: str | None = None) -> Reader:
    """The reader of this sign-in, or else of this name, who is added if the record knows none.

    Args:
        database: The record.
        name: As chosen, or as the sign-in states it.
        subject: Issuer and subject of the sign-in; None without one.

    Raises:
        RecordError: If the name is empty or belongs to another sign-in, or the record fails.
    """
    name = storable(" ".join(name.split()))
    if not name:
        raise RecordError("A reader needs a name. Write one.")
    with database.reading("readers") as connection:
        found = _find(connection, name, subject)
    if found is None:
        with database.writing("readers") as connection:
            found = _find(connection, name, subject) or _add(connection, name, subject)
    if found.subject != subject:
        raise RecordError(
            f"The name {name!r} belongs to another reader, who signs in in another way. Choose "
            "another name."
        )
    return found


def all_readers(database: Database) -> list[Reader]:
    """Every reader, those removed included, by name.

    Raises:
        RecordError: If the record cannot be read.
    """
    with database.reading("readers") as connection:
        query = select(readers).order_by(readers.c.name)
        return [_reader(row) for row in connection.execute(query).mappings()]


def remove_reader(database: Database, reader_id: int) -> None:
    """Marks a reader as removed. What the reader said stays in the record.

    Args:
        database: The record.
        reader_id: Number of the reader.

    Raises:
        RecordError: If it could not be saved.
    """
    with database.writing("readers") as connection:
        connection.execute(
            update(readers)
            .where(readers.c.id == reader_id, readers.c.removed_at.is_(None))
            .values(removed_at=times.now())
        )


def _find(connection: Connection, name: str, subject: str | None) -> Reader | None:
    by_subject = None if subject is None else readers.c.subject == subject
    for condition in (by_subject, readers.c.name == name):
        if condition is None:
            continue
        row = connection.execute(select(readers).where(condition)).mappings().one_or_none()
        if row is not None:
            return _reader(row)
    return None


def _add(connection: Connection, name: str, subject: str | None) -> Reader:
    values = {"name": name, "subject": subject, "created_at": times.now()}
    added = connection.execute(readers.insert().values(values).returning(readers))
    return _reader(added.mappings().one())


def _reader(row: RowMapping) -> Reader:
    return Reader(row["id"], row["name"], row["subject"], row["removed_at"] is not None,
                  row["role"])  # fmt: skip
