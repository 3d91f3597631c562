"""What a program decided, where a table has no scores: a decision counts as a score of 0 or 1."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.core.errors import DatasetError
from app.core.evidence.manifest import THE_FINDING
from app.core.evidence.numbers import MISSING, numbers_of
from app.core.evidence.truths import read_truth


def scores_of_decisions(
    decided: pd.Series[str], truth: pd.Series[str], column: str, *, positive: Sequence[str]
) -> dict[str, NDArray[np.float64]]:
    """A score for the finding, or for each of several classes.

    Args:
        decided: What was decided, text, `(n,)`.
        truth: What is true, text, `(n,)`.
        column: Name of the column of decisions, for messages.
        positive: What the truth says where the finding is there; if empty, it is recognised.

    Returns:
        Finding or class -> 0, 1, or NaN where nothing was decided, float64 `(n,)`.

    Raises:
        DatasetError: If it is not clear what a decision means.
    """
    said = decided.str.strip().str.lower()
    nothing = said.isin(MISSING)
    classes = {one.strip().lower(): one.strip() for one in truth.unique()}
    classes = {lower: one for lower, one in sorted(classes.items()) if lower not in MISSING}
    if len(classes) > 2 and not positive and said[~nothing].isin(classes).all():
        return {
            one: np.where(nothing, np.nan, (said == lower).astype(np.float64))
            for lower, one in classes.items()
        }
    try:
        # With the truth, whose words mean the same.
        both = read_truth(pd.concat([truth, decided]), column, positive=positive)
        return {THE_FINDING: both.labels[len(truth) :]}
    except DatasetError:
        return {THE_FINDING: read_truth(decided, column).labels}


def are_words(column: pd.Series[str]) -> bool:
    """Whether a column of scores holds decisions in words, and no number.

    Args:
        column: Its cells.
    """
    return bool(np.isnan(numbers_of(column)).all())


def said_of_truth(
    positive: Sequence[str], decided: Iterable[str], true: Iterable[str]
) -> tuple[str, ...]:
    """What was said of the truth, without the words that only decisions use.

    Args:
        positive: What is said where the finding is there.
        decided: What decisions say.
        true: What the truth says.
    """
    known = {one.strip().lower() for one in true}
    only_decided = {one.strip().lower() for one in decided} - known
    return tuple(one for one in positive if one.strip().lower() not in only_decided)


def are_decisions(scores: Mapping[str, NDArray[np.float64]]) -> bool:
    """Whether every score is 0 or 1, and both occur.

    Args:
        scores: Finding or class -> its scores, float64 `(num_cases,)`, NaN where there is none.
    """
    values = np.unique(np.concatenate(list(scores.values())))
    return np.array_equal(values[~np.isnan(values)], [0.0, 1.0])
