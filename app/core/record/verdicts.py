"""The readers' verdicts: what the log of the record says of them.

No file name or other patient data is stored: images are identified by the SHA-256 of the file,
models by the digest of the bundle.
"""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, func, or_, select

from app.core.record import log, times
from app.core.record.database import Database
from app.core.record.entry import Draft, Entry, storable
from app.core.record.problems import RecordError
from app.core.record.schema import entries
from app.core.record.verdict import AGREEMENTS, Agreement, Verdict

_WHAT = "verdicts"


class VerdictStore:
    """The verdicts in one record. Safe to share between threads and sessions.

    A change of mind is a new entry, never an edit, and nobody replaces the verdict of another
    reader. Those of earlier versions, which name no reader, hold until a named one gives another.

    Attributes:
        num_ignored: Number of rows, found on opening, with neither verdict nor comment that
            withdraw nothing. An earlier version wrote them when a film was merely opened.
    """

    def __init__(self, database: Database) -> None:
        """Counts what is to be ignored.

        Raises:
            RecordError: If the record cannot be read.
        """
        self._database = database
        with database.reading(_WHAT) as connection:
            query = select(func.count()).where(entries.c.event == "empty")
            self.num_ignored = int(connection.scalar(query) or 0)

    def record(
        self,
        *,
        image_id: str,
        bundle_sha256: str,
        agreement: Agreement | None,
        comment: str,
        reader: str = "",
        shown: Draft | None = None,
    ) -> Entry:
        """Adds a verdict. It is on disk when this returns.

        Args:
            image_id: Identity of the film.
            bundle_sha256: Digest of the model whose prediction was assessed.
            agreement: One of `AGREEMENTS`; None for a comment alone.
            comment: Empty for a verdict alone. With neither, the earlier verdict is withdrawn.
            reader: Whose verdict it is; empty if nobody is named.
            shown: What else is to be kept with it, such as what was shown; see `shown.shown`.

        Raises:
            ValueError: If `agreement` is not one of `AGREEMENTS`.
            RecordError: If it could not be saved, or there is neither verdict nor comment and
                nothing to withdraw.
        """
        if agreement is not None and agreement not in AGREEMENTS:
            raise ValueError(
                f"`agreement` must be one of {AGREEMENTS} or None. Received {agreement!r}."
            )
        comment = storable(comment.strip())
        says = agreement is not None or bool(comment)
        draft = replace(
            shown or Draft(event="verdict", image_id=image_id, bundle_sha256=bundle_sha256),
            event="verdict" if says else "clear",
            image_id=image_id,
            bundle_sha256=bundle_sha256,
            reader=reader,
            agreement=agreement,
            comment=comment if says else None,
        )
        with self._database.writing(_WHAT) as connection:
            if not says and image_id not in _current(connection, bundle_sha256, reader, image_id):
                raise RecordError(
                    "The verdict could not be saved: it has neither an answer nor a comment, and "
                    "there is no earlier one to withdraw."
                )
            (added,) = log.add(connection, draft)
        return added

    def undo(self, *, image_id: str, bundle_sha256: str, reader: str = "") -> Entry:
        """Takes back the last verdict that a reader gave on a film; the one before it holds again.

        Args:
            image_id: Identity of the film.
            bundle_sha256: Digest of the model.
            reader: Whose verdict it is; empty if nobody is named.

        Raises:
            RecordError: If there is none, or it could not be saved.
        """
        with self._database.writing(_WHAT) as connection:
            query = _newest(bundle_sha256, image_id).where(entries.c.reader == storable(reader))
            number = connection.scalar(query)
            if number is None:
                raise RecordError("There is no verdict of yours on this film to take back.")
            draft = Draft(
                event="undo",
                image_id=image_id,
                bundle_sha256=bundle_sha256,
                reader=reader,
                undoes=number,
            )
            (added,) = log.add(connection, draft)
        return added

    def latest(
        self, bundle_sha256: str, reader: str = "", *, image_id: str | None = None
    ) -> dict[str, Verdict]:
        """The current verdict of a reader on each image, by image id.

        Args:
            bundle_sha256: Digest of the model.
            reader: Whose verdicts; with none, those that name nobody.
            image_id: Only that on this film; None for all.

        Raises:
            RecordError: If the record cannot be read.
        """
        with self._database.reading(_WHAT) as connection:
            return _current(connection, bundle_sha256, reader, image_id)


def _current(
    connection: Connection, bundle_sha256: str, reader: str, image_id: str | None = None
) -> dict[str, Verdict]:
    """See `VerdictStore.latest`; of one image if it is named."""
    by_film = _newest(bundle_sha256, image_id).where(_of(reader)).group_by(entries.c.image_id)
    query = select(
        entries.c.image_id, entries.c.event, entries.c.agreement, entries.c.comment,
        entries.c.created_at,
    ).where(entries.c.number.in_(by_film), entries.c.event == "verdict")  # fmt: skip
    return {row["image_id"]: _verdict(row) for row in connection.execute(query).mappings()}


def _newest(bundle_sha256: str, image_id: str | None) -> Select[int]:
    """Number of the last entry about a verdict that was not taken back."""
    undone = select(entries.c.undoes).where(entries.c.undoes.is_not(None))
    query = select(func.max(entries.c.number)).where(
        entries.c.bundle_sha256 == bundle_sha256,
        entries.c.event.in_(("verdict", "clear")),
        entries.c.number.not_in(undone),
    )
    return query if image_id is None else query.where(entries.c.image_id == image_id)


def _of(reader: str) -> ColumnElement[bool]:
    """Entries of a reader, and those that name nobody."""
    return or_(entries.c.reader == storable(reader), entries.c.reader == "")


def _verdict(row: RowMapping) -> Verdict:
    return Verdict(
        row["agreement"],
        row["comment"],
        times.read(row["created_at"]),
    )
