"""Who reads what: the tokens that pages hand to the browser, and what each of them stands for."""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from app.core.record.readers import Reader

_MAX_SESSIONS = 10_000
_SECONDS = 12 * 3600


@dataclass(frozen=True, slots=True)
class ReadingSession:
    """A reader in a worklist.

    Attributes:
        token: What the browser shows to prove that it is this reader; of no use in any other
            worklist.
        reader: Who reads; None where nobody is named.
        worklist_id: Part of the worklist's address.
    """

    token: str
    reader: Reader | None
    worklist_id: str


class Sessions:
    """The open sessions of one server, in memory alone. Thread-safe.

    A session ends when its reader is removed, and when it was not used for hours. After a restart
    of the server every page asks for a new one.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Begins without any.

        Args:
            clock: The time in seconds from any start.
        """
        self._clock = clock
        # By token, those that were used last at the end, each with when that was.
        self._sessions: OrderedDict[str, tuple[ReadingSession, float]] = OrderedDict()
        self._lock = Lock()

    def open(self, reader: Reader | None, worklist_id: str) -> str:
        """The token of a reader in a worklist; the same one as long as it holds.

        Args:
            reader: Who reads; None where nobody is named.
            worklist_id: Part of the worklist's address.
        """
        with self._lock:
            self._forget_unused()
            for session, _ in self._sessions.values():
                if (session.reader, session.worklist_id) == (reader, worklist_id):
                    self._use(session)
                    return session.token
            session = ReadingSession(secrets.token_urlsafe(24), reader, worklist_id)
            self._use(session)
            if len(self._sessions) > _MAX_SESSIONS:
                self._sessions.popitem(last=False)
            return session.token

    def find(self, token: str) -> ReadingSession | None:
        """What a token stands for; None if it never did or does no longer.

        Args:
            token: As returned by `open`.
        """
        with self._lock:
            self._forget_unused()
            found = self._sessions.get(token)
            if found is not None:
                self._use(found[0])
            return None if found is None else found[0]

    def end_of(self, reader_id: int) -> None:
        """Ends all sessions of a reader, who was removed or signed out.

        Args:
            reader_id: Number of the reader.
        """
        with self._lock:
            for session, _ in list(self._sessions.values()):
                if session.reader is not None and session.reader.id == reader_id:
                    del self._sessions[session.token]

    def _use(self, session: ReadingSession) -> None:
        self._sessions[session.token] = session, self._clock()
        self._sessions.move_to_end(session.token)

    def _forget_unused(self) -> None:
        oldest = self._clock() - _SECONDS
        while self._sessions and next(iter(self._sessions.values()))[1] < oldest:
            self._sessions.popitem(last=False)


sessions = Sessions()
"""Those of this process, which pages and routes share."""
