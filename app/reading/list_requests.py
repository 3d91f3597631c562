"""What a browser asks of a list of films, and the answer in the form that it expects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from app.core.bundles.task import NO_FINDING, Task
from app.core.review.film_filter import UNREAD, Counts, Filter
from app.core.review.film_order import Column, Listing, Order
from app.core.review.film_rows import FilmRow
from app.core.review.film_table import FilmTable
from app.core.review.worklist import STATUS_LABELS

MOST_ROWS = 200
_UNREAD_TEXT = "Not read"
_Choices = Annotated[list[str], Field(max_length=1000)]
_Fraction = Annotated[float, Field(ge=0, le=1)]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class WantedOrder(_Request):
    """The column to sort by."""

    column: Column = "urgency"
    descending: bool = False


class WantedFilms(_Request):
    """The films to list; empty lists match all."""

    statuses: _Choices = []
    predictions: _Choices = []
    verdicts: _Choices = []
    readers: _Choices = []
    tags: _Choices = []
    lowest: _Fraction = 0.0
    highest: _Fraction = 1.0
    text: Annotated[str, Field(max_length=1000)] = ""
    finding: str | None = None


class OrderRequest(_Request):
    """The whole order of a list, or only what there is to be counted in it."""

    sort: WantedOrder = WantedOrder()
    filter: WantedFilms = WantedFilms()
    counts_only: bool = False

    @property
    def order(self) -> Order:
        """The order that is wanted."""
        return Order(self.sort.column, self.sort.descending)

    @property
    def chosen(self) -> Filter:
        """The filter that is wanted."""
        return Filter(**self.filter.model_dump(exclude={"finding"}))


class RowsRequest(_Request):
    """The films whose rows are wanted, by position in the worklist."""

    items: Annotated[list[Annotated[int, Field(ge=0)]], Field(max_length=MOST_ROWS)]
    finding: str | None = None


def order_answer(
    found: Listing, table: FilmTable, task: Task, *, version: int, counts_only: bool = False
) -> dict[str, Any]:
    """The order of a list as JSON.

    Args:
        found: The films that match, in order.
        table: All films of the worklist.
        task: The classes that films are listed by.
        version: Of the worklist, so that the browser knows when it is another.
        counts_only: Whether the films themselves are left out.
    """
    answer = {
        "version": version,
        "total": len(table),
        "judged": table.num_judged,
        "matched": len(found.items),
        "counts": _counts(found.counts, task),
    }
    return answer if counts_only else {**answer, "items": found.items.tolist()}


def row_answer(row: FilmRow, thumbnail: str) -> dict[str, Any]:
    """A row of a list as JSON.

    Args:
        row: The row.
        thumbnail: Address of its picture; empty if it has none.
    """
    return {**asdict(row), "thumbnail": thumbnail}


def _counts(counts: Counts, task: Task) -> dict[str, list[dict[str, Any]]]:
    names = {name: task.display_name(name) for name in task.classes}
    none = {NO_FINDING: "None of them"} if task.any_of else {}
    return {
        "statuses": _choices(counts.statuses, dict(STATUS_LABELS)),
        "predictions": _choices(counts.predictions, {**names, **none}),
        "verdicts": _choices(counts.verdicts, {UNREAD: _UNREAD_TEXT}),
        "readers": _choices(counts.readers, {}),
        "tags": _choices(counts.tags, {}),
    }


def _choices(counts: Mapping[str, int], words: Mapping[Any, str]) -> list[dict[str, Any]]:
    return [
        {"key": key, "text": words.get(key, key), "count": count} for key, count in counts.items()
    ]
