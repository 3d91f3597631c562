"""95 % intervals of the difference between two results on the same cases, over patients.

By paired bootstrap, or of large samples from each patient's influence, see `influence`. Every
difference is that of the second results minus the first.
"""

from __future__ import annotations

from dataclasses import replace
from math import nan

import numpy as np
from numpy.typing import ArrayLike, NDArray

from app.core.statistics.bootstrap import (
    MANY_CASES,
    Interval,
    draws,
    patient_codes,
    percentile_interval,
)
from app.core.statistics.bootstrap_areas import areas_when_drawn
from app.core.statistics.influence import (
    auc_influence,
    difference_by_influence,
    mean_influence,
    mean_of,
)

_RESAMPLES = 1000


def mean_differences(
    first: ArrayLike, second: ArrayLike, *, among: ArrayLike, groups: ArrayLike
) -> list[Interval]:
    """Means of the second minus those of the first, by paired bootstrap over patients.

    A proportion is a mean, and so is the Brier score. The intervals are those of
    `paired_difference`, in a fraction of the time: all means are taken of the same draws, and a
    patient is drawn as the sum of their cases. Large samples are not drawn, see `influence`.

    Args:
        first: What is averaged for the first model, such as whether it is right, shape
            `(num_means, num_cases)`.
        second: The same for the second model, same shape.
        among: Which cases are averaged, such as the positive ones, bool, same shape. Patients are
            drawn from all cases.
        groups: Patient of each case, shape `(num_cases,)`.

    Raises:
        ValueError: If the arrays differ in shape, or a group is missing.
    """
    gains = np.asarray(second, np.float64) - np.asarray(first, np.float64)
    counted = np.asarray(among, dtype=bool)
    if gains.ndim != 2 or counted.shape != gains.shape:
        raise ValueError(
            "`first`, `second` and `among` must have a row for each mean and a column for each "
            f"case. Received shapes {np.shape(first)}, {np.shape(second)} and {counted.shape}."
        )
    patients = patient_codes(groups, num_cases=gains.shape[1])
    found = _by_influence if len(patients) >= MANY_CASES else _by_bootstrap
    return [
        replace(interval, num_cases=int(among_one.sum()))
        for interval, among_one in zip(found(gains, counted, patients), counted, strict=True)
    ]


def mean_auc_difference(
    y_true: NDArray[np.int64],
    first: NDArray[np.float64],
    second: NDArray[np.float64],
    *,
    groups: ArrayLike,
) -> tuple[float, float, Interval]:
    """The unweighted mean AUC of several classes, each against all others, of two results.

    Args:
        y_true: Class of each case, shape `(num_cases,)`.
        first: Scores of the first, shape `(num_cases, num_classes)`, finite.
        second: Scores of the second, same shape.
        groups: Patient of each case, shape `(num_cases,)`.

    Returns:
        Both means, and the interval of their difference.

    Raises:
        ValueError: If a score is not finite, or a group is missing.
    """
    labels = (y_true[:, np.newaxis] == np.arange(first.shape[1])).astype(np.float64)
    patients = patient_codes(groups, num_cases=len(y_true))
    if len(patients) >= MANY_CASES:
        everywhere = [np.ones(len(patients), dtype=bool)] * first.shape[1]
        means = [
            mean_influence(
                [auc_influence(*one) for one in zip(labels.T, scores.T, strict=True)], everywhere
            )
            for scores in (first, second)
        ]
        interval = difference_by_influence(*means, groups=patients)
        return means[0].value, means[1].value, interval
    areas = [areas_when_drawn(labels, scores) for scores in (first, second)]
    drawn = draws(patients, num_resamples=_RESAMPLES, seed=0)
    whole, *found = [
        [float(np.mean(each(times))) for each in areas]
        for times in (np.ones(len(patients), np.int64), *drawn)
    ]
    interval = percentile_interval(
        whole[1] - whole[0],
        [later - earlier for earlier, later in found],
        patients=patients,
        num_resamples=_RESAMPLES,
    )
    return whole[0], whole[1], interval


def _by_influence(
    gains: NDArray[np.float64], counted: NDArray[np.bool_], patients: NDArray[np.int64]
) -> list[Interval]:
    """The interval of the mean of each row of gains among the cases that it counts."""
    return [
        difference_by_influence(
            mean_of(np.zeros(len(row)), among=among), mean_of(row, among=among), groups=patients
        )
        for row, among in zip(gains, counted, strict=True)
    ]


def _by_bootstrap(
    gains: NDArray[np.float64], counted: NDArray[np.bool_], patients: NDArray[np.int64]
) -> list[Interval]:
    """The same, from resampled patients."""
    columns = [*(gains * counted), *counted]
    sums = np.stack([np.bincount(patients, column) for column in columns], axis=1)
    drawn = [
        times.astype(np.float64) @ sums
        for times in draws(np.arange(len(sums)), num_resamples=_RESAMPLES, seed=0)
    ]
    means = [_means(totals) for totals in (sums.sum(axis=0), *drawn)]
    return [
        percentile_interval(
            means[0][place],
            [one[place] for one in means[1:]],
            patients=patients,
            num_resamples=_RESAMPLES,
        )
        for place in range(len(gains))
    ]


def _means(totals: NDArray[np.float64]) -> list[float]:
    """Sums divided by the numbers of cases behind them, which follow them in the array."""
    sums, numbers = np.split(totals, 2)
    return [
        float(total / number) if number else nan
        for total, number in zip(sums, numbers, strict=True)
    ]
