"""Percentile bootstrap confidence intervals that resample patients.

Films of one patient are correlated, so patients are resampled rather than films: a patient
drawn twice contributes all films twice.

Reference:
    - Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapters 8 and 13
    - Field and Welsh (2007), Bootstrapping clustered data,
      https://doi.org/10.1111/j.1467-9868.2007.00593.x
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import isfinite, nan
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from app.core.statistics.labels import require_finite

# From this many cases on, pages do without resampling, see `influence`.
MANY_CASES = 10_000


@dataclass(frozen=True, slots=True)
class Interval:
    """A statistic with its 95 % bootstrap confidence interval and the counts behind it.

    Attributes:
        value: The statistic on all cases.
        low: Lower limit; NaN with fewer than two patients, or if no resample gave a value.
        high: Upper limit; NaN in the same cases.
        num_cases: Number of cases.
        num_groups: Number of patients.
        num_resamples: Number of bootstrap resamples.
        num_skipped: Resamples on which the statistic is undefined.
    """

    value: float
    low: float
    high: float
    num_cases: int
    num_groups: int
    num_resamples: int
    num_skipped: int

    @property
    def degenerate(self) -> bool:
        """Whether every resample gave the same value, such as an AUC of 1.

        The interval then has zero width because the sample holds no counter-example, which does
        not prove that there are none. Show the value with its number of patients instead.
        """
        return self.low == self.high


def bootstrap_interval(
    statistic: Callable[[NDArray[Any], NDArray[np.float64]], float],
    y_true: ArrayLike,
    y_score: ArrayLike,
    *,
    groups: ArrayLike,
    num_resamples: int = 1000,
    seed: int = 0,
) -> Interval:
    """95 % confidence interval of any statistic of labels and scores.

    Resamples that lack one of the classes present, or on which the statistic is NaN, are skipped
    and counted; the interval is computed from the others.

    Args:
        statistic: Called with the labels and scores of a resample.
        y_true: Reference classes, shape `(num_cases,)`.
        y_score: Scores or predicted classes, shape `(num_cases, ...)`, finite.
        groups: Patient of each case, shape `(num_cases,)`, none missing. If every case is a
            different patient, pass `np.arange(num_cases)`.
        num_resamples: Number of bootstrap resamples.
        seed: Seed of the random generator.

    Raises:
        ValueError: If the shapes do not match, a score is not finite, a group is missing, or
            `num_resamples` is below 1.

    Example:
        >>> from app.core.statistics.curves import roc_auc
        >>> y_true, y_score = [0, 0, 1, 1], [0.1, 0.4, 0.3, 0.9]
        >>> interval = bootstrap_interval(roc_auc, y_true, y_score, groups=["a", "b", "c", "d"])
        >>> interval.value, interval.num_groups
        (0.75, 4)
    """
    truth, score = np.asarray(y_true), np.asarray(y_score, dtype=np.float64)
    if truth.ndim != 1 or score.shape[:1] != truth.shape:
        raise ValueError(
            "`y_true` must be 1-D, with an entry for each row of `y_score`. "
            f"Received shapes {truth.shape} and {score.shape}."
        )
    require_finite("y_score", score)
    patients = patient_codes(groups, num_cases=len(truth))
    classes = np.unique(truth, return_inverse=True)[1]
    cases = np.arange(len(truth))
    figures = []
    for times in draws(patients, num_resamples=num_resamples, seed=seed):
        if np.bincount(classes, times).all():
            drawn = cases.repeat(times)
            figures.append(statistic(truth[drawn], score[drawn]))
    return percentile_interval(
        statistic(truth, score), figures, patients=patients, num_resamples=num_resamples
    )


def patient_codes(groups: ArrayLike, *, num_cases: int) -> NDArray[np.int64]:
    """Patients as integers from 0, in the order of their sorted identifiers.

    Args:
        groups: Patient of each case, shape `(num_cases,)`, none missing.
        num_cases: Number of cases.

    Returns:
        Shape `(num_cases,)`.

    Raises:
        ValueError: If the shape does not match, or a group is missing.
    """
    names = np.asarray(groups)
    if names.shape != (num_cases,):
        raise ValueError(
            "`groups` must have one patient identifier for each case. "
            f"Received shape {names.shape} for {num_cases} cases."
        )
    codes = pd.factorize(names, sort=True)[0].astype(np.int64)
    num_missing = int(((codes < 0) | (names == "")).sum())
    if num_missing:
        raise ValueError(
            f"`groups` must have one patient identifier for each case. Received {num_missing} "
            f"missing of {num_cases}. Give each case without a known patient a unique identifier."
        )
    return codes


def draws(
    patients: NDArray[np.int64], *, num_resamples: int, seed: int
) -> Iterator[NDArray[np.int64]]:
    """Yields, for each resample, how many times each case occurs in it.

    Args:
        patients: Patient of each case as an integer from 0, shape `(num_cases,)`.
        num_resamples: Number of bootstrap resamples.
        seed: Seed of the random generator.

    Raises:
        ValueError: If `num_resamples` is below 1.
    """
    if num_resamples < 1:
        raise ValueError(
            f"`num_resamples` must be at least 1. Received num_resamples={num_resamples}."
        )
    random = np.random.default_rng(seed)
    num_groups = _num_groups(patients)
    if num_groups < 2:
        return
    for _ in range(num_resamples):
        drawn = random.integers(num_groups, size=num_groups)
        yield np.bincount(drawn, minlength=num_groups)[patients]


def _num_groups(patients: NDArray[np.int64]) -> int:
    return int(patients.max()) + 1 if len(patients) else 0


def percentile_interval(
    value: float, figures: list[float], *, patients: NDArray[np.int64], num_resamples: int
) -> Interval:
    """The 95 % interval between percentiles of the resamples.

    Args:
        value: The statistic on all cases.
        figures: The statistic on each resample; those that are not finite are skipped.
        patients: Patient of each case as an integer from 0, shape `(num_cases,)`.
        num_resamples: Number of bootstrap resamples.
    """
    defined = [figure for figure in figures if isfinite(figure)]
    low, high = np.percentile(defined, (2.5, 97.5)) if defined else (nan, nan)
    return Interval(
        value=float(value),
        low=float(low),
        high=float(high),
        num_cases=len(patients),
        num_groups=_num_groups(patients),
        num_resamples=num_resamples,
        num_skipped=num_resamples - len(defined),
    )
