"""A batch under review, scored in a background thread and readable while it grows."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from threading import Event, Lock, Thread

from app.core.bundles.bundle import Bundle
from app.core.errors import OverreadError, raised_at
from app.core.gate.shift import Shift
from app.core.images.reading import AS_STORED, ReadOptions
from app.core.results.folder_shift import compare_results
from app.core.scoring.duplicates import with_duplicates
from app.core.scoring.engine import Engine
from app.core.scoring.known_results import KnownResults
from app.core.scoring.result import Result
from app.core.scoring.second_look import SecondLook
from app.core.sources.left_out import LeftOut
from app.core.sources.source import Source
from app.core.sources.uploads import Spool

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Progress:
    """Progress of a batch.

    Attributes:
        done: Images scored so far.
        total: Images in the batch.
        seconds: Time since the start.
        running: Whether scoring is in progress.
        cancelled: Whether it was cancelled.
        error: Why it stopped early; empty if it did not.
    """

    done: int
    total: int
    seconds: float
    running: bool
    cancelled: bool
    error: str = ""

    @property
    def rate(self) -> float:
        """Images per second so far."""
        return self.done / self.seconds if self.seconds > 0 else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Estimated time left in seconds; None before the first image."""
        return (self.total - self.done) / self.rate if self.done else None


class Batch:
    """Images being scored by one engine. Results are kept when the batch is cancelled.

    Attributes:
        bundle: The bundle that they are scored with.
        left_out: What lay beside the images and is not listed.
        computed_by: The library that computes; empty before the start.
        results: The results so far, in order, without heatmaps.
        shift: How the images differ from the reference of the bundle; None until all are scored,
            and if it has no reference.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        *,
        bundle: Bundle,
        spooled: Spool | None = None,
        known: KnownResults | None = None,
        left_out: LeftOut | None = None,
        second_look: SecondLook | None = None,
    ) -> None:
        """Stores the images; `start` begins scoring.

        Args:
            sources: The images.
            bundle: The bundle to score them with.
            spooled: The uploads they are from, kept on disk as long as the batch.
            known: Cache of earlier results, to which new ones are added.
            left_out: What lay beside the images and is not listed.
            second_look: How refused films are judged after all, see `Engine.score`.
        """
        self._second_look = second_look
        self.bundle = bundle
        self.left_out = left_out or LeftOut()
        self._spooled = spooled
        self._known = known
        self.computed_by = ""
        self.results: list[Result] = []
        self.shift: Shift | None = None
        self._sources = sources
        self._cancel = Event()
        self._error = ""
        self._started: float | None = None
        self._ended: float | None = None
        self._thread: Thread | None = None
        self._comparison: Thread | None = None
        self._comparing = Lock()
        self._is_compared = False
        self._num_replaced, self._num_compared = 0, -1

    def start(self, engine: Engine) -> None:
        """Starts scoring in the background."""
        self.computed_by = engine.backend.description
        self._started = time.monotonic()
        self._thread = Thread(target=self._run, args=(engine,), daemon=True, name="batch")
        self._thread.start()

    def read_as(self, reading: ReadOptions, second_look: SecondLook | None = None) -> Batch:
        """The same images, not yet started, with a reader's choices for what files leave open.

        Args:
            reading: The choices.
            second_look: How refused films are judged after all by now, see `Engine.score`.
        """
        return Batch(
            [replace(source, reading=reading) for source in self._sources],
            bundle=self.bundle,
            spooled=self._spooled,
            known=self._known,
            left_out=self.left_out,
            second_look=second_look,
        )

    @property
    def reading(self) -> ReadOptions:
        """How all files are read that leave it open."""
        return self._sources[0].reading if self._sources else AS_STORED

    def judge_again(self, source: Source, reading: ReadOptions, engine: Engine) -> Result:
        """The result of one film as its reader decided, which `replace` puts into the batch.

        Args:
            source: The film.
            reading: How it is read then.
            engine: The model.
        """
        (result,) = engine.score([replace(source, reading=reading)], known=self._known)
        return replace(result, evidence=None)

    def replace(self, source: Source, result: Result) -> None:
        """Puts the result of a film in the place of the one it has.

        Once all are scored, they are compared with the reference again, in the background; `wait`
        waits for it.

        Args:
            source: The film, as in the result it has.
            result: As returned by `judge_again`.
        """
        for position, found in enumerate(self.results):
            if found.source == source:
                self.results[position] = replace(result, duplicate_of=found.duplicate_of)
        self._num_replaced += 1
        if self._is_compared:
            self._comparison = Thread(target=self._compare_again, daemon=True, name="shift")
            self._comparison.start()

    def cancel(self) -> None:
        """Stops after the images in progress; results so far are kept."""
        self._cancel.set()

    def wait(self, timeout: float | None = None) -> None:
        """Blocks until the batch is finished or cancelled, and compared."""
        for thread in (self._thread, self._comparison):
            if thread is not None:
                thread.join(timeout)

    @property
    def progress(self) -> Progress:
        """The current progress."""
        started = self._started
        seconds = (self._ended or time.monotonic()) - started if started is not None else 0.0
        return Progress(
            done=len(self.results),
            total=len(self._sources),
            seconds=seconds,
            running=self._thread is not None and self._ended is None,
            cancelled=self._cancel.is_set(),
            error=self._error,
        )

    def _scored(self, engine: Engine) -> Iterator[Result]:
        return with_duplicates(
            engine.score(
                self._sources, known=self._known, second_look=self._second_look, is_background=True
            )
        )

    def _run(self, engine: Engine) -> None:
        try:
            with self._explained():
                for result in self._scored(engine):
                    # Without the heatmap, because 100,000 of them would fill the memory.
                    self.results.append(replace(result, evidence=None))
                    if self._cancel.is_set():
                        break
                # From now on a film that is judged anew has all compared again.
                self._is_compared = True
                self._compare()
        finally:
            self._ended = time.monotonic()

    def _compare_again(self) -> None:
        with self._explained():
            self._compare()

    def _compare(self) -> None:
        with self._comparing:
            num_replaced = self._num_replaced
            if num_replaced != self._num_compared:  # else another thread has done it meanwhile
                self.shift = compare_results(self.results, self.bundle)
                self._num_compared = num_replaced

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Keeps what goes wrong in the background as the error of the batch."""
        try:
            yield
        except OverreadError as error:
            self._error = str(error)
        except Exception as error:
            # The text of an unexpected exception may contain a path, so only its type and
            # location are logged. Raising it again would print its text.
            _LOG.error("Scoring stopped: %s at %s", type(error).__name__, raised_at(error))
            self._error = (
                f"Scoring stopped unexpectedly ({type(error).__name__}). Completed results are "
                "kept; start the batch again."
            )
