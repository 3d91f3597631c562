"""The readers whom the record knows."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from itertools import chain, count
from typing import Literal, get_args

from sqlalchemy import ColumnElement, Connection, RowMapping, select, update

from app.core.record import times
from app.core.record.database import Database
from app.core.record.entry import storable
from app.core.record.problems import RecordError
from app.core.record.schema import readers

# An adjudicator also decides where readers differ, an administrator also says who may do what.
Role = Literal["reader", "adjudicator", "administrator"]
ROLES: tuple[Role, ...] = get_args(Role)

_WHAT = "readers"


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


def reader_of(database: Database, reader_id: int) -> Reader | None:
    """A reader as the record has them by now; None if it has no such number.

    Args:
        database: The record.
        reader_id: Number of the reader.

    Raises:
        RecordError: If the record cannot be read.
    """
    with database.reading(_WHAT) as connection:
        return _one(connection, readers.c.id == reader_id)


def find_reader(database: Database, name: str) -> Reader | None:
    """The reader of a name that was chosen; None if the record knows none, or it signs in.

    Args:
        database: The record.
        name: As chosen.

    Raises:
        RecordError: If the record cannot be read.
    """
    with database.reading(_WHAT) as connection:
        found = _one(connection, readers.c.name == _clean(name))
    return found if found is not None and found.subject is None else None


def known_reader(
    database: Database, name: str, *, subject: str | None = None, email: str = ""
) -> Reader:
    """The reader of this sign-in, or else of this name, who is added if the record knows none.

    A sign-in whose name another reader has is told apart by its e-mail address or a number.

    Args:
        database: The record.
        name: As chosen, or as the sign-in states it.
        subject: Issuer and subject of the sign-in; None without one.
        email: Address of the sign-in; empty without one.

    Raises:
        RecordError: If the name is empty, or was chosen and belongs to somebody who signs in, or
            the record fails.
    """
    name = _clean(name)
    if not name:
        raise RecordError("A reader needs a name. Write one.")
    condition = readers.c.name == name if subject is None else readers.c.subject == subject
    with database.reading(_WHAT) as connection:
        found = _one(connection, condition)
    if found is None:
        with database.writing(_WHAT) as connection:
            if not database.is_sqlite:  # so that no other adds the same name meanwhile
                connection.exec_driver_sql("LOCK TABLE readers IN SHARE ROW EXCLUSIVE MODE")
            found = _one(connection, condition) or _add(connection, name, subject, email)
    if found.subject != subject:
        raise RecordError(
            f"The name {name!r} belongs to another reader, who signs in. Choose another name."
        )
    return found


def all_readers(database: Database) -> list[Reader]:
    """Every reader, those removed included, by name.

    Raises:
        RecordError: If the record cannot be read.
    """
    with database.reading(_WHAT) as connection:
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
    _change(database, reader_id, removed_at=times.now())


def restore_reader(database: Database, reader_id: int) -> None:
    """Lets a reader who was removed read again.

    Args:
        database: The record.
        reader_id: Number of the reader.

    Raises:
        RecordError: If it could not be saved.
    """
    _change(database, reader_id, removed_at=None)


def set_role(database: Database, reader_id: int, role: Role) -> None:
    """Says what a reader may do from now on.

    Args:
        database: The record.
        reader_id: Number of the reader.
        role: One of `ROLES`.

    Raises:
        RecordError: If it could not be saved.
        ValueError: If there is no such role.
    """
    if role not in ROLES:
        raise ValueError(f"`role` must be one of {ROLES}. Received {role!r}.")
    _change(database, reader_id, role=role)


def _change(database: Database, reader_id: int, **values: str | None) -> None:
    with database.writing(_WHAT) as connection:
        connection.execute(update(readers).where(readers.c.id == reader_id).values(values))


def _clean(name: str) -> str:
    return storable(" ".join(name.split()))


def _one(connection: Connection, condition: ColumnElement[bool]) -> Reader | None:
    row = connection.execute(select(readers).where(condition)).mappings().one_or_none()
    return None if row is None else _reader(row)


def _add(connection: Connection, name: str, subject: str | None, email: str) -> Reader:
    if subject is not None:
        name = _told_apart(name, _clean(email), set(connection.scalars(select(readers.c.name))))
    values = {"name": name, "subject": subject, "created_at": times.now()}
    added = connection.execute(readers.insert().values(values).returning(readers))
    return _reader(added.mappings().one())


def _told_apart(name: str, email: str, taken: Collection[str]) -> str:
    """A name that nobody else has."""
    numbered = (f"{name} ({number})" for number in count(2))
    choices = chain([name], [f"{name} ({email})"] if email else [], numbered)
    return next(one for one in choices if one not in taken)


def _reader(row: RowMapping) -> Reader:
    return Reader(row["id"], row["name"], row["subject"], row["removed_at"] is not None,
                  row["role"])  # fmt: skip
