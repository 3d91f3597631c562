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
from dataclasses import dataclass, replace
from math import isfinite, nan
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from app.core.statistics.curves import auc_from_counts, average_precision_from_counts
from app.core.statistics.labels import binary_cases, require_finite

# From this many cases on, an interval is so narrow that fewer resamples change no digit shown.
MANY_CASES = 50_000
_RESAMPLES, _RESAMPLES_OF_MANY = 1000, 200


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


def auc_interval(
    y_true: ArrayLike,
    y_score: ArrayLike,
    *,
    groups: ArrayLike,
    num_resamples: int = 1000,
    seed: int = 0,
) -> Interval:
    """95 % confidence interval of the area under the ROC curve (AUC).

    The result equals `bootstrap_interval` with `curves.roc_auc` but takes a fraction of the
    time: scores are sorted once, and a resample only changes the counts at each distinct score.

    For an AUC close to 1 the interval is too narrow when patients are few. In simulations with
    several films per patient and a true AUC of 0.98, its coverage was 79 % with 40 patients,
    86 % with 80, 90 to 92 % with 200 and 95 % with 600; with a true AUC of 0.80 it was 94 to
    95 % throughout.

    Args:
        y_true: Reference labels, shape `(num_cases,)`, 0 or 1.
        y_score: Scores, shape `(num_cases,)`, finite; higher means more likely positive.
        groups: Patient of each case, shape `(num_cases,)`, none missing.
        num_resamples: Number of bootstrap resamples.
        seed: Seed of the random generator.

    Raises:
        ValueError: If the shapes do not match, a label is not 0 or 1, a score is not finite, a
            group is missing, or `num_resamples` is below 1.

    Example:
        >>> patients = ["a", "a", "b", "c", "d", "e"]
        >>> interval = auc_interval([0, 0, 0, 1, 1, 1], [1, 2, 5, 4, 6, 7], groups=patients)
        >>> round(interval.value, 3), interval.num_cases, interval.num_groups
        (0.889, 6, 5)
    """
    ranked = _Ranked.of(y_true, y_score)
    patients = patient_codes(groups, num_cases=len(ranked.order))
    drawn_in_order = draws(patients[ranked.order], num_resamples=num_resamples, seed=seed)
    return percentile_interval(
        ranked.auc(np.ones(len(patients), dtype=np.int64)),
        [ranked.auc(times) for times in drawn_in_order],
        patients=patients,
        num_resamples=num_resamples,
    )


def resamples_for(num_cases: int) -> int:
    """Number of resamples for a sample: 1,000, or 200 from `MANY_CASES` on."""
    return _RESAMPLES if num_cases < MANY_CASES else _RESAMPLES_OF_MANY


def areas_of_many(
    y_true: ArrayLike, y_score: ArrayLike, *, groups: ArrayLike, seed: int = 0
) -> tuple[Interval, Interval]:
    """95 % intervals of AUC and average precision of a large sample, from the same resamples.

    They equal those of `auc_interval` and `bootstrap_interval` with as many resamples, but take a
    fraction of the time.

    Args:
        y_true: Reference labels, shape `(num_cases,)`, 0 or 1.
        y_score: Scores, shape `(num_cases,)`, finite; higher means more likely positive.
        groups: Patient of each case, shape `(num_cases,)`, none missing.
        seed: Seed of the random generator.

    Raises:
        ValueError: If the shapes do not match, a label is not 0 or 1, a score is not finite, or a
            group is missing.
    """
    ranked = _Ranked.of(y_true, y_score)
    patients = patient_codes(groups, num_cases=len(ranked.order))
    number = resamples_for(len(patients))

    def areas(times: NDArray[np.int64]) -> tuple[float, float]:
        counts = ranked.counts(times)
        return auc_from_counts(*counts), average_precision_from_counts(*counts)

    whole = areas(np.ones(len(patients), dtype=np.int64))
    drawn = draws(patients[ranked.order], num_resamples=number, seed=seed)
    found = [areas(times) for times in drawn]
    auc, precision = (
        percentile_interval(
            value, [one[place] for one in found], patients=patients, num_resamples=number
        )
        for place, value in enumerate(whole)
    )
    return auc, precision


def mean_auc_interval(
    y_true: ArrayLike,
    y_score: ArrayLike,
    *,
    groups: ArrayLike,
    num_resamples: int = 1000,
    seed: int = 0,
) -> Interval:
    """95 % confidence interval of the unweighted mean AUC of several findings.

    The AUC of a finding is computed from the cases that are labelled for it. A patient is drawn
    with all their cases and findings, so findings that go together vary together. Resamples in
    which a finding has no positive or no negative case are skipped and counted.

    Args:
        y_true: Labels, shape `(num_cases, num_findings)`, 0, 1, or NaN where not labelled.
        y_score: Scores, same shape, finite.
        groups: Patient of each case, shape `(num_cases,)`, none missing.
        num_resamples: Number of bootstrap resamples.
        seed: Seed of the random generator.

    Returns:
        The interval; its value is NaN if a finding has no positive or no negative case.

    Raises:
        ValueError: If the shapes do not match, a label is not 0, 1 or NaN, a score is not
            finite, a group is missing, or `num_resamples` is below 1.
    """
    labels, score = np.asarray(y_true, np.float64), np.asarray(y_score, np.float64)
    if labels.ndim != 2 or not labels.shape[1] or labels.shape != score.shape:
        raise ValueError(
            "`y_true` and `y_score` must have a row for each case and a column for each finding. "
            f"Received shapes {labels.shape} and {score.shape}."
        )
    patients = patient_codes(groups, num_cases=len(labels))
    ranked = []
    for truth, scores in zip(labels.T, score.T, strict=True):
        labelled = np.flatnonzero(~np.isnan(truth))
        one = _Ranked.of(truth[labelled], scores[labelled])
        ranked.append(replace(one, order=labelled[one.order]))

    def mean(times: NDArray[np.int64]) -> float:
        return sum(one.auc(times[one.order]) for one in ranked) / len(ranked)

    return percentile_interval(
        mean(np.ones(len(patients), dtype=np.int64)),
        [mean(times) for times in draws(patients, num_resamples=num_resamples, seed=seed)],
        patients=patients,
        num_resamples=num_resamples,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Ranked:
    """Cases sorted by score once, for the AUC of any resample of them.

    Attributes:
        order: Position of each case in the original order, `(num_cases,)`.
        positive: Whether each is positive, in that order.
        first_of_score: Where each distinct score begins, in that order.
    """

    order: NDArray[np.int64]
    positive: NDArray[np.bool_]
    first_of_score: NDArray[np.int64]

    @classmethod
    def of(cls, y_true: ArrayLike, y_score: ArrayLike) -> _Ranked:
        positive, score = binary_cases(y_true, y_score)
        order = np.argsort(score, kind="stable")
        first_of_score = np.flatnonzero(np.diff(score[order], prepend=-np.inf))
        return cls(order, positive[order], first_of_score)

    def auc(self, times: NDArray[np.int64]) -> float:
        """The AUC if each case, in order of score, occurs so many times."""
        return auc_from_counts(*self.counts(times)) if len(times) else nan

    def counts(self, times: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Positives and negatives at each distinct score, from the lowest up."""
        counts = np.add.reduceat(
            [times * self.positive, times * ~self.positive], self.first_of_score, axis=1
        )
        return counts[0], counts[1]


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
