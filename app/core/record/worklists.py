"""The worklists of the record, each with an address that lasts."""

from __future__ import annotations

import json
import secrets
from collections import defaultdict
from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, delete, select, update

from app.core.images.reading import ReadOptions
from app.core.record import times
from app.core.record.database import Database
from app.core.record.entry import storable
from app.core.record.problems import RecordError
from app.core.record.schema import worklist_readers, worklists
from app.core.record.shown import reading_of, stored_reading
from app.core.record.worklist import MODES, TRUTHS, Mode, Origin, Truth, Worklist

_WHAT = "worklists"


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
    threshold: float | None = None,
    hides_names: bool = False,
    truth: Truth | None = None,
    readers: Collection[int] = (),
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
        threshold: A decision threshold in place of the model's, in [0, 1].
        hides_names: Whether names of files are not shown.
        truth: Where the true class of its films is from.
        readers: Numbers of those who may read it; empty for everybody.

    Raises:
        RecordError: If it has no name, or could not be saved.
        ValueError: If there is no such mode, threshold or truth.
    """
    if mode not in MODES:
        raise ValueError(f"`mode` must be one of {MODES}. Received {mode!r}.")
    # Digits and letters only: it stands in addresses, and after commands.
    now, worklist_id = times.now(), secrets.token_hex(16)
    values = {
        "id": worklist_id,
        "name": _name(name),
        "origin": origin,
        "place": storable(place),
        "bundle_sha256": bundle_sha256,
        "network_sha256": network_sha256,
        "model": storable(model),
        "mode": mode,
        "created_by": created_by,
        "created_at": now,
        "threshold": _threshold(threshold),
        "threshold_at": None if threshold is None else now,
        "hides_names": int(hides_names),
        "truth": _truth(truth),
        "truth_at": None if truth is None else now,
    }
    with database.writing(_WHAT) as connection:
        connection.execute(worklists.insert(), values)
        _let_read(connection, worklist_id, readers)
        return _found(connection, worklists.c.id == worklist_id)[0]


def worklist(database: Database, worklist_id: str) -> Worklist:
    """The worklist at an address.

    Args:
        database: The record.
        worklist_id: Part of its address.

    Raises:
        RecordError: If there is none, or the record cannot be read.
    """
    with database.reading(_WHAT) as connection:
        found = _found(connection, worklists.c.id == storable(worklist_id))
    if not found:
        raise no_such_worklist()
    return found[0]


def all_worklists(database: Database) -> list[Worklist]:
    """Every worklist, the newest first, closed ones included.

    Raises:
        RecordError: If the record cannot be read.
    """
    with database.reading(_WHAT) as connection:
        return _found(connection)


def close_worklist(database: Database, worklist_id: str) -> None:
    """Closes a worklist; what was read in it stays.

    Args:
        database: The record.
        worklist_id: Part of its address.

    Raises:
        RecordError: If there is none, or it could not be saved.
    """
    _change(database, worklist_id, closed_at=times.now())


def reopen_worklist(database: Database, worklist_id: str) -> None:
    """Opens a closed worklist again.

    Args:
        database: The record.
        worklist_id: Part of its address.

    Raises:
        RecordError: If there is none, or it could not be saved.
    """
    _change(database, worklist_id, closed_at=None)


def set_truth(database: Database, worklist_id: str, truth: Truth | None) -> None:
    """Says from now on where the true class of the films is from.

    Args:
        database: The record.
        worklist_id: Part of its address.
        truth: One of `TRUTHS`; None if it is not known.

    Raises:
        RecordError: If there is no such worklist, or it could not be saved.
        ValueError: If there is no such truth.
    """
    _change(database, worklist_id, truth=_truth(truth), truth_at=times.now())


def set_reading(database: Database, worklist_id: str, reading: ReadOptions) -> None:
    """Says how files that leave it open are read from now on.

    Args:
        database: The record.
        worklist_id: Part of its address.
        reading: Which image of several, and which window.

    Raises:
        RecordError: If there is no such worklist, or it could not be saved.
    """
    stored = stored_reading(reading)
    _change(database, worklist_id, reading=stored and json.dumps(stored))


def set_readers(database: Database, worklist_id: str, readers: Collection[int]) -> None:
    """Says who may read a worklist from now on; what others said in it stays.

    Args:
        database: The record.
        worklist_id: Part of its address.
        readers: Numbers of the readers; empty for everybody.

    Raises:
        RecordError: If it could not be saved.
    """
    with database.writing(_WHAT) as connection:
        of_this = worklist_readers.c.worklist_id == worklist_id
        connection.execute(delete(worklist_readers).where(of_this))
        _let_read(connection, worklist_id, readers)


def no_such_worklist() -> RecordError:
    """The error about an address without a worklist."""
    return RecordError("There is no worklist at this address. Open one from the front page.")


def _change(database: Database, worklist_id: str, **values: Any) -> None:
    of_this = worklists.c.id == storable(worklist_id)
    with database.writing(_WHAT) as connection:
        if not connection.execute(update(worklists).where(of_this).values(values)).rowcount:
            raise no_such_worklist()


def _let_read(connection: Connection, worklist_id: str, readers: Collection[int]) -> None:
    rows = [{"worklist_id": worklist_id, "reader_id": one} for one in sorted(set(readers))]
    if rows:
        connection.execute(worklist_readers.insert(), rows)


def _found(connection: Connection, *conditions: ColumnElement[bool]) -> list[Worklist]:
    """Worklists, the newest first, each with its readers."""
    readers: dict[str, list[int]] = defaultdict(list)
    columns = worklist_readers.c
    for worklist_id, reader_id in connection.execute(
        select(columns.worklist_id, columns.reader_id).order_by(columns.reader_id)
    ):
        readers[worklist_id].append(reader_id)
    newest_first = (worklists.c.created_at.desc(), worklists.c.id)
    rows = connection.execute(select(worklists).where(*conditions).order_by(*newest_first))
    return [_worklist(row, tuple(readers[row["id"]])) for row in rows.mappings()]


def _worklist(row: RowMapping, readers: tuple[int, ...]) -> Worklist:
    kept = dict(row)
    closed_at, hides_names = kept.pop("closed_at"), kept.pop("hides_names")
    for name in ("created_at", "threshold_at", "truth_at"):
        kept[name] = kept[name] and times.read(kept[name])
    kept["reading"] = reading_of(kept["reading"] and json.loads(kept["reading"]))
    return Worklist(
        **kept, is_closed=closed_at is not None, hides_names=bool(hides_names), readers=readers
    )


def _name(name: str) -> str:
    name = storable(" ".join(name.split()))
    if not name:
        raise RecordError("A worklist needs a name. Write one.")
    return name


def _threshold(threshold: float | None) -> float | None:
    if threshold is not None and not 0 <= threshold <= 1:
        raise ValueError(f"`threshold` must be from 0 to 1. Received {threshold!r}.")
    return threshold


def _truth(truth: Truth | None) -> Truth | None:
    if truth is not None and truth not in TRUTHS:
        raise ValueError(f"`truth` must be one of {TRUTHS} or None. Received {truth!r}.")
    return truth
