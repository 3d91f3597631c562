"""Finds the film whose decoder ended the process, after the process has ended.

A decoder that crashes takes the whole program with it. Decoding in a process beside this one gave
0.89 of the rate of threads on two cores (160 radiographs, median of 4 rounds), so each film is
noted, while it is decoded, as an empty file named by its digest. A note that this process did not
write is of one that ended: such a film is first decoded in a process of its own, and refused as
long as it ends that as well. (The note may also be of a program that runs at the same time. Then
the film is harmless, and a second of work is lost.)
"""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from app.core.images.in_time import TooLateError
from app.core.images.limits import MAX_WAIT


class LeftBehindError(Exception):
    """A film with a note of another process, which may have ended of it."""


class _InFlight:
    """The films that this process is decoding. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers: Counter[str] = Counter()  # several threads may decode the same film
        self._given_up: set[str] = set()
        self._folder: Path | None = None

    def keep_in(self, folder: Path) -> None:
        """From now on notes the films in a folder; if it cannot be written, they are not noted.

        Args:
            folder: Is created; several processes may share it.
        """
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder

    @contextmanager
    def __call__(self, image_id: str, *, is_tried: bool = False) -> Iterator[None]:
        """Notes a film until it is decoded.

        Args:
            image_id: SHA-256 of the file.
            is_tried: Whether it was tried in a process of its own since.

        Raises:
            LeftBehindError: If another process has left a note of it.
            TooLateError: If a thread that was given up still decodes it.
        """
        with self._lock:
            if image_id in self._given_up:
                raise TooLateError(MAX_WAIT)
            if not self._numbers[image_id] and not self._write(image_id) and not is_tried:
                raise LeftBehindError
            self._numbers[image_id] += 1
        try:
            yield
        finally:
            with self._lock:
                self._numbers[image_id] -= 1
                if not self._numbers[image_id]:
                    del self._numbers[image_id]
                    self._given_up.discard(image_id)
                    self._remove(image_id)

    def give_up(self, image_id: str) -> None:
        """Refuses a film from now on, as long as the thread that was given up decodes it.

        Args:
            image_id: SHA-256 of the file.
        """
        with self._lock:
            if self._numbers[image_id]:
                self._given_up.add(image_id)

    def _write(self, image_id: str) -> bool:
        """Whether there was no note of the film yet; pathlib would take twice as long."""
        if self._folder is None:
            return True
        try:
            os.close(os.open(f"{self._folder}/{image_id}", os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        except OSError as error:
            return not isinstance(error, FileExistsError)
        return True

    def _remove(self, image_id: str) -> None:
        if self._folder is not None:
            with suppress(OSError):
                os.unlink(f"{self._folder}/{image_id}")


in_flight = _InFlight()
