"""An adaptation that is being fitted, or checked, in a background thread, while pages go on."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import Generic, TypeVar

from app.core.adaptation.adapt import Adapted, adapt
from app.core.adaptation.checking import check_promises
from app.core.adaptation.films import Step, Watch
from app.core.adaptation.folder import write_beside
from app.core.adaptation.labels import Labelled
from app.core.adaptation.storing_checks import as_stored, store_check
from app.core.adaptation.wanted import Wanted
from app.core.bundles.adaptation_checks import StoredCheck
from app.core.bundles.bundle import Bundle
from app.core.errors import OverreadError, raised_at
from app.core.scoring.engine import Engine

_T = TypeVar("_T")
_LOG = logging.getLogger(__name__)
# Where in the whole each step ends; fitting has the rest.
_ENDS: dict[Step, float] = {"scored": 0.5, "compared with cropped copies": 0.9}


class _CancelledError(Exception):
    """The user gave up."""


@dataclass(frozen=True, slots=True)
class Stage:
    """How far it is.

    Attributes:
        fraction: Of the whole, in [0, 1].
        text: The same in words.
    """

    fraction: float
    text: str


class Background(Generic[_T]):
    """Work on labelled films in a thread.

    Attributes:
        bundle: The model.
        stage: How far it is.
        outcome: None until it has ended well.
        error: Why there is none; empty if there is, or until it has ended.
    """

    def __init__(self, bundle: Bundle, work: Callable[[Engine, Watch], _T]) -> None:
        """Stores what is to be done; `start` begins.

        Args:
            bundle: The model.
            work: Gives the outcome, and tells how many films are scored.
        """
        self.bundle = bundle
        self.stage = Stage(0.0, "Starting.")
        self.outcome: _T | None = None
        self.error = ""
        self._work = work
        self._cancel = Event()
        self._thread: Thread | None = None

    def start(self, engine: Engine) -> None:
        """Starts in the background.

        Args:
            engine: The model.
        """
        self._thread = Thread(target=self._run, args=(engine,), daemon=True, name="adapt")
        self._thread.start()

    def cancel(self) -> None:
        """Gives up at the next film."""
        self._cancel.set()

    def wait(self, timeout: float | None = None) -> None:
        """Blocks until it has ended."""
        if self._thread is not None:
            self._thread.join(timeout)

    @property
    def is_cancelled(self) -> bool:
        """Whether it was given up, also if it has not ended yet."""
        return self._cancel.is_set()

    @property
    def running(self) -> bool:
        """Whether it has neither an outcome nor an error."""
        return self.outcome is None and not self.error

    def _run(self, engine: Engine) -> None:
        try:
            self.outcome = self._work(engine, self._watch)
        except _CancelledError:
            self.error = "Cancelled. Nothing was fitted and nothing was written."
        except OverreadError as error:
            self.error = str(error)
        except Exception as error:
            # The text of an unexpected exception may contain a path, see `worklist_scoring`.
            _LOG.error("Work on films stopped: %s at %s", type(error).__name__, raised_at(error))
            self.error = (
                f"It stopped unexpectedly ({type(error).__name__}). Nothing was written; start it "
                "again."
            )

    def _watch(self, done: int, total: int, step: Step) -> None:
        if self._cancel.is_set():
            raise _CancelledError
        before = max((end for end in _ENDS.values() if end < _ENDS[step]), default=0.0)
        fraction = before + (done / total if total else 1.0) * (_ENDS[step] - before)
        self.stage = Stage(fraction, f"{done:,} of {total:,} films {step}.")


class Adapting(Background[Adapted]):
    """An adaptation that is being fitted.

    Attributes:
        written: As it was written; None before.
    """

    def __init__(
        self,
        labelled: Sequence[Labelled],
        *,
        bundle: Bundle,
        place: str,
        wanted: Wanted,
    ) -> None:
        """Stores what is to be done; `start` begins.

        Args:
            labelled: Films of the place whose truth is known.
            bundle: The bundle that is adapted.
            place: Where they are from.
            wanted: What the zones are to promise.
        """
        super().__init__(
            bundle,
            lambda engine, watch: adapt(engine, labelled, place=place, wanted=wanted, watch=watch),
        )
        self._given = _what_is_given(labelled)
        self.written: Bundle | None = None

    def is_of(self, labelled: Sequence[Labelled]) -> bool:
        """Whether these films and labels are those that were given.

        Args:
            labelled: Films whose truth is known.
        """
        return _what_is_given(labelled) == self._given

    @property
    def adapted(self) -> Adapted | None:
        """The outcome; None until it has ended well."""
        return self.outcome

    def write(self, models: Path) -> None:
        """Writes the outcome into the folder of bundles.

        Args:
            models: That folder.

        Raises:
            OverreadError: If there is no outcome, or it cannot be written.
        """
        if self.outcome is None:
            raise OverreadError("There is no adaptation to write yet. Wait until it has ended.")
        self.written = write_beside(self.outcome, models)


class Checking(Background[StoredCheck]):
    """The promises of an adaptation being checked on other films; the outcome is kept with it.

    Attributes:
        not_stored: Why the outcome could not be kept; empty if it was.
    """

    def __init__(self, labelled: Sequence[Labelled], *, bundle: Bundle) -> None:
        """Stores what is to be done; `start` begins.

        Args:
            labelled: Films of the place whose truth is known.
            bundle: The adapted model.
        """
        self.not_stored = ""
        super().__init__(bundle, lambda engine, watch: self._check(engine, labelled, watch))

    def _check(self, engine: Engine, labelled: Sequence[Labelled], watch: Watch) -> StoredCheck:
        found = as_stored(check_promises(engine, labelled, watch), self.bundle)
        try:
            store_check(found, self.bundle)
        except OverreadError as error:
            self.not_stored = str(error)
        return found


def _what_is_given(labelled: Sequence[Labelled]) -> list[tuple[str, int, str]]:
    # Members of an archive that is opened again are other objects.
    return [(one.source.name, one.label, one.patient_id) for one in labelled]
