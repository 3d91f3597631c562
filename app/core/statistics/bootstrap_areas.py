"""Bootstrap intervals of AUC and average precision: scores are sorted once for all resamples.

A resample only changes how often each case occurs, and with that the counts at each distinct
score. See `bootstrap` for what is resampled.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import isfinite, nan

import numpy as np
from numpy.typing import ArrayLike, NDArray

from app.core.statistics.bootstrap import Interval, draws, patient_codes, percentile_interval
from app.core.statistics.curves import auc_from_counts, average_precision_from_counts
from app.core.statistics.labels import binary_cases


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
    patients = patient_codes(groups, num_cases=len(ranked.order))[ranked.order]
    (interval,) = _intervals(
        lambda times: [ranked.auc(times)], patients, num_resamples=num_resamples, seed=seed
    )
    return interval


def area_intervals(
    y_true: ArrayLike,
    y_score: ArrayLike,
    *,
    groups: ArrayLike,
    num_resamples: int = 1000,
    seed: int = 0,
) -> tuple[Interval, Interval]:
    """95 % intervals of AUC and average precision, from the same resamples.

    They equal those of `auc_interval`, and of `bootstrap_interval` with
    `curves.average_precision`, but take a fraction of the time.

    Args:
        y_true: Reference labels, shape `(num_cases,)`, 0 or 1.
        y_score: Scores, shape `(num_cases,)`, finite; higher means more likely positive.
        groups: Patient of each case, shape `(num_cases,)`, none missing.
        num_resamples: Number of bootstrap resamples.
        seed: Seed of the random generator.

    Raises:
        ValueError: If the shapes do not match, a label is not 0 or 1, a score is not finite, a
            group is missing, or `num_resamples` is below 1.
    """
    ranked = _Ranked.of(y_true, y_score)
    patients = patient_codes(groups, num_cases=len(ranked.order))[ranked.order]
    has_both_classes = 0 < ranked.positive.sum() < len(patients)

    def areas(times: NDArray[np.int64]) -> list[float]:
        counts = ranked.counts(times)
        auc, precision = auc_from_counts(*counts), average_precision_from_counts(*counts)
        return [auc, nan if has_both_classes and not isfinite(auc) else precision]

    auc, precision = _intervals(areas, patients, num_resamples=num_resamples, seed=seed)
    return auc, precision


def auc_intervals(
    y_true: ArrayLike,
    y_score: ArrayLike,
    *,
    groups: ArrayLike,
    num_resamples: int = 1000,
    seed: int = 0,
) -> tuple[Interval, tuple[Interval, ...]]:
    """95 % confidence intervals of the mean AUC of several findings or classes, and of each AUC.

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
        The interval of the mean, and that of each finding among all cases.

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
    areas_of = areas_when_drawn(labels, score)

    def areas(times: NDArray[np.int64]) -> list[float]:
        each = areas_of(times)
        return [sum(each) / len(each), *each]

    mean, *each = _intervals(areas, patients, num_resamples=num_resamples, seed=seed)
    return mean, tuple(each)


def areas_when_drawn(
    labels: NDArray[np.float64], score: NDArray[np.float64]
) -> Callable[[NDArray[np.int64]], list[float]]:
    """A function of how many times each case occurs, which gives the AUC of each finding.

    Args:
        labels: Shape `(num_cases, num_findings)`, 0, 1, or NaN where not labelled.
        score: Same shape, finite.

    Raises:
        ValueError: If a label is not 0, 1 or NaN, or a score is not finite.
    """
    ranked = []
    for truth, scores in zip(labels.T, score.T, strict=True):
        labelled = np.flatnonzero(~np.isnan(truth))
        one = _Ranked.of(truth[labelled], scores[labelled])
        ranked.append(replace(one, order=labelled[one.order]))
    return lambda times: [one.auc(times[one.order]) for one in ranked]


def _intervals(
    areas: Callable[[NDArray[np.int64]], list[float]],
    patients: NDArray[np.int64],
    *,
    num_resamples: int,
    seed: int,
) -> list[Interval]:
    """The interval of each area, all from the same resamples of patients.

    Args:
        areas: The areas if each case occurs so many times.
        patients: Patient of each case as an integer from 0, in the order that `areas` expects.
        num_resamples: Number of bootstrap resamples.
        seed: Seed of the random generator.
    """
    drawn = draws(patients, num_resamples=num_resamples, seed=seed)
    whole = areas(np.ones(len(patients), np.int64))
    found = [areas(times) for times in drawn]
    return [
        percentile_interval(
            value,
            [one[place] for one in found],
            patients=patients,
            num_resamples=num_resamples,
        )
        for place, value in enumerate(whole)
    ]


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
