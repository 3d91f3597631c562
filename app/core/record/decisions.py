"""What readers decided about refused films: what the log of the record says of them.

No file name or other patient data is stored, see `verdicts`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from app.core.errors import REMEDIES, Remedy
from app.core.record import log, times
from app.core.record.database import Database
from app.core.record.entry import Draft
from app.core.record.schema import entries

_WHAT = "decisions"


@dataclass(frozen=True, slots=True)
class Decision:
    """How a refused film is judged after all.

    Attributes:
        judged_id: The identity of the film as it is judged then.
        remedy: What is done to it first; None if nothing.
        reason: Why it is judged in spite of the gate; empty if the remedy is to satisfy the gate.
        reader: Who decided, as signed in; empty if nobody is.
        created_at: When, in UTC.
    """

    judged_id: str
    remedy: Remedy | None
    reason: str
    reader: str
    created_at: datetime


class DecisionStore:
    """The decisions in one record. Safe to share between threads and sessions."""

    def __init__(self, database: Database) -> None:
        """Keeps the record, which is open."""
        self._database = database

    def record(
        self,
        *,
        image_id: str,
        judged_id: str,
        bundle_sha256: str,
        remedy: Remedy | None,
        reason: str,
        reader: str = "",
        reader_id: int | None = None,
    ) -> None:
        """Adds a decision. It is on disk when this returns.

        Args:
            image_id: Identity of the film as it was refused.
            judged_id: Its identity as it is judged then.
            bundle_sha256: Digest of the model that refused it.
            remedy: What is done to it first; None if nothing.
            reason: Why it is judged in spite of the gate; may be empty with a remedy.
            reader: Who decided; empty if nobody is named.
            reader_id: The same, as known to `readers`.

        Raises:
            ValueError: If there is no such remedy, or neither a remedy nor a reason.
            RecordError: If it could not be saved.
        """
        if remedy is not None and remedy not in REMEDIES:
            raise ValueError(f"`remedy` must be one of {REMEDIES} or None. Received {remedy!r}.")
        if remedy is None and not reason.strip():
            raise ValueError("A decision needs a remedy or a reason. Received neither.")
        draft = Draft(
            event="decision",
            image_id=image_id,
            bundle_sha256=bundle_sha256,
            reader=reader,
            reader_id=reader_id,
            judged_id=judged_id,
            remedy=remedy,
            reason=reason.strip(),
        )
        log.append(self._database, draft, what=_WHAT)

    def take_back(
        self, *, image_id: str, bundle_sha256: str, reader: str = "", reader_id: int | None = None
    ) -> None:
        """Adds that a film is to stay refused; what was decided before is kept.

        Args:
            image_id: Identity of the film as it was refused.
            bundle_sha256: Digest of the model that refused it.
            reader: Who decided; empty if nobody is named.
            reader_id: The same, as known to `readers`.

        Raises:
            RecordError: If it could not be saved.
        """
        draft = Draft(
            event="withdrawal", image_id=image_id, bundle_sha256=bundle_sha256, reader=reader,
            reader_id=reader_id,
        )  # fmt: skip
        log.append(self._database, draft, what=_WHAT)

    def latest(self, bundle_sha256: str, *, judged_id: str | None = None) -> dict[str, Decision]:
        """The last decision about each film that a model refused, by the identity it had then.

        Films about which it was taken back are left out.

        Args:
            bundle_sha256: Digest of the model.
            judged_id: Only of films that are judged under this identity; None for all.

        Raises:
            RecordError: If the record cannot be read.
        """
        newest = log.newest(bundle_sha256, ("decision", "withdrawal")).group_by(entries.c.image_id)
        query = select(entries).where(entries.c.event == "decision")
        if judged_id is not None:
            is_judged = entries.c.judged_id == judged_id
            of_model = entries.c.bundle_sha256 == bundle_sha256
            newest = newest.where(
                entries.c.image_id.in_(select(entries.c.image_id).where(of_model, is_judged))
            )
            query = query.where(is_judged)
        query = query.where(entries.c.number.in_(newest))
        with self._database.reading(_WHAT) as connection:
            return {
                row["image_id"]: Decision(
                    row["judged_id"],
                    row["remedy"],
                    row["reason"],
                    row["reader"],
                    times.read(row["created_at"]),
                )
                for row in connection.execute(query).mappings()
            }
