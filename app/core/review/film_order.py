"""Order, filters and counts of a worklist, as one reader may see it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from app.core.bundles.task import BETWEEN_FINDINGS
from app.core.review.film_answers import ReadersView
from app.core.review.film_table import STATUS_CODES, FilmTable
from app.core.review.worklist import FILM_STATUSES

UNREAD = "unread"
# What an answer without words, such as tags alone, counts as.
_ANSWERED = "Answered"
Column = Literal[
    "urgency", "name", "status", "probability", "prediction", "verdict", "reader", "tags", "reason"
]
COLUMNS: tuple[Column, ...] = get_args(Column)

_Mask = NDArray[np.bool_]
# Stay as they are for a reader who may not see yet what the model says.
_OF_FILES = tuple(STATUS_CODES[status] for status in ("refused", "unreadable"))


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
class Filter:
    """Filter of a worklist; empty collections match everything.

    Attributes:
        statuses: Keys of `STATUS_LABELS`.
        predictions: Class names; of findings, those that may be positive, and `none`.
        verdicts: Texts of verdicts, or `UNREAD`.
        readers: Names of readers.
        tags: Tags, of which a film has any.
        lowest: Minimum probability; films without one match only 0.
        highest: Maximum probability; films without one match only 1.
        text: Part of the name, ignoring case.
    """

    statuses: Collection[str] = ()
    predictions: Collection[str] = ()
    verdicts: Collection[str] = ()
    readers: Collection[str] = ()
    tags: Collection[str] = ()
    lowest: float = 0.0
    highest: float = 1.0
    text: str = ""


@dataclass(frozen=True, slots=True)
class Counts:
    """Films of each value of a filter, among those that match all other filters.

    Attributes:
        statuses: By status, the most urgent first.
        predictions: By class name, or `none`.
        verdicts: By text of the verdict, or `UNREAD`.
        readers: By name.
        tags: By tag.
    """

    statuses: Mapping[str, int]
    predictions: Mapping[str, int]
    verdicts: Mapping[str, int]
    readers: Mapping[str, int]
    tags: Mapping[str, int]


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
    seen = _Seen(table, view)
    masks = {name: mask(seen, chosen) for name, mask in _MASKS.items()}
    matching = np.flatnonzero(_all(masks.values()))
    by_urgency = matching[np.lexsort((matching, *seen.urgency(matching)))]
    return Listing(_sorted(by_urgency, seen, order), _counts(seen, masks))


class _Seen:
    """The films with what their reader may not see left out."""

    def __init__(self, table: FilmTable, view: ReadersView) -> None:
        self.table, self.view = table, view
        self.statuses, self.probabilities, self.labels = (
            table.statuses, table.probabilities, table.labels
        )  # fmt: skip
        if view.shown is not None:
            hidden = np.ones(len(table), np.bool_)
            hidden[list(view.shown)] = False
            self.probabilities = np.where(hidden, np.nan, table.probabilities)
            self.labels = np.where(hidden, np.int32(-1), table.labels)
            of_model = hidden & ~np.isin(table.statuses, _OF_FILES)
            self.statuses = np.where(of_model, STATUS_CODES["to_read"], table.statuses)

    def urgency(self, items: NDArray[np.int64]) -> tuple[NDArray[np.generic], ...]:
        """Keys for `lexsort`, the last being the first to be looked at."""
        if self.view.shown is not None:
            return ()
        return -self.table.urgencies[items], self.statuses[items]

    def answered(self, of: Callable[[str, Sequence[str], Sequence[str]], bool]) -> _Mask:
        """The films whose answer (text, readers, tags) is as wanted."""
        found = np.zeros(len(self.table), np.bool_)
        found[[item for item, answer in self.view.answers.items() if of(*answer)]] = True
        return found


def _of_statuses(seen: _Seen, chosen: Filter) -> _Mask:
    if not chosen.statuses:
        return _everything(seen)
    codes = [code for status, code in STATUS_CODES.items() if status in chosen.statuses]
    return np.isin(seen.statuses, codes)


def _of_predictions(seen: _Seen, chosen: Filter) -> _Mask:
    if not chosen.predictions:
        return _everything(seen)
    wanted = set(chosen.predictions)
    codes = [
        code
        for code, label in enumerate(seen.table.label_names)
        if wanted.intersection(label.split(BETWEEN_FINDINGS))
    ]
    return np.isin(seen.labels, codes)


def _of_probability(seen: _Seen, chosen: Filter) -> _Mask:
    if chosen.lowest <= 0 and chosen.highest >= 1:
        return _everything(seen)
    values = seen.probabilities
    matching = (values >= chosen.lowest) & (values <= chosen.highest)
    return matching


def _of_verdicts(seen: _Seen, chosen: Filter) -> _Mask:
    if not chosen.verdicts:
        return _everything(seen)
    matching = seen.answered(lambda text, *_: (text or _ANSWERED) in chosen.verdicts)
    return matching | ~seen.answered(lambda *_: True) if UNREAD in chosen.verdicts else matching


def _of_readers(seen: _Seen, chosen: Filter) -> _Mask:
    if not chosen.readers:
        return _everything(seen)
    return seen.answered(lambda _, readers, __: any(one in chosen.readers for one in readers))


def _of_tags(seen: _Seen, chosen: Filter) -> _Mask:
    if not chosen.tags:
        return _everything(seen)
    return seen.answered(lambda _, __, tags: any(one in chosen.tags for one in tags))


def _of_text(seen: _Seen, chosen: Filter) -> _Mask:
    text = chosen.text.strip().casefold()
    if not text:
        return _everything(seen)
    if seen.view.hides_names:
        numbers = range(1, len(seen.table) + 1)
        found = [text in f"film {number}" for number in numbers]
    else:
        found = [text in name for name in seen.table.names.folded]
    return np.array(found, np.bool_)


def _all(masks: Iterable[_Mask]) -> _Mask:
    matching: _Mask = np.logical_and.reduce(list(masks))
    return matching


def _everything(seen: _Seen) -> _Mask:
    return np.ones(len(seen.table), np.bool_)


_MASKS: dict[str, Callable[[_Seen, Filter], _Mask]] = {
    "statuses": _of_statuses,
    "predictions": _of_predictions,
    "probability": _of_probability,
    "verdicts": _of_verdicts,
    "readers": _of_readers,
    "tags": _of_tags,
    "text": _of_text,
}


def _sorted(items: NDArray[np.int64], seen: _Seen, order: Order) -> NDArray[np.int64]:
    if order.column == "urgency":
        return items[::-1] if order.descending else items
    values = _values(seen, order.column)[items]
    has_value = ~np.isnan(values)
    sortable = -values[has_value] if order.descending else values[has_value]
    places = np.argsort(sortable, kind="stable")
    return np.concatenate([items[has_value][places], items[~has_value]])


def _values(seen: _Seen, column: Column) -> NDArray[np.float64]:
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


def _counts(seen: _Seen, masks: Mapping[str, _Mask]) -> Counts:
    def others(name: str) -> _Mask:
        return _all([mask for one, mask in masks.items() if one != name])

    answers = seen.view.answers
    verdicts, readers, tags = others("verdicts"), others("readers"), others("tags")
    by_text = Counter(
        answer.text or _ANSWERED for item, answer in answers.items() if verdicts[item]
    )
    unread = int(np.count_nonzero(verdicts)) - by_text.total()
    return Counts(
        _by_status(seen.statuses[others("statuses")]),
        _by_label(seen.labels[others("predictions")], seen.table.label_names),
        {UNREAD: unread, **dict(sorted(by_text.items()))},
        dict(sorted(Counter(
            one for item, answer in answers.items() if readers[item] for one in answer.readers
        ).items())),
        dict(sorted(Counter(
            one for item, answer in answers.items() if tags[item] for one in answer.tags
        ).items())),
    )  # fmt: skip


def _by_status(codes: NDArray[np.integer]) -> dict[str, int]:
    counts = np.bincount(codes, minlength=len(FILM_STATUSES))
    return {status: int(counts[code]) for code, status in enumerate(FILM_STATUSES) if counts[code]}


def _by_label(codes: NDArray[np.integer], names: Sequence[str]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for name, count in zip(
        names, np.bincount(codes[codes >= 0], minlength=len(names)), strict=True
    ):
        if count:
            found.update(dict.fromkeys(name.split(BETWEEN_FINDINGS), int(count)))
    return dict(found)
