"""Percentile bootstrap over patients.

Films of one patient resemble each other, so patients are drawn, not films: a patient who is
drawn brings all films, twice if drawn twice.

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

from app.core.statistics.curves import auc_from_counts
from app.core.statistics.labels import binary_cases, require_finite


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with its 95 % bootstrap interval and what that rests on.

    `low` and `high` are NaN where there is nothing to draw from: fewer than two groups, or no
    resample on which the figure is defined.
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
        """Whether every resample gave the same figure, such as an area of 1.

        Such an interval has no width because these cases hold no counter-example, which does
        not mean that there is none: show the figure with its number of patients instead.
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
    """95 % interval of any figure computed from labels and scores.

    Resamples that lack one of the classes present, or on which the figure is NaN, are skipped
    and counted: the interval speaks of the others.

    Args:
        statistic: Called with the labels and scores of a resample.
        y_true: Reference classes, shape `(num_cases,)`.
        y_score: Scores or predicted classes, shape `(num_cases, ...)`, finite.
        groups: Patient of each case, shape `(num_cases,)`, none missing. Where every case is
            its own patient, `np.arange(num_cases)`.
        num_resamples: How often patients are drawn.
        seed: The same seed draws the same patients.

    Raises:
        ValueError: If the shapes do not fit, a score is not finite, or a group is missing.

    Example:
    >>> bootstrap_interval(roc_auc, y_true, y_score, groups=patient_id)
    """
    truth, score = np.asarray(y_true), np.asarray(y_score, dtype=np.float64)
    if truth.ndim != 1 or score.shape[:1] != truth.shape:
        raise ValueError(
            "`y_true` must be 1-D, with an entry for each row of `y_score`. "
            f"Received shapes {truth.shape} and {score.shape}."
        )
    require_finite("y_score", score)
    patients = _patient_codes(groups, num_cases=len(truth))
    classes = np.unique(truth)
    figures = []
    for times in _draws(patients, num_resamples=num_resamples, seed=seed):
        drawn = np.repeat(np.arange(len(truth)), times)
        if np.array_equal(np.unique(truth[drawn]), classes):
            figures.append(statistic(truth[drawn], score[drawn]))
    return _percentile_interval(
        statistic(truth, score), figures, patients=patients, num_resamples=num_resamples
    )


def auc_interval(
    y_true: ArrayLike,
    y_score: ArrayLike,
    *,
    groups: ArrayLike,
    num_resamples: int = 1000,
    seed: int = 0,
) -> Interval:
    """95 % interval of the area under the ROC curve.

    It equals `bootstrap_interval` with `curves.roc_auc`, at a fraction of the time: scores are
    sorted once, and each resample only counts its cases at every distinct score anew.

    Close to 1 the interval is too narrow while patients are few. Simulated with several films
    a patient and a true area of 0.98, it held the truth in 79 % of samples of 40 patients, 86 %
    of 80, 90 to 92 % of 200 and 95 % of 600; with a true area of 0.80 in 94 to 95 % of all.

    Args:
        y_true: Reference labels, shape `(num_cases,)`, 0 or 1.
        y_score: Scores, shape `(num_cases,)`, finite.
        groups: As for `bootstrap_interval`.
        num_resamples: As for `bootstrap_interval`.
        seed: As for `bootstrap_interval`.

    Raises:
        ValueError: If the shapes do not fit, a label is not 0 or 1, a score is not finite, or
            a group is missing.
    """
    positive, score = binary_cases(y_true, y_score)
    patients = _patient_codes(groups, num_cases=len(score))
    order = np.argsort(score, kind="stable")
    first_of_score = np.flatnonzero(np.diff(score[order], prepend=-np.inf))
    positive, patients = positive[order], patients[order]

    def auc(times: NDArray[np.int64]) -> float:
        if not len(times):
            return nan
        counts = np.add.reduceat([times * positive, times * ~positive], first_of_score, axis=1)
        return auc_from_counts(counts[0], counts[1])

    aucs = [auc(times) for times in _draws(patients, num_resamples=num_resamples, seed=seed)]
    return _percentile_interval(
        auc(np.ones(len(score), dtype=np.int64)),
        aucs,
        patients=patients,
        num_resamples=num_resamples,
    )


def _patient_codes(groups: ArrayLike, *, num_cases: int) -> NDArray[np.int64]:
    """Patients as numbers from 0, in the order of their sorted names."""
    names = np.asarray(groups)
    if names.shape != (num_cases,):
        raise ValueError(
            "`groups` must hold the patient of each case. "
            f"Received shape {names.shape} for {num_cases} cases."
        )
    codes = pd.factorize(names, sort=True)[0].astype(np.int64)
    num_missing = int(((codes < 0) | (names == "")).sum())
    if num_missing:
        raise ValueError(
            f"`groups` must hold the patient of each case. Received {num_missing} missing among "
            f"{num_cases}. Give a case without a known patient an identifier of its own."
        )
    return codes


def _draws(
    patients: NDArray[np.int64], *, num_resamples: int, seed: int
) -> Iterator[NDArray[np.int64]]:
    """For each resample, how many times each case is in it."""
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


def _percentile_interval(
    value: float, figures: list[float], *, patients: NDArray[np.int64], num_resamples: int
) -> Interval:
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
