"""One entry of the record, before and after it is stored."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Literal, get_args

from app.core.errors import Remedy
from app.core.record import times
from app.core.record.verdict import Agreement

# `call` is what a reader says before the model is shown, `adjudication` what decides between
# readers. `clear` withdraws a verdict, `withdrawal` a decision, and `undo` takes back the entry
# that it names. `empty` are the rows that an earlier version wrote when a film was merely opened.
Event = Literal[
    "verdict", "clear", "undo", "call", "adjudication", "decision", "withdrawal", "seen",
    "reported", "empty",
]  # fmt: skip
EVENTS: tuple[Event, ...] = get_args(Event)

# Stored as JSON, the others as they are.
_STRUCTURED = frozenset({"reading", "versions", "tags", "regions"})
_NUMBERS = frozenset(
    {"threshold", "probability", "confidence", "reading_seconds", "idle_seconds"}
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What is to be added to the record.

    Attributes:
        event: What happened.
        image_id: Identity of the film; empty if it could not be read.
        bundle_sha256: Digest of the model; of an adapted one, that of its adaptation.
        reader: Name of who it was; empty if nobody is named.
        reader_id: The same, as known to `readers`.
        worklist_id: The worklist in which it happened.
        item: Position of the film in that worklist, from 0.
        network_sha256: Digest of the bundle, without its adaptation.
        pipeline: `PIPELINE_VERSION` of the preprocessing.
        heatmap_sha256: Digest of the evidence that was shown, see `shown.heatmap_digest`.
        threshold: The decision threshold, in [0, 1].
        probability: Calibrated probability that was shown, in [0, 1].
        prediction: The class that was predicted.
        zone: The zone that was shown.
        reading: How the file was read, see `shown.stored_reading`.
        versions: Versions of the packages that computed the result, by name.
        label: The class that the reader chose.
        agreement: Whether the reader agrees with the prediction.
        confidence: How sure the reader is, in [0, 1].
        comment: What the reader wrote.
        tags: Words from the list of tags.
        regions: Shapes drawn on the film, in pixels of the original film.
        reading_seconds: How long the film was read, without idle time.
        idle_seconds: How long nothing was done meanwhile.
        judged_id: Identity of a refused film as it is judged after a decision.
        remedy: What is done to a refused film before it is judged.
        reason: Why a refused film is judged all the same.
        undoes: Number of the entry that is taken back.
        origin: Table and id of an entry of an earlier version.
        action_id: The sender's own id of what was done: sent again, it is not added again.
    """

    event: Event
    image_id: str
    bundle_sha256: str
    reader: str = ""
    reader_id: int | None = None
    worklist_id: str | None = None
    item: int | None = None
    network_sha256: str | None = None
    pipeline: int | None = None
    heatmap_sha256: str | None = None
    threshold: float | None = None
    probability: float | None = None
    prediction: str | None = None
    zone: str | None = None
    reading: Mapping[str, Any] | None = None
    versions: Mapping[str, str] | None = None
    label: str | None = None
    agreement: Agreement | None = None
    confidence: float | None = None
    comment: str | None = None
    tags: tuple[str, ...] | None = None
    regions: tuple[Mapping[str, Any], ...] | None = None
    reading_seconds: float | None = None
    idle_seconds: float | None = None
    judged_id: str | None = None
    remedy: Remedy | None = None
    reason: str | None = None
    undoes: int | None = None
    origin: str | None = None
    action_id: str | None = None

    def stored(self, created_at: str) -> dict[str, str | int | float | None]:
        """What the database stores of it, by column, but for its place in the chain.

        Characters that a database does not take (NUL, half of a pair) are replaced.

        Args:
            created_at: The time, as `times.now` writes it.

        Raises:
            ValueError: If there is no such event, or a number is not finite.
        """
        if self.event not in EVENTS:
            raise ValueError(f"`event` must be one of {EVENTS}. Received {self.event!r}.")
        values = {field.name: getattr(self, field.name) for field in fields(Draft)}
        return {name: _stored(name, value) for name, value in values.items()} | {
            "created_at": created_at
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry(Draft):
    """An entry as it is in the record.

    Attributes:
        number: Its number, from 1 without a gap; decides what is later, whatever the clock says.
        created_at: When it was added by the clock of the server, in UTC.
        previous: Hash of the entry before it.
        hash: Its own hash.
    """

    number: int
    created_at: datetime
    previous: str
    hash: str


def entry_of(stored: Mapping[str, Any]) -> Entry:
    """An entry from what is stored of it, by column."""
    values = dict(stored)
    for name in _STRUCTURED:
        if values[name] is not None:
            values[name] = json.loads(values[name])
    for name in ("tags", "regions"):
        if values[name] is not None:
            values[name] = tuple(values[name])
    return Entry(**{**values, "created_at": times.read(values["created_at"])})


def _stored(name: str, value: Any) -> str | int | float | None:
    if value is None:
        return None
    if name in _NUMBERS:
        if not math.isfinite(value):
            raise ValueError(f"`{name}` must be finite. Received {value!r}.")
        return float(value)
    if name in _STRUCTURED:
        return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return storable(value) if isinstance(value, str) else int(value)


def storable(text: str) -> str:
    """A text without the characters that a database does not take.

    Example:
        >>> storable("a" + chr(0) + "b" + chr(0xD800))
        'a\ufffdb?'
    """
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")
