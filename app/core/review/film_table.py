"""The films of a worklist as arrays, in which 100,000 are sorted and filtered at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from threading import Lock
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from app.core.review.worklist import FILM_STATUSES, status_of
from app.core.scoring.result import Result

_Number = TypeVar("_Number", bound=np.number[Any])
_NUMBER = re.compile(r"\d+")
_DIGITS = 12  # to which numbers in names are filled up, so that 9 comes before 10
STATUS_CODES = {status: code for code, status in enumerate(FILM_STATUSES)}
_PENDING = STATUS_CODES["pending"]


class Names:
    """Names of films, with what is worked out of all of them when it is first needed."""

    def __init__(self, names: Sequence[str]) -> None:
        """Takes the names in the order of the worklist."""
        self.all = names

    @cached_property
    def folded(self) -> list[str]:
        """The names in lower case, to be searched."""
        return [name.casefold() for name in self.all]

    @cached_property
    def ranks(self) -> NDArray[np.int64]:
        """The place of each name among all, `(films,)`; numbers in names count as numbers."""
        keys = [_NUMBER.sub(lambda found: found[0].zfill(_DIGITS), name) for name in self.folded]
        ranks = np.empty(len(keys), np.int64)
        ranks[sorted(range(len(keys)), key=keys.__getitem__)] = np.arange(len(keys))
        return ranks


@dataclass(frozen=True, slots=True)
class FilmTable:
    """The films of a worklist at one moment; arrays are `(films,)` and never changed.

    Attributes:
        names: Their names.
        statuses: Position of each status in `FILM_STATUSES`, int8.
        probabilities: In [0, 1], float64; NaN without a prediction.
        urgencies: Among films of one status the highest comes first, float64.
        labels: Position of the predicted class in `label_names`, int32; -1 without a prediction.
        label_names: Every label that occurs; of findings, the positive ones in one text.
        reasons: Position of the reason in `reason_codes`, int32.
        reason_codes: Every code that occurs; the first is empty.
    """

    names: Names
    statuses: NDArray[np.int8]
    probabilities: NDArray[np.float64]
    urgencies: NDArray[np.float64]
    labels: NDArray[np.int32]
    label_names: tuple[str, ...]
    reasons: NDArray[np.int32]
    reason_codes: tuple[str, ...]

    def __len__(self) -> int:
        """Number of films."""
        return len(self.statuses)

    @property
    def num_judged(self) -> int:
        """Number of films that have a result."""
        return int(np.count_nonzero(self.statuses != _PENDING))


_EMPTY = FilmTable(
    Names(()),
    np.empty(0, np.int8),
    np.empty(0, np.float64),
    np.empty(0, np.float64),
    np.empty(0, np.int32),
    (),
    np.empty(0, np.int32),
    ("",),
)


class FilmTables:
    """Makes the table of a worklist that grows; only new results are looked at each time."""

    def __init__(self, as_listed: Callable[[Result], Result] = lambda result: result) -> None:
        """Starts without films.

        Args:
            as_listed: What a result is replaced by, as by that of one finding.
        """
        self._as_listed = as_listed
        self._seen: list[Result | None] = []
        self._table = _EMPTY
        self._lock = Lock()

    def table(self, results: Sequence[Result | None], names: Sequence[str]) -> FilmTable:
        """The table of films as they are now.

        Args:
            results: In the order of the worklist; None for a film that is not judged yet.
            names: Of all films, in the same order.
        """
        with self._lock:
            if len(names) != len(self._table):
                self._table = _grown(self._table, names)
                self._seen += [None] * (len(names) - len(self._seen))
            changed = [
                (item, result)
                for item, (result, seen) in enumerate(zip(results, self._seen, strict=False))
                if result is not seen
            ]
            if changed:
                listed = [(item, one and self._as_listed(one)) for item, one in changed]
                self._table = _with_results(self._table, listed)
                for item, result in changed:
                    self._seen[item] = result
            return self._table


def _grown(table: FilmTable, names: Sequence[str]) -> FilmTable:
    more = len(names) - len(table)
    return replace(
        table,
        names=Names(list(names)),
        statuses=np.concatenate([table.statuses, np.full(more, _PENDING, np.int8)]),
        probabilities=np.concatenate([table.probabilities, np.full(more, np.nan)]),
        urgencies=np.concatenate([table.urgencies, np.zeros(more)]),
        labels=np.concatenate([table.labels, np.full(more, -1, np.int32)]),
        reasons=np.concatenate([table.reasons, np.zeros(more, np.int32)]),
    )


def _with_results(table: FilmTable, changed: Sequence[tuple[int, Result | None]]) -> FilmTable:
    labels = {name: code for code, name in enumerate(table.label_names)}
    reasons = {code: number for number, code in enumerate(table.reason_codes)}
    rows = [_values(result, labels, reasons) for _, result in changed]
    items = np.array([item for item, _ in changed])
    statuses, probabilities, urgencies, label_codes, reason_numbers = zip(*rows, strict=True)
    return replace(
        table,
        statuses=_put(table.statuses, items, statuses),
        probabilities=_put(table.probabilities, items, probabilities),
        urgencies=_put(table.urgencies, items, urgencies),
        labels=_put(table.labels, items, label_codes),
        label_names=tuple(labels),
        reasons=_put(table.reasons, items, reason_numbers),
        reason_codes=tuple(reasons),
    )


def _put(
    column: NDArray[_Number], items: NDArray[np.int64], values: Sequence[float]
) -> NDArray[_Number]:
    """The column with other values for some films; the old one stays as it is."""
    changed = column.copy()
    changed[items] = values
    return changed


def _values(
    result: Result | None, labels: dict[str, int], reasons: dict[str, int]
) -> tuple[int, float, float, int, int]:
    """Status, probability, urgency, label and reason of one film; new names get a number."""
    if result is None:
        return _PENDING, np.nan, 0.0, -1, 0
    status = STATUS_CODES[status_of(result)]
    reason = reasons.setdefault(result.reason_code, len(reasons))
    prediction = result.prediction
    if prediction is None:
        return status, np.nan, 0.0, -1, reason
    is_doubtful = prediction.zone == "uncertain"
    return (
        status,
        prediction.probability,
        prediction.uncertainty if is_doubtful else prediction.probability,
        labels.setdefault(prediction.label, len(labels)),
        reason,
    )
