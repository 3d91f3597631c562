"""Reads files ahead in separate threads while others compute.

A file system that stalls costs only the films it does not deliver, not the run: each read has
a time limit, after which its thread is abandoned and replaced. An abandoned thread ends by
itself if its file arrives after all.
"""

from __future__ import annotations

import time
from collections import deque
from threading import Condition, Event, Thread
from types import TracebackType
from typing import Self

from app.core.errors import SourceError, UnreadableImageError
from app.core.sources.source import Source

# Enough to hide the latency of a network file system; for a local disk one would do.
NUM_READERS = 8
# Bytes that may be read but unused at any time, in addition to reads in progress.
MAX_BYTES_AHEAD = 128 * 1024**2
# Enough for the largest accepted file at 10 MB/s.
SECONDS_A_READ = 60.0
# If this many reads stall at once, the file system is gone; it is not one bad file.
MAX_STALLED = 16


class ReadAhead:
    """Reads sources in the order of request, ahead of use by a bounded number of bytes.

    Closing it wakes up everyone who waits for a read at once. Otherwise those threads would block
    others that wait for them to end.
    """

    def __init__(
        self, *, seconds_a_read: float = SECONDS_A_READ, max_bytes: int = MAX_BYTES_AHEAD
    ) -> None:
        """Sets the limits; entering the context starts the readers.

        Args:
            seconds_a_read: Time limit of one read in seconds.
            max_bytes: Bytes that may be read but unused at any time.
        """
        self.seconds_a_read = seconds_a_read
        self._max_bytes = max_bytes
        # Its lock protects all attributes below and the state of each `Pending`.
        self._changed = Condition()
        self._asked: deque[Pending] = deque()
        self._expected: set[Pending] = set()  # requested, neither finished nor abandoned
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
        """Requests a source; `Pending.take` waits for its bytes."""
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
        # A daemon, so that a read that never ends does not prevent the program from exiting.
        Thread(target=self._read_until_closed, daemon=True, name="read").start()

    def _read_until_closed(self) -> None:
        while (pending := self._next()) is not None and self._fetch(pending):
            pass

    def _next(self) -> Pending | None:
        """The next read once there is room for it; None when closed.

        Reads start in order. Takers also proceed in order, so a read overtaken while there was no
        room would make them wait forever.
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
        """Reads a source; False if the read was abandoned and this reader replaced."""
        data, error = b"", None
        try:
            data = pending.source.read()
        except BaseException as raised:  # whatever it is, the film's taker is to have it
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
        """Releases the room of bytes that were taken."""
        with self._changed:
            was_full = self._is_full()
            self._bytes_ahead -= num_bytes
            if was_full:  # otherwise no reader is waiting for room
                self._changed.notify_all()

    def give_up_late(self, pending: Pending) -> None:
        """Abandons the reader of a read whose time limit has passed.

        Raises:
            UnreadableImageError: If the limit has passed.
            SourceError: If too many reads are stalled.
        """
        with self._changed:
            # It may have finished or started since its time was checked.
            if pending not in self._expected or pending.began is None or pending.seconds_left():
                return
            self._expected.remove(pending)
            self._num_stalled += 1
            if self._num_stalled >= MAX_STALLED:
                raise SourceError(
                    f"{self._num_stalled} files could not be read within "
                    f"{self.seconds_a_read:g} s each. The disk or the connection seems to be "
                    "lost; check it and start again. Completed results are kept."
                )
        self._start_reader()
        raise UnreadableImageError(
            "stalled",
            f"The file could not be read within {self.seconds_a_read:g} s. Check the disk or the "
            "connection, and try again.",
        )


class Pending:
    """The bytes of one source, available once it has been read."""

    def __init__(self, source: Source, ahead: ReadAhead) -> None:
        """Created by `ReadAhead.read`.

        Args:
            source: The source to read.
            ahead: The reader it belongs to.
        """
        self.source = source
        self._ahead = ahead
        self.began: float | None = None
        self.is_over = Event()  # finished, failed, or cancelled because the reader was closed
        self.data: bytes | None = None
        self.error: BaseException | None = None

    def take(self) -> bytes:
        """Waits for the bytes and returns them; call it only once.

        Raises:
            ImageError: If the source cannot be read, or not within the time limit.
            SourceError: If too many reads are stalled, or the reader was closed before this one
                finished.
        """
        while not self.is_over.wait(self.seconds_left()):
            self._ahead.give_up_late(self)
        if self.error is not None:
            raise self.error
        if self.data is None:
            raise SourceError("Reading was stopped before this file was read. Start again.")
        data, self.data = self.data, None
        self._ahead.taken(len(data))
        return data

    def seconds_left(self) -> float:
        """Seconds until the time limit; the full limit if the read has not started."""
        began = self.began if self.began is not None else time.monotonic()
        return max(0.0, began + self._ahead.seconds_a_read - time.monotonic())
