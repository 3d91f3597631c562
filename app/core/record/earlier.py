"""Copies what earlier versions stored into the record: the tables `reviews` and `second_looks`.

The first migration calls this, so what it does must stay. The tables are kept as they are; no row
can be added to them any more, as an earlier version that is started again would do.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, column, inspect, table, text

from app.core.record import times
from app.core.record.chain import START, sealed

_VERDICTS, _DECISIONS = "reviews", "second_looks"

Row = dict[str, Any]


def copy_earlier(connection: Connection) -> tuple[int, str]:
    """Adds an entry for every row of the earlier tables, where there are any.

    Returns:
        Number and hash of the last entry.
    """
    present = [one for one in (_VERDICTS, _DECISIONS) if inspect(connection).has_table(one)]
    found = [row for name in present for row in _rows(connection, name)]
    # By the time, but never against the order in which one table was written.
    found.sort(key=lambda row: (row["after"], row["origin_table"], row["id"]))
    number, previous = 0, START
    entries: list[Row] = []
    for entry in _entries(found):
        number += 1
        entries.append(sealed(entry, number=number, previous=previous))
        previous = str(entries[-1]["hash"])
    _insert(connection, entries)
    for name in present:
        _close(connection, name)
    return number, previous


def _rows(connection: Connection, name: str) -> Iterator[Row]:
    latest = ""
    for found in connection.execute(text(f"SELECT * FROM {name} ORDER BY id")).mappings():
        created_at = _time(found["created_at"])
        latest = max(latest, created_at)
        yield {**found, "created_at": created_at, "after": latest, "origin_table": name}


def _time(value: Any) -> str:
    """A time of the earlier tables as the record has it; they are in UTC where they say no zone."""
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return times.written(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _entries(rows: list[Row]) -> Iterator[Row]:
    """What is stored of each row, in order."""
    said: set[tuple[str, str]] = set()  # films of which there is something to withdraw
    for row in rows:
        entry = {
            "event": "decision",
            "created_at": row["created_at"],
            "reader": row.get("reader") or "",
            "image_id": row["image_id"],
            "bundle_sha256": row["bundle_sha256"],
            "origin": f"{row['origin_table']}:{row['id']}",
        }
        if row["origin_table"] == _DECISIONS:
            if row["judged_id"]:
                entry |= {name: row[name] for name in ("judged_id", "remedy", "reason")}
            else:
                entry["event"] = "withdrawal"
        else:
            film = (row["image_id"], row["bundle_sha256"])
            if row["verdict"] is not None or row["comment"].strip():
                said.add(film)
                entry |= {
                    "event": "verdict",
                    "agreement": row["verdict"],
                    "comment": row["comment"],
                }
            else:
                entry["event"] = "clear" if film in said else "empty"
        yield entry


def _insert(connection: Connection, entries: list[Row]) -> None:
    names = ("number", "event", "created_at", "reader", "image_id", "bundle_sha256", "origin",
             "agreement", "comment", "judged_id", "remedy", "reason", "previous",
             "hash")  # fmt: skip
    into = table("entries", *(column(name) for name in names))
    if entries:
        connection.execute(into.insert(), [{n: one.get(n) for n in names} for one in entries])


def _close(connection: Connection, name: str) -> None:
    """Forbids to add rows to an earlier table."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(
            f"CREATE TRIGGER {name}_closed BEFORE INSERT ON {name} "
            f"BEGIN SELECT RAISE(ABORT, '{name} moved to entries: update Overread'); END"
        )
