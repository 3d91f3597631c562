"""Searching for the decision threshold that is best on labelled films.

All thresholds between two adjacent scores make the same decisions. Each function returns the
middle of that gap, so that no decision depends on the last digit of a validation case.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

import numpy as np
from numpy.typing import ArrayLike, NDArray

from app.core.statistics.labels import binary_probabilities


@dataclass(frozen=True, slots=True, eq=False)
class Gaps:
    """Gaps between adjacent scores, from the lowest up, in which a threshold can lie.

    Every threshold above `low` and up to `high` classifies the same cases as positive. All arrays
    have shape `(num_gaps,)`.
    """

    low: NDArray[np.float64]
    high: NDArray[np.float64]
    tp: NDArray[np.int64]
    fp: NDArray[np.int64]
    num_positive: int
    num_negative: int

    def middle(self, index: int) -> float:
        """The threshold in the middle of a gap."""
        low, high = float(self.low[index]), float(self.high[index])
        middle = low + (high - low) / 2
        # If there is no float between the two, only the upper one makes the same decisions.
        return middle if middle > low else high


def youden_threshold(y_true: ArrayLike, y_score: ArrayLike) -> float:
    """The threshold with the highest sensitivity + specificity.

    Ties are broken by the width of the gap between scores, then by the lowest threshold.

    Reference:
        - Youden (1950), Index for rating diagnostic tests,
          https://doi.org/10.1002/1097-0142(1950)3:1<32::AID-CNCR2820030106>3.0.CO;2-3

    Args:
        y_true: Reference labels, shape `(num_cases,)`, 0 or 1, both present.
        y_score: Predicted probabilities, shape `(num_cases,)`, in [0, 1].

    Returns:
        A threshold in [0, 1]; a score equal to it counts as positive.

    Raises:
        ValueError: If the arrays differ in shape, a label is not 0 or 1, a class is missing,
            or a score is not in [0, 1].
    """
    gaps = decision_gaps(y_true, y_score)
    # Whole numbers, so that equally good thresholds compare equal.
    youden = gaps.tp * gaps.num_negative - gaps.fp * gaps.num_positive
    best = np.flatnonzero(youden == youden.max())
    widest = best[np.argmax(gaps.high[best] - gaps.low[best])]
    return gaps.middle(int(widest))


def balanced_threshold(y_true: ArrayLike, y_score: ArrayLike) -> float:
    """The threshold at which the lower of sensitivity and specificity is highest.

    With few negatives, Youden's sum has several peaks far apart, and which is highest is a matter
    of chance; the point where sensitivity and specificity meet varies little between samples. Ties
    are broken by the higher sum, then by the width of the gap between scores.

    Args:
        y_true: Reference labels, shape `(num_cases,)`, 0 or 1, both present.
        y_score: Predicted probabilities, shape `(num_cases,)`, in [0, 1].

    Raises:
        ValueError: If the arrays differ in shape, a label is not 0 or 1, a class is missing,
            or a score is not in [0, 1].
    """
    gaps = decision_gaps(y_true, y_score)
    # Whole numbers, so that equally good thresholds compare equal.
    found = gaps.tp * gaps.num_negative
    cleared = (gaps.num_negative - gaps.fp) * gaps.num_positive
    worse = np.minimum(found, cleared)
    best = np.flatnonzero(worse == worse.max())
    best = best[(found + cleared)[best] == (found + cleared)[best].max()]
    widest = best[np.argmax(gaps.high[best] - gaps.low[best])]
    return gaps.middle(int(widest))


def cost_threshold(y_true: ArrayLike, y_score: ArrayLike, ratio: float) -> float:
    """The threshold at which missed positives and false alarms together cost least.

    A false alarm costs 1, a missed positive `ratio`, at the proportion of positives among these
    cases. Ties are broken by the width of the gap between scores.

    Reference:
        - Elkan (2001), The Foundations of Cost-Sensitive Learning, IJCAI

    Args:
        y_true: Reference labels, shape `(num_cases,)`, 0 or 1, both present.
        y_score: Predicted probabilities, shape `(num_cases,)`, in [0, 1].
        ratio: Cost of a missed positive in false alarms, above 0.

    Raises:
        ValueError: If the arrays differ in shape, a label is not 0 or 1, a class is missing,
            a score is not in [0, 1], or `ratio` is not above 0.
    """
    if not (isfinite(ratio) and ratio > 0):
        raise ValueError(f"`ratio` must be above 0. Received ratio={ratio}.")
    gaps = decision_gaps(y_true, y_score)
    cost = ratio * (gaps.num_positive - gaps.tp) + gaps.fp
    best = np.flatnonzero(np.isclose(cost, cost.min(), rtol=1e-12, atol=0))
    widest = best[np.argmax(gaps.high[best] - gaps.low[best])]
    return gaps.middle(int(widest))


def decision_gaps(y_true: ArrayLike, y_score: ArrayLike) -> Gaps:
    """The gaps between the scores of these cases.

    Args:
        y_true: Reference labels, shape `(num_cases,)`, 0 or 1, both present.
        y_score: Predicted probabilities, shape `(num_cases,)`, in [0, 1].

    Raises:
        ValueError: If the arrays differ in shape, a label is not 0 or 1, a class is missing,
            or a score is not in [0, 1].
    """
    positive, score = binary_probabilities(y_true, y_score)
    num_positive, num_negative = int(positive.sum()), int((~positive).sum())
    if not num_positive or not num_negative:
        raise ValueError(
            "Choosing a threshold needs cases of both classes. "
            f"Received {num_positive} positives and {num_negative} negatives."
        )
    distinct, rank = np.unique(score, return_inverse=True)
    below = np.cumsum(
        [np.bincount(rank[which], minlength=len(distinct)) for which in (positive, ~positive)],
        axis=1,
    )
    tp, fp = num_positive - below[0], num_negative - below[1]
    low, high = np.append(0.0, distinct), np.append(distinct, 1.0)
    # No threshold in [0, 1] is above a score of 1, so such a case is always predicted positive.
    usable = slice(None, -1) if distinct[-1] == 1 else slice(None)
    return Gaps(
        low=low[usable],
        high=high[usable],
        tp=np.append(num_positive, tp)[usable],
        fp=np.append(num_negative, fp)[usable],
        num_positive=num_positive,
        num_negative=num_negative,
    )
