"""Which rows of two tables of results are about the same case."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.core.evidence.joining import file_name, stem


@dataclass(frozen=True, slots=True, eq=False)
class Names:
    """What the cases of results are called.

    Attributes:
        names: As the table calls them, or the paths of their files, str `(num_cases,)`.
        image_ids: SHA-256 of their films, `(num_cases,)`; empty where there is none.
    """

    names: NDArray[np.str_]
    image_ids: NDArray[np.str_]


@dataclass(frozen=True, slots=True, eq=False)
class Matched:
    """The cases that are in both.

    Attributes:
        first: Their rows in the first results, int64 `(num_shared,)`, ascending.
        second: Their rows in the second results, in the same order.
        by: How they were found to be the same, in words; empty if there are none.
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    by: str


def matched(first: Names, second: Names) -> Matched:
    """The cases that are in both, by what tells most of them.

    That is the content of their films, their names, or the names of their files with or without
    the ending. A case whose film or name is there twice is in neither.

    Args:
        first: The cases of the first results.
        second: Those of the second.
    """
    ways: tuple[tuple[str, Callable[[Names], pd.Series[str]], bool], ...] = (
        ("the content of their films", lambda cases: pd.Series(cases.image_ids), False),
        ("their names", _names, False),
        ("the names of their files", lambda cases: _names(cases).map(file_name), True),
        (
            "the names of their files without the ending",
            lambda cases: _names(cases).map(stem),
            True,
        ),
    )
    best = Matched(np.empty(0, np.int64), np.empty(0, np.int64), "")
    for how, called, partial in ways:
        ours, theirs = (_rows(called(cases), partial=partial) for cases in (first, second))
        place = theirs.index.get_indexer(ours.index)
        if (place >= 0).sum() > len(best.first):
            best = Matched(
                np.asarray(ours, dtype=np.int64)[place >= 0],
                np.asarray(theirs, dtype=np.int64)[place[place >= 0]],
                how,
            )
        if len(best.first) == min(len(first.names), len(second.names)):
            break
    return best


def _names(cases: Names) -> pd.Series[str]:
    """Names as on one system, without what keeps a spreadsheet from taking them for a formula."""
    names = pd.Series(cases.names)
    return names.str.replace("\\", "/", regex=False).str.removeprefix("'").str.removeprefix("./")


def _rows(names: pd.Series[str], *, partial: bool) -> pd.Series[int]:
    """Name -> its row, of names that are there once.

    Where only part of a name is looked at, none is safe as soon as two are alike.
    """
    rows = pd.Series(np.arange(len(names), dtype=np.int64), index=pd.Index(names))
    alike = rows.index.duplicated(keep=False)
    if partial and alike.any():
        return rows[:0]
    return rows[~alike & (rows.index != "")]
