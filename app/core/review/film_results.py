"""The results of the films of a worklist, which grow while it is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from threading import Lock

from app.core.bundles.bundle import Bundle
from app.core.gate.near_duplicates import NearDuplicates
from app.core.review.film_files import to_be_looked_for
from app.core.scoring.own_threshold import result_at
from app.core.scoring.result import Result


class FilmResults:
    """The results of one worklist, by the position of the film. Thread-safe.

    They hold no heatmaps: 100,000 of them would fill the memory.

    Attributes:
        bundle: The model that decides, with the worklist's own threshold if it has one.
        num_done: How many there are.
        version: Grows whenever one of them changes, or what is said of all.
    """

    def __init__(self, num_films: int, bundle: Bundle) -> None:
        """There are none yet.

        Args:
            num_films: Number of films.
            bundle: As returned by `bundle_at`.
        """
        self.bundle = bundle
        self.num_done = 0
        self.version = 0
        self._results: list[Result | None] = [None] * num_films
        self._duplicates = NearDuplicates()
        self._lock = Lock()

    def __len__(self) -> int:
        """Number of films."""
        return len(self._results)

    def __getitem__(self, position: int) -> Result | None:
        """The result of a film; None if there is none."""
        return self._results[position]

    @property
    def by_position(self) -> Sequence[Result | None]:
        """Those of all films, in the order of the worklist; it must not be modified."""
        return self._results

    @property
    def scored(self) -> list[Result]:
        """Those that there are, in the order of the worklist."""
        return [one for one in self._results if one is not None]

    def missing(self) -> list[int]:
        """Positions of the films without one."""
        return [position for position, one in enumerate(self._results) if one is None]

    def put(self, position: int, result: Result, name: str) -> None:
        """Adds the result of a film, as this worklist decides.

        Args:
            position: Of the film.
            result: As the model decides.
            name: Of the film, by which its near-duplicates know it.
        """
        mark = result.likeness
        earlier = self._duplicates.add(mark, name) if mark else ""
        with self._lock:
            self.num_done += self._results[position] is None
            decided = result_at(result, self.bundle)
            self._results[position] = replace(decided, evidence=None, duplicate_of=earlier)
            self.version += 1

    def replace(self, position: int, result: Result) -> None:
        """Puts another result in the place of one; the film stays what it is a duplicate of.

        Args:
            position: Of the film.
            result: As this worklist decides, without heatmap.
        """
        before = self._results[position]
        duplicate_of = "" if before is None else before.duplicate_of
        self._results[position] = replace(result, duplicate_of=duplicate_of)
        self.changed()

    def look_again(self, num_films: int) -> None:
        """Makes room for new films, and forgets those of films that were gone or changed.

        Args:
            num_films: How many films there are by now.
        """
        with self._lock:
            self._results.extend([None] * (num_films - len(self._results)))
            for position in to_be_looked_for(self._results):
                self._results[position] = None
                self.num_done -= 1
            self.version += 1

    def forget(self) -> None:
        """Forgets all of them."""
        with self._lock:
            self._results[:] = [None] * len(self._results)
            self.num_done = 0
            self._duplicates = NearDuplicates()
            self.version += 1

    def changed(self) -> None:
        """Lets the version grow."""
        with self._lock:
            self.version += 1
