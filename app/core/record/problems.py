"""What can go wrong with the record's database, in words."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from app.core.errors import OverreadError

_AGAIN = "try again in a moment"
_LOCKED = (f"another program holds its database; {_AGAIN}", {"SQLITE_BUSY", "SQLITE_LOCKED"})
_READ_ONLY = ("its database may only be read; make it writable", {"SQLITE_READONLY"})
_FULL = ("the disk of its database is full or fails; make room", {"SQLITE_FULL", "SQLITE_IOERR"})
_DAMAGED = (
    "its database is damaged; restore it from a copy",
    {"SQLITE_CORRUPT", "SQLITE_NOTADB"},
)
_AWAY = f"its database does not answer; check that its server runs, and {_AGAIN}"
# By the code of SQLite without what qualifies it, and by the state of PostgreSQL.
_REASONS = {code: text for text, codes in (_LOCKED, _READ_ONLY, _FULL, _DAMAGED) for code in codes}
_REASONS |= {
    "55P03": _LOCKED[0],
    "57014": _LOCKED[0],
    "25006": _READ_ONLY[0],
    "42501": _READ_ONLY[0],
    "53100": _FULL[0],
    "57P01": _AWAY,
    "57P02": _AWAY,
    "57P03": _AWAY,
}
_CHECK = (
    "check that the data folder (OVERREAD_HOME) exists, is writable and has free space, or the "
    "database (OVERREAD_DATABASE) answers"
)


class RecordError(OverreadError):
    """The record cannot be opened, read or written."""


class NotAllowedError(RecordError):
    """The record is well, but this cannot be added to it, now or by this reader."""


@contextmanager
def readable_errors(action: str, what: str = "record") -> Iterator[None]:
    """Raises what a database raises in words that name no file and no password.

    Args:
        action: What failed, such as `saved`.
        what: What was to be read or written; a plural other than the record.

    Raises:
        RecordError: If the database or its folder fails.
    """
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error, OSError) as error:
        kept = "What was saved earlier is kept" + (
            ", and nothing was added." if action == "saved" else "."
        )
        raise RecordError(
            f"The {what} could not be {action}: {_reason(error)} ({_kind(error)}). {kept}"
        ) from error


def _cause(error: Exception) -> BaseException:
    """The error that the driver raised."""
    return error.orig if isinstance(error, DBAPIError) and error.orig is not None else error


def _kind(error: Exception) -> str:
    """The name of that error; its text may hold what was to be saved."""
    return type(_cause(error)).__name__


def _reason(error: Exception) -> str:
    cause = _cause(error)
    if (state := getattr(cause, "sqlstate", None)) is not None:
        return _REASONS.get(state, _AWAY if state.startswith("08") else _CHECK)
    if isinstance(cause, sqlite3.Error):
        name = getattr(cause, "sqlite_errorname", "")
        return _REASONS.get("_".join(name.split("_")[:2]), _CHECK)
    # A server that was never reached states nothing.
    return _AWAY if isinstance(error, DBAPIError) else _CHECK
