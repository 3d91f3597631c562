"""A worklist that is open: scored in a background thread and readable while it grows."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from threading import Event, Lock, Thread

from app.core.bundles.bundle import Bundle
from app.core.errors import OverreadError, raised_at
from app.core.gate.near_duplicates import NearDuplicates
from app.core.gate.shift import Shift
from app.core.images.reading import ReadOptions
from app.core.record.answers import WorklistAnswers
from app.core.record.database import Database
from app.core.record.decisions import DecisionStore
from app.core.record.worklist import Worklist
from app.core.record.worklist_items import NewItem, add_items
from app.core.record.worklists import set_reading, worklist
from app.core.results.folder_shift import compare_results
from app.core.review.film_files import FilmFiles, to_be_looked_for
from app.core.review.installed_models import InstalledModels
from app.core.review.known_films import KnownFilms
from app.core.review.places import Place
from app.core.review.reading_order import in_reading_order
from app.core.review.scoring_progress import Progress
from app.core.scoring.engine import Engine
from app.core.scoring.own_threshold import bundle_at, result_at
from app.core.scoring.result import Result
from app.core.scoring.second_look import AsDecided
from app.core.sources.left_out import LeftOut
from app.core.sources.source import Source

_LOG = logging.getLogger(__name__)
# Films that are looked up, or whose identity is stored, together.
_AT_ONCE = 500


class OpenWorklist:
    """One worklist, shared by all sessions of the process. Thread-safe.

    A film is named by its position in the worklist. Results hold no heatmaps: 100,000 of them would
    fill the memory.

    Attributes:
        worklist: What the record says of it, see `refresh`.
        bundle: Its model, with the worklist's own threshold if it has one.
        version: Grows whenever results or films change.
        left_out: What lay beside the films when the place was last looked at.
        computed_by: The library that computes; empty if nothing had to be computed.
        answers: What readers said in it.
        shift: How the films differ from the reference of the model; None until all are scored, and
            if it has no reference.
    """

    def __init__(
        self,
        record: Database,
        worklist: Worklist,
        *,
        bundle: Bundle,
        models: InstalledModels,
        place: Place,
    ) -> None:
        """Reads the list of films; `start` finds their results, and scores the others.

        Args:
            record: Where it is.
            worklist: The worklist.
            bundle: Its model.
            models: What computes.
            place: Where its films are.

        Raises:
            RecordError: If the record cannot be read.
        """
        self.worklist = worklist
        self._model = bundle
        self.bundle = bundle_at(bundle, worklist.threshold)
        self.answers = WorklistAnswers(record, worklist.id)
        self.version = 0
        self.left_out = LeftOut()
        self.computed_by = ""
        self.shift: Shift | None = None
        self._record = record
        self._models = models
        self._place = place
        self._files = FilmFiles(record, worklist.id, place)
        self._results: list[Result | None] = [None] * len(self._files)
        self._duplicates = NearDuplicates()
        self._cancel = Event()
        self._error = ""
        self._num_done = self._num_known = 0
        self._started = self._ended = time.monotonic()
        self._is_scoring = False
        self._is_wanted = self._is_running = False
        self._compared = -1
        self._thread: Thread | None = None
        self._lock = Lock()

    def __len__(self) -> int:
        """Number of films."""
        return len(self._files)

    @property
    def engine(self) -> Engine:
        """The compiled network; opening it the first time takes seconds.

        Raises:
            BundleError: If it cannot be computed.
        """
        return self._models.engine(self._model)

    @property
    def names(self) -> Sequence[str]:
        """Names of all films, relative to the place of the worklist."""
        return self._files.names

    def result(self, item: int) -> Result | None:
        """The result of a film; None until it is scored."""
        return self._results[item]

    def results(self) -> Sequence[Result | None]:
        """The results of all films, in the order of the worklist; it must not be modified."""
        return self._results

    def source(self, item: int) -> Source:
        """Where a film can be read, as its result was.

        Args:
            item: Its position.
        """
        found = self._results[item]
        reading = self.reading if found is None else found.source.reading
        return replace(self._place.source(self._files.names[item]), reading=reading)

    @property
    def scored(self) -> list[Result]:
        """The results that there are, in the order of the worklist."""
        return [one for one in self._results if one is not None]

    @property
    def num_refused(self) -> int:
        """Number of films that the model refuses."""
        return sum(one.status == "refused" for one in self.scored)

    @property
    def reading(self) -> ReadOptions:
        """How all files are read that leave it open."""
        return self.worklist.reading

    @property
    def progress(self) -> Progress:
        """The current progress of scoring."""
        return Progress(
            done=self._num_done,
            total=len(self._results),
            known=min(self._num_known, self._num_done),
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

    def cancel(self) -> None:
        """Stops scoring after the films in progress; results so far are kept."""
        self._cancel.set()

    def wait_until_scored(self, timeout: float | None = None) -> None:
        """Blocks until scoring has ended or was cancelled, and the films are compared.

        Args:
            timeout: Gives up after so many seconds; None never does.
        """
        if (thread := self._thread) is not None:
            thread.join(timeout)

    def refresh(self) -> None:
        """Reads again what the record says of the worklist, such as that it was closed.

        Raises:
            RecordError: If the record cannot be read.
        """
        self.take(worklist(self._record, self.worklist.id))

    def take(self, found: Worklist) -> None:
        """Takes over what the record says of the worklist by now, such as that it was closed.

        Args:
            found: The same worklist.
        """
        if found.reading != self.reading:
            self._score_anew(found)
        with self._lock:
            before, self.worklist = self.worklist, found
            if found != before:
                self.version += 1

    def look_again(self) -> int:
        """Adds the films that are new at its place, and looks for those that were gone or changed.

        Returns:
            How many are new.

        Raises:
            RecordError: If they could not be saved.
        """
        left_out = LeftOut()
        listed = [NewItem(one.name) for one in self._place.listed(left_out)]
        self.left_out = left_out
        return self.add(listed)

    def add(self, films: Sequence[NewItem]) -> int:
        """Adds films of its place, and looks for those that were gone or changed.

        Args:
            films: Those that it has already are left out.

        Returns:
            How many are new.

        Raises:
            RecordError: If they could not be saved.
        """
        ordered = in_reading_order(films, self.worklist)
        num_new = add_items(self._record, self.worklist.id, ordered)
        with self._lock:
            self._files.reload()
            self._results.extend([None] * (len(self._files) - len(self._results)))
            for position in to_be_looked_for(self._results):
                self._results[position] = None
                self._num_done -= 1
        self._grow()
        self.start()
        return num_new

    def read_as(self, reading: ReadOptions) -> None:
        """Scores all films again, with a reader's choices for what files leave open.

        Args:
            reading: The choices, for all films; they are kept.

        Raises:
            RecordError: If they could not be saved; nothing is changed then.
        """
        set_reading(self._record, self.worklist.id, reading)
        self.refresh()

    def _score_anew(self, found: Worklist) -> None:
        """Takes over a worklist whose files are read otherwise than before."""
        self.cancel()
        self.wait_until_scored()
        with self._lock:
            self.worklist = found
            self._results[:] = [None] * len(self._results)
            self._num_done = 0
            self._duplicates = NearDuplicates()
        self._grow()
        self.start()

    def judge_again(self, item: int, reading: ReadOptions) -> Result:
        """The result of one film as its reader decided, which `replace` puts into the worklist.

        Args:
            item: Its position.
            reading: How it is read then.

        Raises:
            OverreadError: If it cannot be computed.
        """
        known = self._models.known_results(self._model)
        source = replace(self._place.source(self._files.names[item]), reading=reading)
        (result,) = self.engine.score([source], known=known)
        return replace(result_at(result, self.bundle), evidence=None)

    def replace(self, item: int, result: Result) -> None:
        """Puts the result of a film in the place of the one it has; then all are compared again.

        Args:
            item: Its position.
            result: As returned by `judge_again`.
        """
        before = self._results[item]
        duplicate_of = "" if before is None else before.duplicate_of
        self._results[item] = replace(result, duplicate_of=duplicate_of)
        self._grow()
        if not self._cancel.is_set():
            self.start()

    def _grow(self) -> None:
        with self._lock:
            self.version += 1

    def _run(self) -> None:
        while self._takes_turn():
            with self._explained():
                try:
                    self._score()
                finally:
                    self._files.save()
                    self._ended = time.monotonic()
                    self._is_scoring = False
                    self._grow()
                self._compare()

    def _takes_turn(self) -> bool:
        """Whether something was asked for since the last turn."""
        with self._lock:
            self._is_running, self._is_wanted = self._is_wanted, False
            return self._is_running

    def _score(self) -> None:
        self._started = time.monotonic()
        missing = self._missing()
        if not missing:
            return
        self._is_scoring, self._error, self._num_known = True, "", 0
        decided = DecisionStore(self._record).latest(self.bundle.sha256)
        second_look = AsDecided({name: (one.remedy, one.reason) for name, one in decided.items()})
        known = self._models.known_results(self._model)
        if known is not None:
            self._take_known(missing, KnownFilms(known, self._model, second_look))
        self._num_known, self._started = self._num_done, time.monotonic()
        missing = self._missing()
        if not missing or self._cancel.is_set() or self.worklist.is_closed:
            return
        self.computed_by = self.engine.backend.description
        refused_as = {one.judged_id: name for name, one in decided.items()}
        sources = (replace(self._files.to_read(one), reading=self.reading) for one in missing)
        scored = self.engine.score(
            sources, known=known, second_look=second_look, is_background=True
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
                    source = Source(item.name, None, reading=self.reading)
                    unchanged.append((position, item.image_id, source))
            found = known.results([(digest, source) for _, digest, source in unchanged])
            for (position, _, _), result in zip(unchanged, found, strict=True):
                if result is not None:
                    self._put(position, result)

    def _missing(self) -> list[int]:
        return [position for position, one in enumerate(self._results) if one is None]

    def _put(self, position: int, result: Result) -> None:
        mark, name = result.likeness, self._files.names[position]
        earlier = self._duplicates.add(mark, name) if mark else ""
        with self._lock:
            self._num_done += self._results[position] is None
            decided = result_at(result, self.bundle)
            self._results[position] = replace(decided, evidence=None, duplicate_of=earlier)
            self.version += 1

    def _compare(self) -> None:
        version = self.version
        results = [one for one in self._results if one is not None]
        if version != self._compared and len(results) == len(self._results):
            self.shift = compare_results(results, self.bundle)
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
