"""How far a probability can be believed."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan

import numpy as np
from numpy.typing import ArrayLike, NDArray

from app.core.statistics.labels import binary_probabilities
from app.core.statistics.metrics import Proportion


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Cases of similar probability: what was promised and what came true."""

    low: float
    high: float
    mean_probability: float
    observed: Proportion


def sigmoid(logits: ArrayLike) -> NDArray[np.float64]:
    """Probabilities in [0, 1] from logits of any shape, without overflow."""
    values = np.asarray(logits, dtype=np.float64)
    small = np.exp(-np.abs(values))
    return np.where(values >= 0, 1 / (1 + small), small / (1 + small))


def softmax(logits: ArrayLike) -> NDArray[np.float64]:
    """Probabilities that add up to 1 along the last axis, without overflow."""
    values = np.asarray(logits, dtype=np.float64)
    powers = np.exp(values - values.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def reliability_bins(
    y_true: ArrayLike, probability: ArrayLike, *, num_bins: int = 10
) -> tuple[ReliabilityBin, ...]:
    """Groups cases into bins of equal width and compares promise with outcome.

    For more than two classes pass whether the call was right and the probability it was made
    with.

    Args:
        y_true: Reference labels, shape `(num_cases,)`, 0 or 1.
        probability: Probability of label 1, shape `(num_cases,)`, in [0, 1].
        num_bins: How many bins [0, 1] is cut into; each holds its lower edge, the last both.

    Returns:
        All bins from the lowest up; an empty one has NaN for its mean probability.

    Raises:
        ValueError: If the arrays differ in shape, a label is not 0 or 1, a probability is not
            in [0, 1], or `num_bins` is below 1.
    """
    positive, proportion = binary_probabilities(y_true, probability, name="probability")
    if num_bins < 1:
        raise ValueError(f"`num_bins` must be at least 1. Received num_bins={num_bins}.")
    bin_of_case = np.minimum((proportion * num_bins).astype(np.int64), num_bins - 1)
    totals = np.bincount(bin_of_case, minlength=num_bins)
    positives = np.bincount(bin_of_case[positive], minlength=num_bins)
    sums = np.bincount(bin_of_case, weights=proportion, minlength=num_bins)
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
    """Mean distance between promised and observed frequency, each case counting alike.

    Arguments and errors are those of `reliability_bins`. 0 is perfect; NaN without cases.

    Reference:
        - Guo et al., On Calibration of Modern Neural Networks (ICML 2017),
          https://arxiv.org/abs/1706.04599
    """
    filled = [
        bin_
        for bin_ in reliability_bins(y_true, probability, num_bins=num_bins)
        if bin_.observed.total
    ]
    num_cases = sum(bin_.observed.total for bin_ in filled)
    if not num_cases:
        return nan
    return sum(
        bin_.observed.total / num_cases * abs(bin_.observed.value - bin_.mean_probability)
        for bin_ in filled
    )


def brier_score(y_true: ArrayLike, probability: ArrayLike) -> float:
    """Mean squared distance between probability and outcome; 0 is perfect, NaN without cases.

    Arguments and errors are those of `reliability_bins`.

    Reference:
        - Brier (1950), Verification of Forecasts Expressed in Terms of Probability,
          https://doi.org/10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2
    """
    positive, proportion = binary_probabilities(y_true, probability, name="probability")
    return float(np.mean((proportion - positive) ** 2)) if len(proportion) else nan
