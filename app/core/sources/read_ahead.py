"""Reading ahead: files are fetched by threads of their own while others compute.

A file system that stalls costs the films that it does not give, not the run: each read has a
time limit, and the thread that hangs in it is left behind and replaced. It ends by itself if its
file comes after all.
"""

from __future__ import annotations

import time
from collections import deque
from threading import Condition, Event, Thread
from types import TracebackType
from typing import Self

from app.core.errors import SourceError, UnreadableImageError
from app.core.sources.sources import Source

# Enough to hide the latency of a network file system; a local disk is as fast with one.
NUM_READERS = 8
# What may lie read and unused at once, beside the files that are being read.
MAX_BYTES_AHEAD = 128 * 1024**2
# The largest file that is read at all comes within this at 10 MB a second.
SECONDS_A_READ = 60.0
# So many reads that hang at once are a file system that is gone, not a bad file.
MAX_STALLED = 16


class ReadAhead:
    """Reads sources in the order they are asked for, a bounded number of bytes ahead.

    When it is closed, who still waits for a read is told so at once: a thread that waited on
    would keep those from ending who wait for the thread.
    """

    def __init__(
        self, *, seconds_a_read: float = SECONDS_A_READ, max_bytes: int = MAX_BYTES_AHEAD
    ) -> None:
        self.seconds_a_read = seconds_a_read
        self._max_bytes = max_bytes
        # Its lock guards all that follows, and what is said of a read in `Pending`.
        self._changed = Condition()
        self._asked: deque[Pending] = deque()
        self._expected: set[Pending] = set()  # asked for, and neither come nor given up
        self._bytes_ahead = 0
        self._num_stalled = 0
        self._is_closed = False

    def __enter__(self) -> Self:
        for _ in range(NUM_READERS):
            self._start_reader()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with self._changed:
            self._is_closed = True
            for pending in self._expected:
                pending.is_over.set()
            self._expected.clear()
            self._asked.clear()
            self._changed.notify_all()

    def read(self, source: Source) -> Pending:
        """Asks for a source; `Pending.take` waits for its bytes."""
        pending = Pending(source, self)
        with self._changed:
            if self._is_closed:
                pending.is_over.set()
            else:
                self._asked.append(pending)
                self._expected.add(pending)
                self._changed.notify()
        return pending

    def _start_reader(self) -> None:
        # A daemon, so that a read that never ends does not keep the program from ending.
        Thread(target=self._read_until_closed, daemon=True, name="read").start()

    def _read_until_closed(self) -> None:
        while (pending := self._next()) is not None and self._fetch(pending):
            pass

    def _next(self) -> Pending | None:
        """The next read, as soon as there is room for it; None when this is closed.

        Reads begin in order: those who take go in that order too, and would wait without end
        for one that was overtaken while there was no room.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._is_closed or (self._asked and not self._is_full()))
            if self._is_closed:
                return None
            pending = self._asked.popleft()
            pending.began = time.monotonic()
            return pending

    def _is_full(self) -> bool:
        return self._bytes_ahead >= self._max_bytes

    def _fetch(self, pending: Pending) -> bool:
        """Reads a source; False if nobody waits for it any more, and this reader was replaced."""
        data, error = b"", None
        try:
            data = pending.source.read()
        except Exception as raised:
            error = raised
        with self._changed:
            if pending not in self._expected:
                self._num_stalled -= 1
                return False
            self._expected.remove(pending)
            self._bytes_ahead += len(data)
            pending.data, pending.error = data, error
            pending.is_over.set()
            return True

    def taken(self, num_bytes: int) -> None:
        """Makes room where bytes lay that now were taken."""
        with self._changed:
            was_full = self._is_full()
            self._bytes_ahead -= num_bytes
            if was_full:  # else no reader waits for room, and idle ones need not be woken
                self._changed.notify_all()

    def give_up_late(self, pending: Pending) -> None:
        """Leaves the reader of a read behind, if its time is over.

        Raises:
            UnreadableImageError: If it is.
            SourceError: If too many hang now.
        """
        with self._changed:
            # It may have come, or begun, since its time was looked at.
            if pending not in self._expected or pending.began is None or pending.seconds_left():
                return
            self._expected.remove(pending)
            self._num_stalled += 1
            if self._num_stalled >= MAX_STALLED:
                raise SourceError(
                    f"{self._num_stalled} files at once did not come within "
                    f"{self.seconds_a_read:g} s each. The disk or the connection seems to be "
                    "gone; check it and start again. What is done is kept."
                )
        self._start_reader()
        raise UnreadableImageError(
            "stalled",
            f"Reading did not end within {self.seconds_a_read:g} s. Check the disk or the "
            "connection, and try again.",
        )


class Pending:
    """The bytes of one source, once they are there."""

    def __init__(self, source: Source, ahead: ReadAhead) -> None:
        self.source = source
        self._ahead = ahead
        self.began: float | None = None
        self.is_over = Event()  # it came or failed, or will not be read as reading was closed
        self.data: bytes | None = None
        self.error: Exception | None = None

    def take(self) -> bytes:
        """Waits for the bytes and hands them over; to be called once.

        Raises:
            ImageError: If the source cannot be read, or not within the time limit.
            SourceError: If too many reads hang, or reading was closed before this one ended.
        """
        while not self.is_over.wait(self.seconds_left()):
            self._ahead.give_up_late(self)
        if self.error is not None:
            raise self.error
        if self.data is None:
            raise SourceError("Reading was ended before this file had come. Start again.")
        data, self.data = self.data, None
        self._ahead.taken(len(data))
        return data

    def seconds_left(self) -> float:
        """Until it is late; one that has not begun waits for reads that end or are late."""
        began = self.began if self.began is not None else time.monotonic()
        return max(0.0, began + self._ahead.seconds_a_read - time.monotonic())
