"""What the record alone holds of a worklist: its films and what was said, without its model."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from typing import Any

from app.core.exports import tables
from app.core.exports.rows import NUMBER, TEXT, WHOLE
from app.core.record import times
from app.core.record.answers import WorklistAnswers
from app.core.record.database import Database
from app.core.record.entry import Entry
from app.core.record.log import all_entries
from app.core.record.readers import Reader
from app.core.record.verdict import Verdict
from app.core.record.worklist import Worklist
from app.core.record.worklist_items import items
from app.core.review.film_names import shown_name
from app.core.review.modes import hides_names, own_answer

_NUMBERS = ("threshold", "probability", "confidence", "reading_seconds", "idle_seconds")
_WHOLE = ("number", "item", "reader_id", "pipeline", "undoes")


@dataclass(frozen=True, slots=True)
class Recorded:
    """A worklist as the record has it, as far as one reader may see it.

    Attributes:
        worklist: The worklist.
        names: What its films are called, in order.
        own: What the reader said last of each film, in order; None where nothing.
        entries: In the order of their numbers; in a blind mode the reader's own until it is closed.
    """

    worklist: Worklist
    names: Sequence[str]
    own: Sequence[Verdict | None]
    entries: Sequence[Entry]


def recorded(database: Database, worklist: Worklist, reader: Reader) -> Recorded:
    """All that the record holds of a worklist.

    Args:
        database: The record.
        worklist: The worklist.
        reader: Who asks.

    Raises:
        RecordError: If the record cannot be read.
    """
    answers = WorklistAnswers(database, worklist.id)
    answers.follow()
    films = items(database, worklist.id)
    found = list(all_entries(database, worklist_id=worklist.id))
    if worklist.mode != "open" and not worklist.is_closed:
        found = [one for one in found if one.reader_id == reader.id]
    return Recorded(
        worklist=replace(worklist, place="") if hides_names(worklist) else worklist,
        names=[shown_name(worklist, one.position, one.name) for one in films],
        own=[own_answer(worklist, reader, answers.on(one.position)) for one in films],
        entries=found,
    )


def entries_csv(contents: Recorded) -> bytes:
    """A row for each entry, with the name of its film.

    Args:
        contents: The worklist.
    """
    columns = {"film": TEXT, **{field.name: _kind(field.name) for field in fields(Entry)}}
    rows = [
        {name: _cell(value) for name, value in asdict(one).items()} | {"film": _film(contents, one)}
        for one in contents.entries
    ]
    return tables.csv(rows, columns)


def entries_json(contents: Recorded) -> bytes:
    """The worklist, its films, and every entry with its hash.

    Args:
        contents: The worklist.
    """
    content = {
        "note": "Research use only, not a medical device.",
        "worklist": asdict(contents.worklist),
        "films": list(contents.names),
        "entries": [asdict(one) for one in contents.entries],
    }
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, default=_cell, indent=1)
    return text.encode("utf-8")


def _film(contents: Recorded, entry: Entry) -> str | None:
    is_known = entry.item is not None and entry.item < len(contents.names)
    return contents.names[entry.item] if entry.item is not None and is_known else None


def _kind(name: str) -> str:
    return NUMBER if name in _NUMBERS else WHOLE if name in _WHOLE else TEXT


def _cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return times.written(value)
    return (
        json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list | tuple) else value
    )
