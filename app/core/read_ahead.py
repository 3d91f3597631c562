"""Reading ahead: files are fetched by threads of their own while others compute.

A file system that stalls costs the films that it does not give, not the run: each read has a
time limit, and the thread that hangs in it is left behind and replaced.
"""

from __future__ import annotations

import time
from queue import SimpleQueue
from threading import Condition, Event, Lock, Thread
from types import TracebackType
from typing import Self

from app.core.errors import SourceError, UnreadableImageError
from app.core.sources import Source

# Enough to hide the latency of a network file system; a local disk is as fast with one.
NUM_READERS = 8
# What may lie read and unused at once, beside the files that are being read.
MAX_BYTES_AHEAD = 128 * 1024**2
# The largest file that is read at all comes within this at 10 MB a second.
SECONDS_A_READ = 60.0
# So many reads that hang are a file system that is gone, not a bad file.
MAX_STALLED = 16


class ReadAhead:
    """Reads sources in the order they are asked for, a bounded number of bytes ahead."""

    def __init__(
        self, *, seconds_a_read: float = SECONDS_A_READ, max_bytes: int = MAX_BYTES_AHEAD
    ) -> None:
        self.seconds_a_read = seconds_a_read
        self._max_bytes = max_bytes
        self._queue: SimpleQueue[Pending | None] = SimpleQueue()
        self._turn = Lock()
        self._changed = Condition()
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
            self._changed.notify_all()
        for _ in range(NUM_READERS + self._num_stalled):
            self._queue.put(None)

    def read(self, source: Source) -> Pending:
        """Asks for a source; `Pending.take` waits for its bytes."""
        pending = Pending(source, self)
        self._queue.put(pending)
        return pending

    def _start_reader(self) -> None:
        # A daemon, so that a read that never ends does not keep the program from ending.
        Thread(target=self._read_until_closed, daemon=True, name="read").start()

    def _read_until_closed(self) -> None:
        while (pending := self._next()) is not None and pending.fetch():
            pass

    def _next(self) -> Pending | None:
        # One reader at a time, so that reads begin in order: those who take go in that order
        # too, and would wait without end for one that was overtaken while there was no room.
        with self._turn:
            pending = self._queue.get()
            with self._changed:
                self._changed.wait_for(self._has_room)
            return None if self._is_closed else pending

    def _has_room(self) -> bool:
        return self._is_closed or self._bytes_ahead < self._max_bytes

    def hold(self, size: int) -> None:
        """Counts bytes that were read; negative when they were taken."""
        with self._changed:
            self._bytes_ahead += size
            self._changed.notify_all()

    def replace_reader(self) -> None:
        """Leaves a reader that hangs behind.

        Raises:
            SourceError: If too many hang.
        """
        with self._changed:
            self._num_stalled += 1
            if self._num_stalled >= MAX_STALLED:
                raise SourceError(
                    f"{self._num_stalled} files did not come within {self.seconds_a_read:.0f} s "
                    "each. The disk or the connection seems to be gone; check it and start again. "
                    "What is done is kept."
                )
        self._start_reader()


class Pending:
    """The bytes of one source, once they are there."""

    def __init__(self, source: Source, ahead: ReadAhead) -> None:
        self.source = source
        self._ahead = ahead
        self._began: float | None = None
        self._ended = Event()
        self._is_given_up = False
        self._data: bytes | None = None
        self._error: Exception | None = None

    def take(self) -> bytes:
        """Waits for the bytes and hands them over; to be called once.

        Raises:
            ImageError: If the source cannot be read, or not within the time limit.
            SourceError: If too many reads hang.
        """
        while not self._ended.wait(self._seconds_left()):
            if self._began is None or self._seconds_left() > 0:
                continue
            self._is_given_up = True
            self._ahead.replace_reader()
            raise UnreadableImageError(
                "stalled",
                f"Reading did not end within {self._ahead.seconds_a_read:.0f} s. Check the disk "
                "or the connection, and try again.",
            )
        if self._error is not None:
            raise self._error
        data, self._data = self._data or b"", None
        self._ahead.hold(-len(data))
        return data

    def fetch(self) -> bool:
        """Reads the source, in a reader's thread; False if nobody waits for it any more."""
        self._began = time.monotonic()
        try:
            self._data = self.source.read()
        except Exception as error:
            self._error = error
        if self._is_given_up:
            return False
        self._ahead.hold(len(self._data or b""))
        self._ended.set()
        return True

    def _seconds_left(self) -> float:
        # One that has not begun waits for reads that end, or run out of time themselves.
        began = self._began if self._began is not None else time.monotonic()
        return max(0.0, began + self._ahead.seconds_a_read - time.monotonic())
