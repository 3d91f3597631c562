"""Opens the record: creates it, or brings an older one up to date."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from app.core.record.database import Database
from app.core.record.problems import RecordError

# The newest of `migrations/versions`.
NEWEST = "0004"
_KNOWN = frozenset({"0001", "0002", "0003", NEWEST})
_MIGRATIONS = Path(__file__).with_name("migrations")
# A large record of an earlier version takes its time.
_MIGRATION_SECONDS = 120
# Of PostgreSQL's advisory lock; any number that nobody else takes.
_LOCK = 7_031_964_210


def open_record(url: str) -> Database:
    """The record at a URL, with its tables; a new one is created, an older one is migrated.

    Args:
        url: For SQLAlchemy, of SQLite or PostgreSQL.

    Raises:
        RecordError: If it cannot be opened, or a newer version of Overread wrote it.
    """
    database = Database(url)
    try:
        # Asks first: migrating loads Alembic, and needs the right to write.
        with database.reading() as connection:
            is_current = _version(connection) == NEWEST
        if not is_current:
            _migrate(url)
    except BaseException:
        database.close()
        raise
    return database


def _version(connection: Connection) -> str | None:
    """The version of the tables; None before the first.

    Raises:
        RecordError: If this version of Overread does not know it.
    """
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    if found is not None and found not in _KNOWN:
        raise RecordError(
            f"The record was written by a newer version of Overread (its format is {found}; this "
            f"version knows up to {NEWEST}). Update Overread; the record was not changed."
        )
    return None if found is None else str(found)


def _migrate(url: str) -> None:
    """Runs the migrations that are missing, in one transaction and in one process at a time."""
    from alembic import command
    from alembic.config import Config

    with Database(url, lock_seconds=_MIGRATION_SECONDS) as database:
        database.use_write_ahead_log()
        with database.writing(action="opened") as connection:
            if not database.is_sqlite:
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            if _version(connection) == NEWEST:  # another process was sooner
                return
            config = Config()
            config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
            config.set_main_option("path_separator", "os")
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
