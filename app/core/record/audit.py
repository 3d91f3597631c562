"""Checks the chain of the record: what was changed, removed or put elsewhere, and where."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from app.core.record import triggers
from app.core.record.chain import START, digest
from app.core.record.database import Database
from app.core.record.schema import chain_head, entries

_AT_ONCE = 1000
# Beyond so many, it is not looked for which entry stands in the place of which.
_MAX_COMPARED = 500


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is not as it was saved.

    Attributes:
        number: Of the entry.
        sentence: What is wrong with it.
    """

    number: int
    sentence: str


@dataclass(frozen=True, slots=True)
class Audit:
    """What a check of the whole record found.

    Attributes:
        num_entries: How many entries there are.
        last: Number of the last one; 0 without any.
        last_hash: Its hash. Whoever notes both elsewhere can tell later that no entry before it
            was changed, even by somebody who worked out all hashes again.
        faults: What is wrong, in order.
        missing_triggers: Rules of the database against changes that were removed.
    """

    num_entries: int
    last: int
    last_hash: str
    faults: tuple[Fault, ...]
    missing_triggers: tuple[str, ...]

    @property
    def is_sound(self) -> bool:
        """Whether everything is as it was saved, and still guarded."""
        return not self.faults and not self.missing_triggers


@dataclass(frozen=True, slots=True)
class _Changed:
    """An entry whose content does not belong to its hash."""

    number: int
    stored: dict[str, Any]


def audit(database: Database, *, noted: tuple[int, str] | None = None) -> Audit:
    """Checks every entry.

    Args:
        database: The record.
        noted: Number and hash of an entry as somebody noted them elsewhere; None without a note.

    Raises:
        RecordError: If the record cannot be read to its end.
    """
    faults: list[Fault] = []
    changed: list[_Changed] = []
    count, number, previous, hash_noted = 0, 0, START, None
    with database.reading() as connection:
        for row in _rows(connection, is_sqlite=database.is_sqlite):
            count += 1
            is_next = row["number"] == number + 1
            if not is_next:
                faults.append(_gap(number + 1, row["number"] - 1))
            number = row["number"]
            if digest(dict(row)) != row["hash"]:
                faults.append(Fault(number, "was changed after it was saved"))
                changed.append(_Changed(number, dict(row)))
            elif is_next and row["previous"] != previous:
                faults.append(Fault(number, "does not follow the entry before it"))
            previous = row["hash"]
            if noted is not None and number == noted[0]:
                hash_noted = previous
        head = connection.execute(select(chain_head.c.number, chain_head.c.hash)).one_or_none()
        missing = tuple(triggers.missing(connection))
    faults = _with_places(faults, changed)
    if head is None:
        faults.append(Fault(number, "should be the last, but the table chain_head is empty"))
    elif head.number > number:
        faults.append(_gap(number + 1, head.number))
    elif (head.number, head.hash) != (number, previous):
        faults.append(Fault(number, "is not the entry that was added last"))
    if noted is not None and hash_noted != noted[1]:
        faults.append(Fault(noted[0], "does not have the hash that was noted"))
    faults.sort(key=lambda fault: fault.number)
    return Audit(count, number, previous, tuple(faults), missing)


def _rows(connection: Connection, *, is_sqlite: bool) -> Iterator[RowMapping]:
    """All entries in order, a part at a time; a text that is not UTF-8 any more is read too."""
    raw = connection.connection.driver_connection
    if is_sqlite and raw is not None:
        raw.text_factory = lambda content: content.decode("utf-8", "surrogateescape")
    try:
        after = -1
        query = select(entries).order_by(entries.c.number).limit(_AT_ONCE)
        while found := connection.execute(query.where(entries.c.number > after)).mappings().all():
            yield from found
            after = found[-1]["number"]
    finally:
        if is_sqlite and raw is not None:
            raw.text_factory = str


def _gap(first: int, last: int) -> Fault:
    if first == last:
        return Fault(first, "is missing")
    return Fault(first, f"and all entries up to {last:,} are missing")


def _with_places(faults: list[Fault], changed: list[_Changed]) -> list[Fault]:
    """The faults; of an entry that was only put elsewhere, with the number it had."""
    if len(changed) > _MAX_COMPARED:
        return faults
    places = {
        one.number: other.number
        for one in changed
        for other in changed
        if digest({**one.stored, "number": other.number}) == one.stored["hash"]
    }
    return [
        replace(fault, sentence=f"was entry {places[fault.number]:,} when it was saved")
        if fault.number in places
        else fault
        for fault in faults
    ]
