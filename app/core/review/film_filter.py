"""Filters of a worklist, and how many films each of their choices would leave."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.core.bundles.task import BETWEEN_FINDINGS
from app.core.review.film_table import STATUS_CODES
from app.core.review.seen_films import SeenFilms
from app.core.review.worklist import FILM_STATUSES

UNREAD = "unread"
# What an answer without words, such as tags alone, counts as.
_ANSWERED = "Answered"
_Mask = NDArray[np.bool_]


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


def matching_films(seen: SeenFilms, chosen: Filter) -> tuple[NDArray[np.int64], Counts]:
    """The films that match a filter, and how many each of its choices would leave.

    Args:
        seen: The films, as their reader sees them.
        chosen: The filter.

    Returns:
        Positions in the worklist, rising, int64 `(matched,)`; and the counts.
    """
    masks = {name: mask(seen, chosen) for name, mask in _MASKS.items()}
    return np.flatnonzero(_all(masks.values())), _counts(seen, masks)


def _of_statuses(seen: SeenFilms, chosen: Filter) -> _Mask:
    if not chosen.statuses:
        return _everything(seen)
    codes = [code for status, code in STATUS_CODES.items() if status in chosen.statuses]
    return np.isin(seen.statuses, codes)


def _of_predictions(seen: SeenFilms, chosen: Filter) -> _Mask:
    if not chosen.predictions:
        return _everything(seen)
    wanted = set(chosen.predictions)
    codes = [
        code
        for code, label in enumerate(seen.table.label_names)
        if wanted.intersection(label.split(BETWEEN_FINDINGS))
    ]
    return np.isin(seen.labels, codes)


def _of_probability(seen: SeenFilms, chosen: Filter) -> _Mask:
    if chosen.lowest <= 0 and chosen.highest >= 1:
        return _everything(seen)
    values = seen.probabilities
    return np.asarray((values >= chosen.lowest) & (values <= chosen.highest))


def _of_verdicts(seen: SeenFilms, chosen: Filter) -> _Mask:
    if not chosen.verdicts:
        return _everything(seen)
    matching = seen.answered(lambda text, *_: (text or _ANSWERED) in chosen.verdicts)
    return matching | ~seen.answered(lambda *_: True) if UNREAD in chosen.verdicts else matching


def _of_readers(seen: SeenFilms, chosen: Filter) -> _Mask:
    if not chosen.readers:
        return _everything(seen)
    return seen.answered(lambda _, readers, __: any(one in chosen.readers for one in readers))


def _of_tags(seen: SeenFilms, chosen: Filter) -> _Mask:
    if not chosen.tags:
        return _everything(seen)
    return seen.answered(lambda _, __, tags: any(one in chosen.tags for one in tags))


def _of_text(seen: SeenFilms, chosen: Filter) -> _Mask:
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


def _everything(seen: SeenFilms) -> _Mask:
    return np.ones(len(seen.table), np.bool_)


_MASKS: dict[str, Callable[[SeenFilms, Filter], _Mask]] = {
    "statuses": _of_statuses,
    "predictions": _of_predictions,
    "probability": _of_probability,
    "verdicts": _of_verdicts,
    "readers": _of_readers,
    "tags": _of_tags,
    "text": _of_text,
}


def _counts(seen: SeenFilms, masks: Mapping[str, _Mask]) -> Counts:
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
