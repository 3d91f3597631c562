"""The order of a worklist, filtered, as one reader may see it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from app.core.review.film_answers import ReadersView
from app.core.review.film_filter import Counts, Filter, matching_films
from app.core.review.film_table import FilmTable
from app.core.review.seen_films import SeenFilms

Column = Literal[
    "urgency", "name", "status", "probability", "prediction", "verdict", "reader", "tags", "reason"
]
COLUMNS: tuple[Column, ...] = get_args(Column)


@dataclass(frozen=True, slots=True)
class Order:
    """The order of a worklist.

    Attributes:
        column: `urgency`, or the column to sort by.
        descending: Whether the highest values come first.
    """

    column: Column = "urgency"
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """The films that match a filter, in order.

    Attributes:
        items: Their positions in the worklist, int64 `(matched,)`.
        counts: How many films each choice of a filter would leave.
    """

    items: NDArray[np.int64]
    counts: Counts


def listing(table: FilmTable, view: ReadersView, chosen: Filter, order: Order) -> Listing:
    """The films that match the filter, in order.

    By urgency, uncertain films come first, nearest to the threshold, then positive ones with the
    highest probability; where the model's answers are hidden, films stand in their own order, as
    any other would tell of them. Films without a value to sort by always come last, and equal
    values are sorted by urgency.

    Args:
        table: The films.
        view: What the reader may see of them.
        chosen: The filter.
        order: The order.
    """
    seen = SeenFilms(table, view)
    matching, counts = matching_films(seen, chosen)
    by_urgency = matching[np.lexsort((matching, *seen.urgency(matching)))]
    return Listing(_sorted(by_urgency, seen, order), counts)


def _sorted(items: NDArray[np.int64], seen: SeenFilms, order: Order) -> NDArray[np.int64]:
    if order.column == "urgency":
        return items[::-1] if order.descending else items
    values = _values(seen, order.column)[items]
    has_value = ~np.isnan(values)
    sortable = -values[has_value] if order.descending else values[has_value]
    places = np.argsort(sortable, kind="stable")
    return np.concatenate([items[has_value][places], items[~has_value]])


def _values(seen: SeenFilms, column: Column) -> NDArray[np.float64]:
    """The values to sort by, `(films,)`; NaN without one."""
    table = seen.table
    if column == "name":
        number = np.arange(len(table)) if seen.view.hides_names else table.names.ranks
        return number.astype(np.float64)
    if column == "status":
        return seen.statuses.astype(np.float64)
    if column == "probability":
        return seen.probabilities
    if column == "prediction":
        return _ranked(seen.labels, table.label_names)
    if column == "reason":
        return _ranked(np.where(table.reasons > 0, table.reasons, -1), table.reason_codes)
    texts = {item: _answer_text(answer, column) for item, answer in seen.view.answers.items()}
    ranks = {text: rank for rank, text in enumerate(sorted(set(texts.values()) - {""}))}
    values = np.full(len(table), np.nan)
    values[list(texts)] = [ranks.get(text, np.nan) for text in texts.values()]
    return values


def _answer_text(answer: tuple[str, Sequence[str], Sequence[str]], column: Column) -> str:
    text, readers, tags = answer
    return text if column == "verdict" else ", ".join(readers if column == "reader" else tags)


def _ranked(codes: NDArray[np.integer], names: Sequence[str]) -> NDArray[np.float64]:
    """The place of each code in the order of the names; NaN for -1."""
    ranks = np.full(len(names) + 1, np.nan)  # the last is that of -1
    ranks[sorted(range(len(names)), key=lambda code: names[code].casefold())] = range(len(names))
    found: NDArray[np.float64] = ranks[codes]
    return found
