"""Stores readers' verdicts, append-only: a change of mind is a new row, never an edit.

No file name or other patient data is stored: images are identified by the SHA-256 of the file,
models by the digest of the bundle.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, get_args

from sqlalchemy import ColumnElement, Index, String, Text, exists, func, select, text
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, aliased, mapped_column

from app.core.errors import OverreadError
from app.core.results.append_only import (
    Utc,
    forbid_changes,
    is_sqlite,
    opened,
    readable_errors,
)

Agreement = Literal["agree", "disagree", "unsure"]
AGREEMENTS: tuple[Agreement, ...] = get_args(Agreement)


class VerdictStoreError(OverreadError):
    """The database of verdicts cannot be read or written."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The current verdict on an image by a model; `agreement` is None for a comment alone.

    `created_at` is in UTC, and says so.
    """

    agreement: Agreement | None
    comment: str
    created_at: datetime


class _Base(DeclarativeBase):
    pass


class _VerdictRow(_Base):
    __tablename__ = "reviews"
    __table_args__ = (Index("by_bundle_and_image", "bundle_sha256", "image_id"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    created_at: Mapped[datetime] = mapped_column(Utc)
    image_id: Mapped[str] = mapped_column(String(64))
    bundle_sha256: Mapped[str] = mapped_column(String(64))
    verdict: Mapped[str | None] = mapped_column(String(16))
    comment: Mapped[str] = mapped_column(Text)


# The database itself also enforces that rows are never changed.
forbid_changes(_VerdictRow.__table__)


# A row without verdict and comment withdraws an earlier one. On an image without one, it would
# count as a verdict that nobody gave.
_REFUSE_EMPTY = """CREATE TRIGGER IF NOT EXISTS reviews_no_empty BEFORE INSERT ON reviews
WHEN NEW.verdict IS NULL AND TRIM(NEW.comment) = '' AND NOT EXISTS (
    SELECT 1 FROM reviews WHERE image_id = NEW.image_id AND bundle_sha256 = NEW.bundle_sha256
    AND (verdict IS NOT NULL OR TRIM(comment) <> ''))
BEGIN SELECT RAISE(ABORT, 'a review needs a verdict or a comment'); END"""


class VerdictStore:
    """The verdicts in one database. Safe to share between threads and sessions.

    Attributes:
        num_ignored: Number of rows, found on opening, with neither verdict nor comment that
            withdraw nothing. An earlier version wrote them when a film was merely opened.
    """

    def __init__(self, url: str) -> None:
        """Opens the database; creates it and its folder if necessary.

        Raises:
            VerdictStoreError: If it cannot be opened or created.
        """
        with _readable_errors("opened"):
            engine = opened(url, _Base)
            if is_sqlite(engine):
                # Also in databases created by an earlier version.
                with engine.begin() as connection:
                    connection.execute(text(_REFUSE_EMPTY))
        self._engine = engine
        self.num_ignored = self._count_without_content()

    def _count_without_content(self) -> int:
        said = aliased(_VerdictRow)
        query = (
            select(func.count())
            .select_from(_VerdictRow)
            .where(_is_empty(_VerdictRow))
            .where(
                ~exists().where(
                    said.image_id == _VerdictRow.image_id,
                    said.bundle_sha256 == _VerdictRow.bundle_sha256,
                    said.id < _VerdictRow.id,
                    ~_is_empty(said),
                )
            )
        )
        with _readable_errors("read"), Session(self._engine) as session:
            return int(session.scalar(query) or 0)

    def record(
        self, *, image_id: str, bundle_sha256: str, agreement: Agreement | None, comment: str
    ) -> None:
        """Appends a verdict.

        Args:
            image_id: SHA-256 of the film.
            bundle_sha256: Digest of the model whose prediction was assessed.
            agreement: One of `AGREEMENTS`; None for a comment alone.
            comment: Empty for a verdict alone. With neither, the earlier verdict is withdrawn.

        Raises:
            ValueError: If `agreement` is not one of `AGREEMENTS`.
            VerdictStoreError: If it could not be saved, or there is neither verdict nor comment and
                nothing to withdraw.
        """
        if agreement is not None and agreement not in AGREEMENTS:
            raise ValueError(
                f"`agreement` must be one of {AGREEMENTS} or None. Received {agreement!r}."
            )
        row = _VerdictRow(
            created_at=datetime.now(UTC),
            image_id=image_id,
            bundle_sha256=bundle_sha256,
            verdict=agreement,
            comment=comment.strip(),
        )
        with _readable_errors("saved"), Session(self._engine) as session, session.begin():
            session.add(row)

    def latest(self, bundle_sha256: str) -> dict[str, Verdict]:
        """The current verdict on each image, by image id.

        Raises:
            VerdictStoreError: If the database cannot be read.
        """
        newest = (
            select(func.max(_VerdictRow.id))
            .where(_VerdictRow.bundle_sha256 == bundle_sha256)
            .group_by(_VerdictRow.image_id)
        )
        with _readable_errors("read"), Session(self._engine) as session:
            rows = session.scalars(select(_VerdictRow).where(_VerdictRow.id.in_(newest))).all()
            return {
                row.image_id: Verdict(
                    row.verdict,  # type: ignore[arg-type]
                    row.comment,
                    row.created_at,
                )
                for row in rows
                if row.verdict or row.comment.strip()
            }


def _is_empty(row: type[_VerdictRow]) -> ColumnElement[bool]:
    return row.verdict.is_(None) & (func.trim(row.comment) == "")


def _readable_errors(action: str) -> AbstractContextManager[None]:
    return readable_errors(VerdictStoreError, "verdicts", action)
