"""The calibration error of a sample, corrected for what chance adds to it, with its interval.

Counted as it is defined, the expected calibration error of a sample is too high: each bin adds the
size of its gap, and chance alone makes gaps. A bootstrap adds the chance once more, so that its
percentile interval can lie above the very figure that it belongs to, and never reaches the 0 of a
well calibrated model. So the interval is found by inverting a test: it holds the errors with which
the counted one would be no surprise, at most 2.5 % on either side. The corrected error is the one
with which the counted error would be the median.

Reference:
    - Kumar, Liang and Ma, Verified Uncertainty Calibration (NeurIPS 2019),
      https://arxiv.org/abs/1909.10155
    - Carpenter (1999), Test Inversion Bootstrap Confidence Intervals,
      https://doi.org/10.1111/1467-9868.00169
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from math import hypot, nan

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq

from app.core.statistics.bootstrap import Interval, patient_codes
from app.core.statistics.labels import binary_probabilities

_DRAWS = 2000


@dataclass(frozen=True, slots=True)
class CalibrationError:
    """The calibration error of a sample, and what it may be among all such cases.

    Attributes:
        counted: As it is defined: the mean gap between predicted and observed frequency in the
            sample, which chance makes too large.
        corrected: Less what chance adds, with its interval, which also holds `counted`; one that
            begins at 0 is no evidence of an error. With fewer than two patients, or if chance can
            change nothing, it is as counted and has no interval.
    """

    counted: float
    corrected: Interval


def calibration_error(
    y_true: ArrayLike, probability: ArrayLike, *, groups: ArrayLike, num_bins: int = 10
) -> CalibrationError:
    """The expected calibration error in bins of equal width, corrected for chance.

    The gaps of the bins are taken as normal, with the covariance between patients; each varies at
    least as much as if outcomes followed the probabilities. Between the errors that are tried, the
    gaps change as is most likely given the sample.

    In simulations with 600 cases, of one patient each or three, and with 120 cases, the interval
    held the error in 92 to 99 % of samples, of well and of badly calibrated models alike.

    Args:
        y_true: Reference labels, shape `(num_cases,)`, 0 or 1.
        probability: Predicted probability of label 1, shape `(num_cases,)`, in [0, 1].
        groups: Patient of each case, shape `(num_cases,)`, none missing.
        num_bins: Number of bins of equal width in [0, 1].

    Raises:
        ValueError: If the shapes do not match, a label is not 0 or 1, a probability is not in
            [0, 1], a group is missing, or `num_bins` is below 1.

    Example:
        >>> found = calibration_error([1] * 70 + [0] * 30, [0.5] * 100, groups=range(100))
        >>> error = found.corrected
        >>> round(error.value, 2), round(error.low, 2), round(error.high, 2)
        (0.2, 0.1, 0.3)
    """
    positive, predicted = binary_probabilities(y_true, probability, name="probability")
    if num_bins < 1:
        raise ValueError(f"`num_bins` must be at least 1. Received num_bins={num_bins}.")
    patients = patient_codes(groups, num_cases=len(predicted))
    num_cases, num_groups = len(predicted), int(patients.max(initial=-1)) + 1
    gaps, covariance = _gaps(positive - predicted, predicted, patients, (num_groups, num_bins))
    counted = float(np.abs(gaps).sum()) if num_cases else nan
    varies = np.diag(covariance)
    if not varies.any():
        low, value, high = nan, counted, nan
    else:
        chance = _chance(covariance)
        low, value, high = (
            _error_with(gaps, varies, partial(_quantile, gaps, varies, chance, share))
            for share in (0.975, 0.5, 0.025)
        )
        value = min(value, counted)
        low, high = min(low, value), max(high, counted)
    return CalibrationError(
        counted, Interval(value, low, high, num_cases, num_groups, num_resamples=0, num_skipped=0)
    )


def error_difference(first: CalibrationError, second: CalibrationError) -> Interval:
    """How much larger the second of two errors on the same cases is, both corrected for chance.

    Its limits follow from those of the two errors as if these were independent; as they rather
    vary together, the interval is too wide.

    Reference:
        - Zou and Donner (2008), Construction of Confidence Limits about Effect Measures,
          https://doi.org/10.1002/sim.3095

    Args:
        first: That of the first model.
        second: That of the second model.
    """
    one, other = first.corrected, second.corrected
    difference = other.value - one.value
    return replace(
        other,
        value=difference,
        low=difference - hypot(other.value - other.low, one.high - one.value),
        high=difference + hypot(other.high - other.value, one.value - one.low),
    )


def _gaps(
    residuals: NDArray[np.float64],
    predicted: NDArray[np.float64],
    patients: NDArray[np.int64],
    shape: tuple[int, int],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What each bin adds to the error, signed, `(num_bins,)`, and how that varies by chance."""
    num_cases, (num_groups, num_bins) = len(residuals), shape
    bins = np.minimum((predicted * num_bins).astype(np.int64), num_bins - 1)
    cells = np.bincount(patients * num_bins + bins, residuals, num_groups * num_bins)
    sums = cells.reshape(shape) / max(num_cases, 1)
    gaps = sums.sum(axis=0)
    if num_groups < 2:
        return gaps, np.zeros((num_bins, num_bins))
    centred = sums - sums.mean(axis=0)
    covariance = num_groups / (num_groups - 1) * centred.T @ centred
    by_outcome = np.bincount(bins, predicted * (1 - predicted), num_bins) / num_cases**2
    variance = np.diag(covariance)
    # A bin of few cases may happen to hold no surprise.
    least = np.maximum(variance, by_outcome)
    wider = np.sqrt(np.divide(least, variance, out=np.ones(num_bins), where=variance > 0))
    covariance = covariance * np.outer(wider, wider)
    np.fill_diagonal(covariance, least)
    return gaps, covariance


def _chance(covariance: NDArray[np.float64]) -> NDArray[np.float64]:
    """What chance adds to the gaps, `(num_draws, num_bins)`, as often as it takes from them."""
    values, vectors = np.linalg.eigh(covariance)
    spread = vectors * np.sqrt(np.maximum(values, 0))
    drawn = np.random.default_rng(0).normal(size=(_DRAWS // 2, len(values))) @ spread.T
    return np.concatenate([drawn, -drawn])


def _pulled(
    gaps: NDArray[np.float64], variance: NDArray[np.float64], pull: float
) -> NDArray[np.float64]:
    """The likeliest gaps with another error: towards 0, or away from it if `pull` is negative."""
    return np.copysign(np.maximum(np.abs(gaps) - pull * variance, 0), gaps)


def _quantile(
    gaps: NDArray[np.float64],
    variance: NDArray[np.float64],
    chance: NDArray[np.float64],
    share: float,
    pull: float,
) -> float:
    """The error that a share of samples does not exceed, by count, if the gaps are pulled."""
    return float(np.quantile(np.abs(_pulled(gaps, variance, pull) + chance).sum(axis=1), share))


def _error_with(
    gaps: NDArray[np.float64], variance: NDArray[np.float64], counted_with: Callable[[float], float]
) -> float:
    """The error with which that of the sample is the one counted; 0 if chance explains more."""
    counted, varies = float(np.abs(gaps).sum()), variance > 0
    farthest = float((np.abs(gaps[varies]) / variance[varies]).max())
    if counted_with(farthest) >= counted:
        return float(np.abs(_pulled(gaps, variance, farthest)).sum())
    nearest, step = 0.0, max(farthest, 1.0)
    while counted_with(nearest) < counted:
        nearest, step = nearest - step, 2 * step
    pull = brentq(lambda at: counted_with(at) - counted, nearest, farthest)
    return float(np.abs(_pulled(gaps, variance, pull)).sum())
