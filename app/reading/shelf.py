"""Pictures and heatmaps that were made already, and those made ahead for the next films."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Lock

from app.core.errors import Remedy
from app.core.explanations.selection import Choice
from app.core.review.film_heatmaps import FilmHeatmap, compute_heatmap, known_heatmap
from app.core.review.film_pictures import FilmPicture, film_picture
from app.core.review.lru_cache import LruCache
from app.core.review.open_worklist import OpenWorklist
from app.core.scoring.result import Result

# Films of 12 bits take up to 8 MB each.
_BYTES = 256 * 1024**2
# Beyond this many, nothing is done ahead: its readers are gone by then.
_MOST_WAITING = 64
_LAYER_BYTES = 64 * 1024**2
_layers: LruCache[Hashable, bytes] = LruCache(_LAYER_BYTES, size=len)
_pictures: LruCache[Hashable, FilmPicture] = LruCache(_BYTES, size=lambda picture: len(picture.png))


class Waiting:
    """Work for later, each piece once, in few threads. Thread-safe."""

    def __init__(self, threads: int, name: str) -> None:
        """Begins without any.

        Args:
            threads: How many work.
            name: Of them.
        """
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._pieces: set[Hashable] = set()
        self._failures: dict[Hashable, Exception] = {}
        self._lock = Lock()

    def do(self, key: Hashable, work: Callable[[], object]) -> None:
        """Does it as soon as a thread is free, unless it waits already, or too much does.

        Args:
            key: Of the work.
            work: What to do. What it raised the last time is raised here once.
        """
        with self._lock:
            if (failure := self._failures.pop(key, None)) is not None:
                raise failure
            if key not in self._pieces and len(self._pieces) < _MOST_WAITING:
                self._pieces.add(key)
                self._threads.submit(self._run, key, work)

    def _run(self, key: Hashable, work: Callable[[], object]) -> None:
        failure = None
        try:
            work()
        except Exception as error:
            failure = error
        with self._lock:
            self._pieces.discard(key)
            if failure is not None and len(self._failures) < _MOST_WAITING:
                self._failures[key] = failure


_ahead = Waiting(2, "ahead")


def picture(opened: OpenWorklist, item: int) -> FilmPicture:
    """The picture of a film, made once as long as it is read in the same way.

    Args:
        opened: The worklist.
        item: Position of the film.

    Raises:
        ImageError: If it cannot be read or decoded.
    """
    return _pictures.get(_key(opened, item), lambda: film_picture(opened, item))


def corrected_picture(opened: OpenWorklist, item: int, remedy: Remedy) -> FilmPicture:
    """The picture of a refused film as it would be with a remedy, made once.

    Args:
        opened: The worklist.
        item: Position of the film.
        remedy: What is offered.

    Raises:
        ImageError: If it cannot be read or decoded.
    """
    key = _key(opened, item), remedy
    return _pictures.get(key, lambda: film_picture(opened, item, remedy=remedy))


def usual_heatmap(opened: OpenWorklist, item: int, result: Result, choice: Choice) -> FilmHeatmap:
    """The heatmap that comes with a score; computed again where it is known no more.

    Args:
        opened: The worklist.
        item: Position of the film.
        result: Of the film.
        choice: Of the usual method.

    Raises:
        ImageError: If the film can no longer be read.
    """
    return known_heatmap(opened, result, choice) or compute_heatmap(opened, item, choice)


def heatmap_png(opened: OpenWorklist, item: int, heatmap: FilmHeatmap) -> bytes:
    """The colours of a heatmap, painted once.

    Args:
        opened: The worklist.
        item: Position of the film.
        heatmap: Its evidence.

    Raises:
        ImageError: If the film can no longer be read.
    """
    film = picture(opened, item)
    key = film.digest, opened.bundle.sha256, heatmap.choice
    return _layers.get(key, lambda: heatmap.png((film.rows, film.columns)))


def make_ahead(opened: OpenWorklist, item: int, choice: Callable[[Result], Choice | None]) -> None:
    """Makes picture and heatmap of a film that is likely to be asked for next.

    Args:
        opened: The worklist.
        item: Position of the film.
        choice: The heatmap that comes with a result; None without one.
    """

    def make() -> None:
        picture(opened, item)
        result = opened.result(item)
        if result is not None and (wanted := choice(result)) is not None:
            heatmap_png(opened, item, usual_heatmap(opened, item, result, wanted))

    key = _key(opened, item)
    if key not in _pictures:
        with suppress(Exception):  # of the last time; told when it is asked for
            _ahead.do(key, make)


def _key(opened: OpenWorklist, item: int) -> Hashable:
    """Another one whenever a film is judged anew, as its file may have been put back."""
    result = opened.result(item)
    stamp = None if result is None else (result.image_id, result.source.reading)
    return opened.worklist.id, item, stamp
