"""Lets the database itself forbid changes, whoever writes to it.

An entry is only ever added, with the number and the hash that come next. The first migration calls
this, so what it does must stay; a later rule needs a migration of its own.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

NAMES = ("entries_no_update", "entries_no_delete", "entries_in_order", "chain_head_stays")

_SQLITE = """
CREATE TRIGGER entries_no_update BEFORE UPDATE ON entries
BEGIN SELECT RAISE(ABORT, 'entries are append-only'); END;

CREATE TRIGGER entries_no_delete BEFORE DELETE ON entries
BEGIN SELECT RAISE(ABORT, 'entries are append-only'); END;

CREATE TRIGGER entries_in_order BEFORE INSERT ON entries
WHEN NOT EXISTS (
    SELECT 1 FROM chain_head WHERE NEW.number = number + 1 AND NEW.previous = hash)
BEGIN SELECT RAISE(ABORT, 'an entry must follow the last one'); END;

CREATE TRIGGER chain_head_stays BEFORE DELETE ON chain_head
BEGIN SELECT RAISE(ABORT, 'the chain keeps its head'); END
"""

_POSTGRESQL = """
CREATE FUNCTION forbid_changes_of_the_record() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'entries are append-only' USING ERRCODE = '23514'; END $$;

CREATE FUNCTION require_order_of_entries() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM chain_head WHERE NEW.number = number + 1 AND NEW.previous = hash) THEN
        RAISE EXCEPTION 'an entry must follow the last one' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER entries_no_update BEFORE UPDATE ON entries
FOR EACH STATEMENT EXECUTE FUNCTION forbid_changes_of_the_record();

CREATE TRIGGER entries_no_delete BEFORE DELETE OR TRUNCATE ON entries
FOR EACH STATEMENT EXECUTE FUNCTION forbid_changes_of_the_record();

CREATE TRIGGER entries_in_order BEFORE INSERT ON entries
FOR EACH ROW EXECUTE FUNCTION require_order_of_entries();

CREATE TRIGGER chain_head_stays BEFORE DELETE OR TRUNCATE ON chain_head
FOR EACH STATEMENT EXECUTE FUNCTION forbid_changes_of_the_record()
"""


def guard_entries(connection: Connection) -> None:
    """Creates the triggers of the tables `entries` and `chain_head`."""
    is_sqlite = connection.dialect.name == "sqlite"
    for statement in (_SQLITE if is_sqlite else _POSTGRESQL).split(";\n\n"):
        connection.exec_driver_sql(statement)


def missing(connection: Connection) -> list[str]:
    """The triggers that somebody removed or switched off."""
    if connection.dialect.name == "sqlite":
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    else:
        query = (
            "SELECT tgname FROM pg_trigger WHERE tgenabled <> 'D' AND tgrelid IN "
            "('entries'::regclass, 'chain_head'::regclass)"
        )
    found = set(connection.execute(text(query)).scalars())
    return [name for name in NAMES if name not in found]
