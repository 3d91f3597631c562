"""Small pictures of films, made when they are first asked for and kept in a bounded memory."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from threading import BoundedSemaphore, Lock

from app.core.errors import TRANSIENT, ImageError, UnreadableImageError
from app.core.images import decoding, display, geometry
from app.core.images.guard import guarded
from app.core.images.preparation import read_film
from app.core.images.reading import ReadOptions, Window
from app.core.sources.source import Source

SIDE = 256  # pixels
_MAX_BYTES = 48 * 1024**2
_OF_AN_ENTRY = 500  # about how many bytes it takes without its picture
# A list that is scrolled fast asks for many at once; they share the cores with scoring.
_AT_ONCE = 2


class Thumbnails:
    """Thumbnails as JPEG, those kept that were used last. Thread-safe."""

    def __init__(self, max_bytes: int = _MAX_BYTES) -> None:
        """Starts empty.

        Args:
            max_bytes: How much memory they may take together.
        """
        self._max_bytes = max_bytes
        self._bytes = 0
        # A picture that cannot be made is empty.
        self._kept: OrderedDict[tuple[str, ReadOptions], bytes] = OrderedDict()
        self._lock = Lock()
        self._making = BoundedSemaphore(_AT_ONCE)

    def get(
        self, image_id: str, source: Source, *, model_window: Window | None = None
    ) -> bytes | None:
        """The thumbnail of a film; None if it cannot be read, or is another one by now.

        Args:
            image_id: Identity of the film.
            source: Where it is read from.
            model_window: That of the model, for a film whose reader chose none.
        """
        key = image_id, replace(source.reading, model_window=model_window)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key] or None
        with self._making:
            try:
                made = _thumbnail(*key, source)
            except ImageError:
                return None  # may be there again next time
        self._keep(key, made)
        return made or None

    def _keep(self, key: tuple[str, ReadOptions], made: bytes) -> None:
        with self._lock:
            if key not in self._kept:
                self._kept[key] = made
                self._bytes += _cost(made)
            while self._bytes > self._max_bytes:
                self._bytes -= _cost(self._kept.popitem(last=False)[1])


def _cost(made: bytes) -> int:
    return len(made) + _OF_AN_ENTRY


def _thumbnail(image_id: str, reading: ReadOptions, source: Source) -> bytes:
    data = source.read()
    if image_id not in source.reading.image_ids(decoding.image_id(data)):
        raise UnreadableImageError("changed", "Another film lies there now.")
    try:
        with guarded():
            film = read_film(data, reading)
            return display.jpeg(geometry.shrunk(film, SIDE), quality=80)
    except ImageError as error:
        if error.code in TRANSIENT:
            raise
        return b""
