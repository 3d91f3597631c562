"""How well predicted probabilities agree with observed frequencies."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan

import numpy as np
from numpy.typing import ArrayLike, NDArray

from app.core.statistics.labels import binary_probabilities
from app.core.statistics.metrics import Proportion


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """One bin of a reliability diagram.

    Attributes:
        low: Lower edge of the bin, in [0, 1].
        high: Upper edge of the bin.
        mean_probability: Mean predicted probability; NaN in an empty bin.
        observed: Cases with label 1 among all cases in the bin.
    """

    low: float
    high: float
    mean_probability: float
    observed: Proportion


def sigmoid(logits: ArrayLike) -> NDArray[np.float64]:
    """The logistic function, without overflow.

    Args:
        logits: Values of any shape, `(...)`.

    Returns:
        Probabilities in [0, 1], float64 with the same shape.
    """
    values = np.asarray(logits, dtype=np.float64)
    small = np.exp(-np.abs(values))
    return np.where(values >= 0, 1 / (1 + small), small / (1 + small))


def softmax(logits: ArrayLike) -> NDArray[np.float64]:
    """The softmax over the last axis, without overflow.

    Args:
        logits: Logits, shape `(..., num_classes)`.

    Returns:
        Probabilities in [0, 1] that sum to 1 over the last axis, float64 with the same shape.
    """
    values = np.asarray(logits, dtype=np.float64)
    powers = np.exp(values - values.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def reliability_bins(
    y_true: ArrayLike, probability: ArrayLike, *, num_bins: int = 10
) -> tuple[ReliabilityBin, ...]:
    """Groups cases into bins of equal width and compares predicted with observed frequency.

    For more than two classes, pass whether each prediction was correct and the probability of the
    predicted class.

    Args:
        y_true: Reference labels, shape `(num_cases,)`, 0 or 1.
        probability: Predicted probability of label 1, shape `(num_cases,)`, in [0, 1].
        num_bins: Number of bins in [0, 1]. A bin includes its lower edge; the last one also
            includes its upper edge.

    Returns:
        All bins in ascending order, empty ones included.

    Raises:
        ValueError: If the arrays differ in shape, a label is not 0 or 1, a probability is not
            in [0, 1], or `num_bins` is below 1.
    """
    totals, positives, sums = _binned(y_true, probability, num_bins)
    return tuple(
        ReliabilityBin(
            low=k / num_bins,
            high=(k + 1) / num_bins,
            mean_probability=float(sums[k] / totals[k]) if totals[k] else nan,
            observed=Proportion(int(positives[k]), int(totals[k])),
        )
        for k in range(num_bins)
    )


def expected_calibration_error(
    y_true: ArrayLike, probability: ArrayLike, num_bins: int = 10
) -> float:
    """Expected calibration error: mean gap between predicted and observed frequency.

    Bins are weighted by their number of cases. 0 is perfect; NaN without cases.

    Args:
        y_true: Reference labels, shape `(num_cases,)`, 0 or 1.
        probability: Predicted probability of label 1, shape `(num_cases,)`, in [0, 1].
        num_bins: Number of bins of equal width in [0, 1].

    Raises:
        ValueError: See `reliability_bins`.

    Reference:
        - Guo et al., On Calibration of Modern Neural Networks (ICML 2017),
          https://arxiv.org/abs/1706.04599
    """
    totals, positives, sums = _binned(y_true, probability, num_bins)
    num_cases = totals.sum()
    return float(np.abs(positives - sums).sum() / num_cases) if num_cases else nan


def _binned(
    y_true: ArrayLike, probability: ArrayLike, num_bins: int
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
    """Number of cases, number of positive ones and sum of probabilities of each bin."""
    positive, proportion = binary_probabilities(y_true, probability, name="probability")
    if num_bins < 1:
        raise ValueError(f"`num_bins` must be at least 1. Received num_bins={num_bins}.")
    bin_of_case = np.minimum((proportion * num_bins).astype(np.int64), num_bins - 1)
    totals = np.bincount(bin_of_case, minlength=num_bins)
    positives = np.bincount(bin_of_case[positive], minlength=num_bins)
    sums = np.bincount(bin_of_case, weights=proportion, minlength=num_bins)
    return totals, positives, np.asarray(sums, np.float64)


def brier_score(y_true: ArrayLike, probability: ArrayLike) -> float:
    """Mean squared difference between probability and label; 0 is perfect, NaN without cases.

    Args:
        y_true: Reference labels, shape `(num_cases,)`, 0 or 1.
        probability: Predicted probability of label 1, shape `(num_cases,)`, in [0, 1].

    Raises:
        ValueError: If the arrays differ in shape, a label is not 0 or 1, or a probability is not
            in [0, 1].

    Reference:
        - Brier (1950), Verification of Forecasts Expressed in Terms of Probability,
          https://doi.org/10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2
    """
    positive, proportion = binary_probabilities(y_true, probability, name="probability")
    return float(np.mean((proportion - positive) ** 2)) if len(proportion) else nan
