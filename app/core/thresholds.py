"""Choosing a decision threshold on validation data.

All thresholds between two neighbouring scores make the same decisions. Each function returns
the middle of that gap, so that no decision hangs on the last digit of one validation case.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from app.core.labels import binary_probabilities


@dataclass(frozen=True, slots=True, eq=False)
class _Gaps:
    """Between neighbouring scores, from the lowest up: where a threshold can lie.

    Every threshold above `low` and up to `high` calls the same cases positive. All arrays have
    shape `(num_gaps,)`.
    """

    low: NDArray[np.float64]
    high: NDArray[np.float64]
    tp: NDArray[np.int64]
    fp: NDArray[np.int64]
    num_positive: int
    num_negative: int

    def middle(self, index: int) -> float:
        low, high = float(self.low[index]), float(self.high[index])
        middle = low + (high - low) / 2
        # Where no number lies between the two, only the upper one keeps the decisions.
        return middle if middle > low else high


def youden_threshold(y_true: ArrayLike, y_score: ArrayLike) -> float:
    """The threshold with the highest sensitivity + specificity.

    Of several that are equally good it is the one in the widest gap between scores, and of
    equally wide gaps the lowest.

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
    gaps = _decision_gaps(y_true, y_score)
    # Whole numbers, so that equally good thresholds compare equal.
    youden = gaps.tp * gaps.num_negative - gaps.fp * gaps.num_positive
    best = np.flatnonzero(youden == youden.max())
    widest = best[np.argmax(gaps.high[best] - gaps.low[best])]
    return gaps.middle(int(widest))


def balanced_threshold(y_true: ArrayLike, y_score: ArrayLike) -> float:
    """The threshold at which the worse of sensitivity and specificity is best.

    With few negatives Youden's sum has several peaks far apart, and chance picks one; the
    point where the two shares meet moves little from sample to sample. Of several equally
    good thresholds it is the one with the highest sum, then the one in the widest gap.

    Arguments and errors are those of `youden_threshold`.
    """
    gaps = _decision_gaps(y_true, y_score)
    # Whole numbers, so that equally good thresholds compare equal.
    found = gaps.tp * gaps.num_negative
    cleared = (gaps.num_negative - gaps.fp) * gaps.num_positive
    worse = np.minimum(found, cleared)
    best = np.flatnonzero(worse == worse.max())
    best = best[(found + cleared)[best] == (found + cleared)[best].max()]
    widest = best[np.argmax(gaps.high[best] - gaps.low[best])]
    return gaps.middle(int(widest))


def threshold_at_sensitivity(y_true: ArrayLike, y_score: ArrayLike, minimum: float) -> float:
    """The threshold that finds at least this share of the positives and calls the fewest.

    It lies in the middle of the highest gap between scores that is low enough.

    Arguments and errors are those of `youden_threshold`; `minimum` is in [0, 1].
    """
    _require_share(minimum)
    gaps = _decision_gaps(y_true, y_score)
    enough = gaps.tp / gaps.num_positive >= minimum
    return gaps.middle(int(np.flatnonzero(enough)[-1]))


def threshold_at_specificity(y_true: ArrayLike, y_score: ArrayLike, minimum: float) -> float:
    """The threshold that clears at least this share of the negatives and misses the fewest.

    It lies in the middle of the lowest gap between scores that is high enough.

    Arguments are those of `youden_threshold`; `minimum` is in [0, 1].

    Raises:
        ValueError: As `youden_threshold`, and if so many negatives score exactly 1 that no
            threshold in [0, 1] clears enough of them.
    """
    _require_share(minimum)
    gaps = _decision_gaps(y_true, y_score)
    specificity = (gaps.num_negative - gaps.fp) / gaps.num_negative
    enough = np.flatnonzero(specificity >= minimum)
    if not len(enough):
        raise ValueError(
            f"No threshold in [0, 1] reaches a specificity of {minimum:g}: "
            f"{int(gaps.fp[-1])} of {gaps.num_negative} negatives score exactly 1. "
            f"Ask for {specificity[-1]:g} or less."
        )
    return gaps.middle(int(enough[0]))


def _decision_gaps(y_true: ArrayLike, y_score: ArrayLike) -> _Gaps:
    positive, score = binary_probabilities(y_true, y_score)
    num_positive, num_negative = int(positive.sum()), int((~positive).sum())
    if not num_positive or not num_negative:
        raise ValueError(
            "A threshold is chosen from cases of both classes. "
            f"Received {num_positive} positives and {num_negative} negatives."
        )
    distinct, rank = np.unique(score, return_inverse=True)
    below = np.cumsum(
        [np.bincount(rank[which], minlength=len(distinct)) for which in (positive, ~positive)],
        axis=1,
    )
    tp, fp = num_positive - below[0], num_negative - below[1]
    low, high = np.append(0.0, distinct), np.append(distinct, 1.0)
    # No threshold up to 1 lies above a score of 1, so nothing can be called negative there.
    kept = slice(None, -1) if distinct[-1] == 1 else slice(None)
    return _Gaps(
        low=low[kept],
        high=high[kept],
        tp=np.append(num_positive, tp)[kept],
        fp=np.append(num_negative, fp)[kept],
        num_positive=num_positive,
        num_negative=num_negative,
    )


def _require_share(minimum: float) -> None:
    if not 0 <= minimum <= 1:
        raise ValueError(f"`minimum` must be a share in [0, 1]. Received minimum={minimum}.")
