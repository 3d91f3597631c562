"""Finds the film whose decoder ended the process, after the process has ended.

A decoder that crashes or never returns takes the whole run with it. Decoding in a process beside
this one gave 0.89 of the rate of threads on two cores (160 radiographs, median of 4 rounds), so the
films that are being decoded are noted in a file instead. Whatever stands there when the next run
begins was being decoded when the last one ended: each of these is first decoded in a process of its
own, and refused if that ends as well.
"""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType

from app.core.errors import ImageError, UnreadableImageError
from app.core.images import decoding
from app.core.images.reading import ReadOptions

_SECONDS_ALONE = 60
_DIGEST = 64  # characters of a SHA-256
_NONE = b"\0" * _DIGEST


class InFlight:
    """The films that are being decoded, in a file that outlives the process. Thread-safe."""

    def __init__(self, path: Path) -> None:
        """Takes over the films of a run that ended before, and starts a new list.

        Args:
            path: The file; its folder must exist.
        """
        self._path = path
        self._suspects = _noted(path)
        self._file = path.open("wb", buffering=0)
        self._lock = threading.Lock()
        self._places: list[bool] = []  # whether each is taken

    def __enter__(self) -> InFlight:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()
        self._path.unlink(missing_ok=True)

    @contextmanager
    def decoding(self, image_id: str, data: bytes, reading: ReadOptions) -> Iterator[None]:
        """Notes a film until it is decoded.

        Args:
            image_id: SHA-256 of the file.
            data: The file.
            reading: The reader's choices.

        Raises:
            UnreadableImageError: If it was noted when the last run ended, and ends or holds up a
                process of its own as well.
        """
        if image_id in self._suspects:
            _require_harmless(data, reading)
        with self._lock:
            if False not in self._places:
                self._places.append(False)
            place = self._places.index(False)
            self._places[place] = True
            self._write(place, image_id.encode())
        try:
            yield
        finally:
            with self._lock:
                self._write(place, _NONE)
                self._places[place] = False

    def _write(self, place: int, content: bytes) -> None:
        self._file.seek(place * _DIGEST)
        self._file.write(content)


def _noted(path: Path) -> frozenset[str]:
    content = path.read_bytes() if path.exists() else b""
    starts = range(0, len(content), _DIGEST)
    digests = (content[start : start + _DIGEST] for start in starts)
    return frozenset(one.decode("ascii", "replace") for one in digests if one != _NONE)


def _require_harmless(data: bytes, reading: ReadOptions) -> None:
    process = multiprocessing.get_context("spawn").Process(
        target=_decode, args=(data, reading), daemon=True
    )
    process.start()
    process.join(_SECONDS_ALONE)
    if process.exitcode == 0:
        return
    if process.exitcode is None:
        process.kill()
        process.join()
        raise _unreadable(f"did not end within {_SECONDS_ALONE} s")
    raise _unreadable("ended the process")


def _unreadable(what: str) -> UnreadableImageError:
    return UnreadableImageError(
        "ends_process",
        "The last run ended while this file was being decoded, and when it was tried again alone, "
        f"decoding {what}. Export the image again, or as PNG.",
    )


def _decode(data: bytes, reading: ReadOptions) -> None:
    """In a process of its own: what is refused there is harmless."""
    with suppress(ImageError):
        decoding.decode(data, reading)
