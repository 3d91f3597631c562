"""Stores what readers decided about refused films, append-only, beside their verdicts.

No file name or other patient data is stored, see `verdicts`.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Index, String, Text, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from app.core.errors import REMEDIES, OverreadError, Remedy
from app.core.results.append_only import Utc, forbid_changes, opened, readable_errors


class DecisionStoreError(OverreadError):
    """The database of decisions cannot be read or written."""


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


class _Base(DeclarativeBase):
    pass


class _DecisionRow(_Base):
    __tablename__ = "second_looks"
    __table_args__ = (Index("second_looks_by_bundle_and_image", "bundle_sha256", "image_id"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    created_at: Mapped[datetime] = mapped_column(Utc)
    image_id: Mapped[str] = mapped_column(String(64))
    judged_id: Mapped[str] = mapped_column(String(64))
    bundle_sha256: Mapped[str] = mapped_column(String(64))
    remedy: Mapped[str | None] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(Text)
    reader: Mapped[str] = mapped_column(Text)


forbid_changes(_DecisionRow.__table__)


class DecisionStore:
    """The decisions in one database. Safe to share between threads and sessions."""

    def __init__(self, url: str) -> None:
        """Opens the database; creates it and its folder if necessary.

        Raises:
            DecisionStoreError: If it cannot be opened or created.
        """
        with _readable("opened"):
            self._engine = opened(url, _Base)

    def record(
        self,
        *,
        image_id: str,
        judged_id: str,
        bundle_sha256: str,
        remedy: Remedy | None,
        reason: str,
        reader: str = "",
    ) -> None:
        """Appends a decision.

        Args:
            image_id: Identity of the film as it was refused.
            judged_id: Its identity as it is judged then.
            bundle_sha256: Digest of the model that refused it.
            remedy: What is done to it first; None if nothing.
            reason: Why it is judged in spite of the gate; may be empty with a remedy.
            reader: Who decided, as signed in; empty if nobody is.

        Raises:
            ValueError: If there is no such remedy, or neither a remedy nor a reason.
            DecisionStoreError: If it could not be saved.
        """
        if remedy is not None and remedy not in REMEDIES:
            raise ValueError(f"`remedy` must be one of {REMEDIES} or None. Received {remedy!r}.")
        if remedy is None and not reason.strip():
            raise ValueError("A decision needs a remedy or a reason. Received neither.")
        row = _DecisionRow(
            created_at=datetime.now(UTC),
            image_id=image_id,
            judged_id=judged_id,
            bundle_sha256=bundle_sha256,
            remedy=remedy,
            reason=reason.strip(),
            reader=reader,
        )
        with _readable("saved"), Session(self._engine) as session, session.begin():
            session.add(row)

    def take_back(self, *, image_id: str, bundle_sha256: str, reader: str = "") -> None:
        """Appends that a film is to stay refused; what was decided before is kept.

        Args:
            image_id: Identity of the film as it was refused.
            bundle_sha256: Digest of the model that refused it.
            reader: Who decided, as signed in; empty if nobody is.

        Raises:
            DecisionStoreError: If it could not be saved.
        """
        row = _DecisionRow(
            created_at=datetime.now(UTC),
            image_id=image_id,
            judged_id="",
            bundle_sha256=bundle_sha256,
            remedy=None,
            reason="",
            reader=reader,
        )
        with _readable("saved"), Session(self._engine) as session, session.begin():
            session.add(row)

    def latest(self, bundle_sha256: str) -> dict[str, Decision]:
        """The last decision about each film that a model refused, by the identity it had then.

        Films about which it was taken back are left out.

        Raises:
            DecisionStoreError: If the database cannot be read.
        """
        newest = (
            select(func.max(_DecisionRow.id))
            .where(_DecisionRow.bundle_sha256 == bundle_sha256)
            .group_by(_DecisionRow.image_id)
        )
        with _readable("read"), Session(self._engine) as session:
            rows = session.scalars(select(_DecisionRow).where(_DecisionRow.id.in_(newest))).all()
            return {
                row.image_id: Decision(
                    row.judged_id,
                    row.remedy,  # type: ignore[arg-type]
                    row.reason,
                    row.reader,
                    row.created_at,
                )
                for row in rows
                if row.judged_id
            }


def _readable(action: str) -> AbstractContextManager[None]:
    return readable_errors(DecisionStoreError, "decisions", action)
