"""The one database of the record: SQLite in a file, or PostgreSQL, by its URL."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from app.core.record.problems import RecordError, readable_errors

# How long is waited for another program before an error says so.
_LOCK_SECONDS = 5
_CONNECT_SECONDS = 5
_BEGIN = "overread_begin"


class Database:
    """An open database. Safe to share between threads and sessions."""

    def __init__(self, url: str, *, lock_seconds: float = _LOCK_SECONDS) -> None:
        """Connects when first used; the folder of a file is created.

        Args:
            url: For SQLAlchemy, of SQLite or PostgreSQL.
            lock_seconds: How long to wait for another program that is writing.

        Raises:
            RecordError: If the URL is none, or its driver is not installed.
        """
        self._lock_seconds = lock_seconds
        try:
            self.is_sqlite = make_url(url).get_backend_name() == "sqlite"
            self.engine = self._sqlite(url) if self.is_sqlite else self._postgresql(url)
        except ArgumentError:
            raise RecordError(
                "The URL of the record's database is not valid; expected one such as "
                "postgresql://name:password@host/overread. Correct OVERREAD_DATABASE."
            ) from None
        except ModuleNotFoundError:
            raise RecordError(
                "PostgreSQL needs a package that is not installed. Install it with: "
                "pip install 'overread[postgresql]'"
            ) from None
        self._writer = self.engine.execution_options(**{_BEGIN: "BEGIN IMMEDIATE"})

    def _sqlite(self, url: str) -> Engine:
        engine = create_engine(url, connect_args={"timeout": self._lock_seconds})
        if engine.url.database:
            with readable_errors("opened"):
                Path(engine.url.database).parent.mkdir(parents=True, exist_ok=True)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine

    def _postgresql(self, url: str) -> Engine:
        # A server that was started again is noticed before a connection to it is used.
        return create_engine(
            url, pool_pre_ping=True, connect_args={"connect_timeout": _CONNECT_SECONDS}
        )

    @contextmanager
    def reading(self, what: str = "record") -> Iterator[Connection]:
        """A transaction that only reads.

        Args:
            what: What is read, for an error.

        Raises:
            RecordError: If the database cannot be read.
        """
        with readable_errors("read", what), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def writing(self, what: str = "record", action: str = "saved") -> Iterator[Connection]:
        """A transaction that writes; on disk once it is left without an error.

        On SQLite nobody else writes meanwhile.

        Args:
            what: What is written, for an error.
            action: What is done with it, for an error.

        Raises:
            RecordError: If it could not be written; nothing of it is stored then.
        """
        with readable_errors(action, what), self._writer.begin() as connection:
            if not self.is_sqlite:
                milliseconds = round(1000 * self._lock_seconds)
                connection.exec_driver_sql(f"SET LOCAL lock_timeout = {milliseconds}")
            yield connection

    def use_write_ahead_log(self) -> None:
        """Lets readers of a SQLite file read while others write, from now on.

        Raises:
            RecordError: If the file cannot be changed.
        """
        if not self.is_sqlite:
            return
        deadline = time.monotonic() + self._lock_seconds
        with readable_errors("opened"), closing(self.engine.raw_connection()) as connection:
            while True:
                try:
                    connection.cursor().execute("PRAGMA journal_mode = WAL")
                    return
                except sqlite3.OperationalError as error:  # SQLite does not wait for others here
                    is_locked = error.sqlite_errorname.startswith("SQLITE_BUSY")
                    if not is_locked or time.monotonic() > deadline:
                        raise
                    time.sleep(0.05)

    def close(self) -> None:
        """Closes its connections; SQLite then keeps all in one file."""
        self.engine.dispose()

    def __enter__(self) -> Self:
        """The database itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Closes its connections.

        Args:
            kind: Of an error, if there was one.
            error: The error.
            trace: Where it was raised.
        """
        self.close()


def _prepare_sqlite(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # transactions begin where `_begin_sqlite` says
    connection.execute("PRAGMA synchronous = FULL")  # what is confirmed outlives a power cut
    connection.execute("PRAGMA foreign_keys = ON")


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get(_BEGIN, "BEGIN"))
