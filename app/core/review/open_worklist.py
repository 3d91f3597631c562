"""A worklist that is open: scored in a background thread and readable while it grows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from app.core.bundles.bundle import Bundle
from app.core.gate.shift import Shift
from app.core.images.reading import ReadOptions
from app.core.record.answers import WorklistAnswers
from app.core.record.database import Database
from app.core.record.worklist import Worklist
from app.core.record.worklist_items import NewItem, add_items
from app.core.record.worklists import set_reading, worklist
from app.core.review.film_files import FilmFiles
from app.core.review.film_results import FilmResults
from app.core.review.installed_models import InstalledModels
from app.core.review.places import Place
from app.core.review.reading_order import in_reading_order
from app.core.review.scoring_progress import Progress
from app.core.review.worklist_scoring import WorklistScoring
from app.core.scoring.engine import Engine
from app.core.scoring.own_threshold import bundle_at, result_at
from app.core.scoring.result import Result
from app.core.sources.left_out import LeftOut
from app.core.sources.source import Source


class OpenWorklist:
    """One worklist, shared by all sessions of the process. Thread-safe.

    A film is named by its position in the worklist.

    Attributes:
        worklist: What the record says of it, see `refresh`.
        bundle: Its model, with the worklist's own threshold if it has one.
        left_out: What lay beside the films when the place was last looked at.
        answers: What readers said in it.
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
        self.left_out = LeftOut()
        self._record = record
        self._models = models
        self._place = place
        self._files = FilmFiles(record, worklist.id, place)
        self._results = FilmResults(len(self._files), self.bundle)
        self._scoring = WorklistScoring(
            record,
            lambda: self.worklist,
            bundle=bundle,
            models=models,
            files=self._files,
            results=self._results,
        )

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
        return self._results.by_position

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
        return self._results.scored

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
        return self._scoring.progress

    @property
    def version(self) -> int:
        """Grows whenever results or films change."""
        return self._results.version

    @property
    def computed_by(self) -> str:
        """The library that computes; empty if nothing had to be computed."""
        return self._scoring.computed_by

    @property
    def shift(self) -> Shift | None:
        """How the films differ from the reference of the model.

        None until all are scored, and if it has no reference.
        """
        return self._scoring.shift

    def start(self) -> None:
        """Finds the results of all films in the background, and scores those that have none."""
        self._scoring.start()

    def cancel(self) -> None:
        """Stops scoring after the films in progress; results so far are kept."""
        self._scoring.cancel()

    def wait_until_scored(self, timeout: float | None = None) -> None:
        """Blocks until scoring has ended or was cancelled, and the films are compared.

        Args:
            timeout: Gives up after so many seconds; None never does.
        """
        self._scoring.wait(timeout)

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
        before, self.worklist = self.worklist, found
        if found != before:
            self._results.changed()

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
        self._files.reload()
        self._results.look_again(len(self._files))
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
        self.worklist = found
        self._results.forget()
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
        self._results.replace(item, result)
        self._scoring.go_on()
