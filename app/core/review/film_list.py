"""The list of films of an open worklist, for whoever reads it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, partial
from threading import Lock
from typing import NamedTuple

from app.core.bundles.findings import finding_task
from app.core.bundles.task import Task
from app.core.record.readers import Reader
from app.core.record.worklist import Worklist
from app.core.review.film_answers import ReadersView
from app.core.review.film_filter import Filter
from app.core.review.film_order import Listing, Order, listing
from app.core.review.film_rows import FilmRow, film_row
from app.core.review.film_table import FilmTable, FilmTables
from app.core.review.findings import results_of_finding
from app.core.review.modes import readers_view
from app.core.review.open_worklist import OpenWorklist
from app.core.scoring.result import Result

# Readers whose view is kept; that of another is worked out anew.
_MOST_READERS = 64


class Listed(NamedTuple):
    """An order of films with what it was made of.

    Attributes:
        found: The films that match, in order.
        table: All films of the worklist.
        task: The classes that they are listed by.
        version: Grows whenever films, results or answers change.
    """

    found: Listing
    table: FilmTable
    task: Task
    version: int


class _View(NamedTuple):
    made_of: tuple[Worklist, int, int]
    view: ReadersView


class FilmList:
    """Tables and views of one worklist, kept until what they are of changes. Thread-safe."""

    def __init__(self, opened: OpenWorklist) -> None:
        """Works out nothing yet.

        Args:
            opened: The worklist.
        """
        self._opened = opened
        self._task = opened.bundle.manifest.task
        self._tables: dict[str | None, FilmTables] = {}
        self._views: dict[Reader | None, _View] = {}
        self._lock = Lock()

    @property
    def version(self) -> int:
        """A number that grows whenever films, results or answers change.

        Raises:
            RecordError: If the record cannot be read.
        """
        return self._opened.version + self._opened.answers.follow()

    def listed(
        self, reader: Reader | None, chosen: Filter, order: Order, *, finding: str | None = None
    ) -> Listed:
        """The films that match a filter, in order, as a reader may see them.

        Args:
            reader: Who reads; None where nobody is named.
            chosen: The filter.
            order: The order.
            finding: Lists films by one finding of an `any-of` model.

        Raises:
            RecordError: If the record cannot be read.
            ValueError: If the model has no such finding.
        """
        version = self.version  # first: what changes meanwhile is another one
        task = self._task if finding is None else finding_task(self._task, finding)
        table = self._tables_of(finding).table(self._opened.results(), self._opened.names)
        return Listed(listing(table, self.view(reader), chosen, order), table, task, version)

    def rows(
        self, reader: Reader | None, items: Sequence[int], *, finding: str | None = None
    ) -> list[FilmRow]:
        """The rows of some films; those that the worklist does not have are left out.

        Args:
            reader: Who reads; None where nobody is named.
            items: Positions in the worklist.
            finding: Lists films by one finding of an `any-of` model.

        Raises:
            RecordError: If the record cannot be read.
            ValueError: If the model has no such finding.
        """
        opened, view = self._opened, self.view(reader)
        return [
            film_row(
                item, opened.names[item], opened.result(item), view, self._task, finding=finding
            )
            for item in items
            if item < len(opened)
        ]

    def view(self, reader: Reader | None) -> ReadersView:
        """What a reader may see now.

        Args:
            reader: Who reads; None where nobody is named.

        Raises:
            RecordError: If the record cannot be read.
        """
        opened = self._opened
        made_of = opened.worklist, opened.answers.follow(), len(opened)
        with self._lock:
            kept = self._views.pop(reader, None)
            if kept is None or kept.made_of != made_of:
                films = opened.answers.films()
                view = readers_view(opened.worklist, reader, films, len(opened), self._task)
                kept = _View(made_of, view)
            self._views[reader] = kept
            if len(self._views) > _MOST_READERS:
                del self._views[next(iter(self._views))]
            return kept.view

    def _tables_of(self, finding: str | None) -> FilmTables:
        with self._lock:
            if finding not in self._tables:
                index = None if finding is None else self._task.classes.index(finding)
                self._tables[finding] = FilmTables(partial(_as_listed, index=index))
            return self._tables[finding]


@lru_cache(maxsize=64)  # as many as are open at most
def film_list(opened: OpenWorklist) -> FilmList:
    """The list of a worklist, the same object each time.

    Args:
        opened: The worklist.
    """
    return FilmList(opened)


def _as_listed(result: Result, *, index: int | None) -> Result:
    """The result as it is listed: that of one finding, or itself."""
    return result if index is None else results_of_finding([result], index)[0]
