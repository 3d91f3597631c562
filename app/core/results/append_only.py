"""Tables of the readers' database whose rows are only ever added, never edited or deleted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import DDL, DateTime, Dialect, Engine, TypeDecorator, create_engine, event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase

from app.core.errors import OverreadError


class Utc(TypeDecorator[datetime]):
    """A time that is UTC wherever it is read or written.

    SQLite drops the zone and PostgreSQL answers in the zone of the connection.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The time in UTC, as it is stored.

        Args:
            value: With a zone.
            dialect: Of the database; not used.

        Raises:
            ValueError: If the time has no zone.
        """
        if value is not None and value.tzinfo is None:
            raise ValueError("A time of the database must have a zone. Received one without.")
        return value and value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The time in UTC; without a zone it is that already.

        Args:
            value: As the database answers.
            dialect: Of the database; not used.
        """
        if value is None or value.tzinfo is not None:
            return value and value.astimezone(UTC)
        return value.replace(tzinfo=UTC)


def forbid_changes(table: Any) -> None:
    """Lets the database itself refuse to change or delete a row; called once for each table.

    Args:
        table: The `__table__` of a mapped class.
    """
    name = table.name
    for verb in ("UPDATE", "DELETE"):
        event.listen(
            table,
            "after_create",
            DDL(  # type: ignore[no-untyped-call]
                f"CREATE TRIGGER {name}_no_{verb.lower()} BEFORE {verb} ON {name} "
                f"BEGIN SELECT RAISE(ABORT, '{name} are append-only'); END"
            ).execute_if(dialect="sqlite"),
        )


def opened(url: str, tables: type[DeclarativeBase]) -> Engine:
    """A database with its tables; it and its folder are created if necessary.

    Args:
        url: Of the database, for SQLAlchemy.
        tables: The base of the mapped classes.
    """
    engine = create_engine(url)
    if is_sqlite(engine) and engine.url.database:
        Path(engine.url.database).parent.mkdir(parents=True, exist_ok=True)
    tables.metadata.create_all(engine)
    return engine


def is_sqlite(engine: Engine) -> bool:
    """Whether it is a file of SQLite."""
    return engine.url.get_backend_name() == "sqlite"


@contextmanager
def readable_errors(kind: type[OverreadError], what: str, action: str) -> Iterator[None]:
    """Raises what the database raises in words.

    Args:
        kind: The error to raise.
        what: What is kept there, such as `verdicts`.
        action: What failed, such as `saved`.

    Raises:
        OverreadError: Of that kind, if the database fails.
    """
    try:
        yield
    except (SQLAlchemyError, OSError) as error:
        raise kind(
            f"The {what} could not be {action} ({type(error).__name__}). Check that the data "
            f"folder (OVERREAD_HOME) exists, is writable and has free space; {what} saved "
            "earlier are kept."
        ) from error
