"""The readers' verdicts, added to the log of the record. `answers` reads those of a worklist.

No file name or other patient data is stored: images are identified by the SHA-256 of the file,
models by the digest of the bundle.
"""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection, Row, and_, exists, select

from app.core.record import log
from app.core.record.database import Database
from app.core.record.entry import Draft, Entry, storable
from app.core.record.problems import NotAllowedError
from app.core.record.schema import entries
from app.core.record.verdict import AGREEMENTS

_WHAT = "verdicts"
_VERDICTS = ("verdict", "clear")
_SAID = ("verdict", "call", "adjudication", "seen", "reported")
# A call stays: it is what a reader saw before the model was shown.
_UNDONE = ("verdict", "clear", "adjudication", "seen", "reported")


class VerdictStore:
    """The verdicts in one record. Safe to share between threads and sessions.

    A change of mind is a new entry, never an edit, and nobody replaces the verdict of another
    reader. Those that name nobody, as those of earlier versions, hold for everybody until a named
    reader gives another.
    """

    def __init__(self, database: Database) -> None:
        """Reads nothing yet.

        Args:
            database: The record.
        """
        self._database = database

    def record(self, draft: Draft) -> Entry:
        """Adds what a reader says of a film. It is on disk when this returns.

        Args:
            draft: A `verdict` (withdrawn with a `clear` if it says nothing), a `call` before the
                model was shown, an `adjudication`, or the mark `seen` or `reported`; with what was
                shown, see `shown.shown`. Sent again with its `action_id`, it is not added again.

        Raises:
            ValueError: If it is none of these, or its agreement, confidence or time is not valid.
            NotAllowedError: If there is nothing to withdraw, the reader has made a call on this
                film already, or may not add it, see `log.add`.
            RecordError: If it could not be saved.
        """
        draft = _checked(draft)
        with self._database.writing(_WHAT) as connection:
            if (before := log.sent_before(connection, draft)) is not None:
                return before
            if draft.event == "verdict" and not _says(draft):
                draft = replace(draft, event="clear", comment=None)
                if not _holds(connection, draft):
                    raise NotAllowedError(
                        "The verdict was not saved: it has neither an answer nor a comment, and "
                        "there is no earlier one to withdraw."
                    )
            if draft.event == "call" and _last(connection, draft, ("call",)) is not None:
                raise NotAllowedError(
                    "The call was not saved: there is one of yours on this film, which is locked."
                )
            (added,) = log.add(connection, draft)
        return added

    def undo(self, draft: Draft) -> Entry:
        """Takes back the last that a reader said on a film; what was before it holds again.

        A call is never taken back.

        Args:
            draft: Reader, film, model and worklist; its event and what it says are not looked at.

        Raises:
            NotAllowedError: If there is nothing to take back, or the reader may not.
            RecordError: If it could not be saved.
        """
        draft = Draft(
            event="undo",
            image_id=draft.image_id,
            bundle_sha256=draft.bundle_sha256,
            reader=draft.reader,
            reader_id=draft.reader_id,
            worklist_id=draft.worklist_id,
            item=draft.item,
            action_id=draft.action_id,
        )
        with self._database.writing(_WHAT) as connection:
            if (before := log.sent_before(connection, draft)) is not None:
                return before
            found = _last(connection, draft, _UNDONE)
            if found is None:
                raise NotAllowedError("There is nothing of yours on this film to take back.")
            (added,) = log.add(connection, replace(draft, undoes=found.number))
        return added


def _checked(draft: Draft) -> Draft:
    if draft.event not in _SAID:
        raise ValueError(f"`event` must be one of {_SAID}. Received {draft.event!r}.")
    if draft.agreement is not None and draft.agreement not in AGREEMENTS:
        raise ValueError(
            f"`agreement` must be one of {AGREEMENTS} or None. Received {draft.agreement!r}."
        )
    if draft.confidence is not None and not 0 <= draft.confidence <= 1:
        raise ValueError(f"`confidence` must be from 0 to 1. Received {draft.confidence!r}.")
    for name in ("reading_seconds", "idle_seconds"):
        seconds = getattr(draft, name)
        if seconds is not None and seconds < 0:
            raise ValueError(f"`{name}` must not be negative. Received {seconds!r}.")
    return replace(draft, comment=None if draft.comment is None else draft.comment.strip())


def _says(draft: Draft) -> bool:
    return draft.agreement is not None or any(
        (draft.label, draft.comment, draft.tags, draft.regions)
    )


def _holds(connection: Connection, draft: Draft) -> bool:
    """Whether a verdict holds for a reader: the reader's own, or before one that names nobody."""
    own = _last(connection, draft, _VERDICTS)
    found = own or _last(connection, replace(draft, reader="", reader_id=None), _VERDICTS)
    return found is not None and found.event == "verdict"


def _last(connection: Connection, draft: Draft, events: tuple[str, ...]) -> Row[int, str] | None:
    """Number and event of the last that a reader said about a film and did not take back."""
    columns = entries.c
    if draft.worklist_id is None:
        of_model = columns.bundle_sha256 == draft.bundle_sha256
        of_film = and_(of_model, columns.image_id == draft.image_id)
        of_reader = columns.reader == storable(draft.reader)
    else:
        of_film = and_(columns.item == draft.item)
        of_reader = columns.reader_id == draft.reader_id
    later = entries.alias()
    return connection.execute(
        select(columns.number, columns.event)
        .where(
            columns.worklist_id == draft.worklist_id,
            of_film,
            of_reader,
            columns.event.in_(events),
            ~exists().where(later.c.undoes == columns.number),
        )
        .order_by(columns.number.desc())
        .limit(1)
    ).one_or_none()
