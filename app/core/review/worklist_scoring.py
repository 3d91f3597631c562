"""The scoring of a worklist, in a thread of its own."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from threading import Event, Lock, Thread

from app.core.bundles.bundle import Bundle
from app.core.errors import OverreadError, raised_at
from app.core.gate.shift import Shift
from app.core.record.database import Database
from app.core.record.decisions import DecisionStore
from app.core.record.worklist import Worklist
from app.core.results.folder_shift import compare_results
from app.core.review.film_files import FilmFiles
from app.core.review.film_results import FilmResults
from app.core.review.installed_models import InstalledModels
from app.core.review.known_films import KnownFilms
from app.core.review.scoring_progress import Progress
from app.core.scoring.result import Result
from app.core.scoring.second_look import AsDecided
from app.core.sources.source import Source

_LOG = logging.getLogger(__name__)
# Films that are looked up, or whose identity is stored, together.
_AT_ONCE = 500


class WorklistScoring:
    """Finds the results of the films of one worklist, and computes the others. Thread-safe.

    Attributes:
        computed_by: The library that computes; empty if nothing had to be computed.
        shift: How the films differ from the reference of the model; None until all are scored, and
            if it has no reference.
    """

    def __init__(
        self,
        record: Database,
        worklist: Callable[[], Worklist],
        *,
        bundle: Bundle,
        models: InstalledModels,
        files: FilmFiles,
        results: FilmResults,
    ) -> None:
        """Does nothing yet, see `start`.

        Args:
            record: Where decisions about refused films are.
            worklist: What the record says of the worklist by now.
            bundle: Its model, with the model's own threshold.
            models: What computes.
            files: The films.
            results: Where their results are put.
        """
        self.computed_by = ""
        self.shift: Shift | None = None
        self._record = record
        self._worklist = worklist
        self._bundle = bundle
        self._models = models
        self._files = files
        self._results = results
        self._cancel = Event()
        self._error = ""
        self._num_known = 0
        self._started = self._ended = time.monotonic()
        self._is_scoring = False
        self._is_wanted = self._is_running = False
        self._compared = -1
        self._thread: Thread | None = None
        self._lock = Lock()

    @property
    def progress(self) -> Progress:
        """How far it is."""
        return Progress(
            done=self._results.num_done,
            total=len(self._results),
            known=min(self._num_known, self._results.num_done),
            seconds=(time.monotonic() if self._is_scoring else self._ended) - self._started,
            running=self._is_scoring,
            cancelled=self._cancel.is_set(),
            error=self._error,
        )

    def start(self) -> None:
        """Finds the results of all films in the background, and scores those that have none."""
        with self._lock:
            self._is_wanted = True
            self._cancel.clear()
            if self._is_running:
                return
            self._is_running = self._is_scoring = True
            self._thread = Thread(target=self._run, daemon=True, name="worklist")
            self._thread.start()

    def go_on(self) -> None:
        """The same, unless it was cancelled."""
        if not self._cancel.is_set():
            self.start()

    def cancel(self) -> None:
        """Stops after the films in progress; results so far are kept."""
        self._cancel.set()

    def wait(self, timeout: float | None = None) -> None:
        """Blocks until it has ended or was cancelled, and the films are compared.

        Args:
            timeout: Gives up after so many seconds; None never does.
        """
        if (thread := self._thread) is not None:
            thread.join(timeout)

    def _run(self) -> None:
        while self._takes_turn():
            with self._explained():
                try:
                    self._score()
                finally:
                    self._files.save()
                    self._ended = time.monotonic()
                    self._is_scoring = False
                    self._results.changed()
                self._compare()

    def _takes_turn(self) -> bool:
        """Whether something was asked for since the last turn."""
        with self._lock:
            self._is_running, self._is_wanted = self._is_wanted, False
            return self._is_running

    def _score(self) -> None:
        self._started = time.monotonic()
        missing = self._results.missing()
        if not missing:
            return
        self._is_scoring, self._error, self._num_known = True, "", 0
        decided = DecisionStore(self._record).latest(self._bundle.sha256)
        second_look = AsDecided({name: (one.remedy, one.reason) for name, one in decided.items()})
        known = self._models.known_results(self._bundle)
        if known is not None:
            self._take_known(missing, KnownFilms(known, self._bundle, second_look))
        self._num_known, self._started = self._results.num_done, time.monotonic()
        missing = self._results.missing()
        if not missing or self._cancel.is_set() or self._worklist().is_closed:
            return
        engine = self._models.engine(self._bundle)
        self.computed_by = engine.backend.description
        refused_as = {one.judged_id: name for name, one in decided.items()}
        scored = engine.score(
            (self._to_read(position) for position in missing),
            known=known,
            second_look=second_look,
            is_background=True,
        )
        for position, result in zip(missing, scored, strict=True):
            checked = self._files.checked(position, result)
            self._put(position, checked)
            if checked is result and (digest := _digest(result, refused_as)):
                self._files.found(position, digest)
                self._files.save(at_least=_AT_ONCE)
            if self._cancel.is_set():
                break

    def _take_known(self, missing: Sequence[int], known: KnownFilms) -> None:
        """Films whose files are as they were when they were read, and those that are gone."""
        for first in range(0, len(missing), _AT_ONCE):
            if self._cancel.is_set():
                return
            unchanged: list[tuple[int, str, Source]] = []
            for position in missing[first : first + _AT_ONCE]:
                item = self._files[position]
                if not item.image_id:
                    continue
                is_unchanged = self._files.is_unchanged(item)
                if is_unchanged is None:
                    self._put(position, self._files.gone(position))
                elif is_unchanged:
                    source = Source(item.name, None, reading=self._worklist().reading)
                    unchanged.append((position, item.image_id, source))
            found = known.results([(digest, source) for _, digest, source in unchanged])
            for (position, _, _), result in zip(unchanged, found, strict=True):
                if result is not None:
                    self._put(position, result)

    def _to_read(self, position: int) -> Source:
        return replace(self._files.to_read(position), reading=self._worklist().reading)

    def _put(self, position: int, result: Result) -> None:
        self._results.put(position, result, self._files.names[position])

    def _compare(self) -> None:
        version, scored = self._results.version, self._results.scored
        if version != self._compared and len(scored) == len(self._results):
            self.shift = compare_results(scored, self._results.bundle)
            self._compared = version

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Keeps what goes wrong in the background as the error of the worklist."""
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
                "kept; start it again."
            )


def _digest(result: Result, refused_as: Mapping[str, str]) -> str:
    """SHA-256 of the file of a result; empty if only that of a choice beside it is known.

    Args:
        result: Of a film.
        refused_as: Identity of films about which a reader decided, by that which they have then.
    """
    nothing_chosen = result.chosen.image_id("") == ""
    return result.image_id if nothing_chosen else refused_as.get(result.image_id, "")
