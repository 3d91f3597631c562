"""95 % intervals over patients: by bootstrap, or of large samples from each patient's influence.

Pages compute them while somebody waits: 1,000 resamples of 10,000 cases take a second, of 200,000
a minute. From `MANY_CASES` on, both ways give limits that differ by less than the interval does
from one seed of the bootstrap to the next.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from app.core.statistics import bootstrap, bootstrap_areas
from app.core.statistics.bootstrap import Interval, bootstrap_interval
from app.core.statistics.calibration import brier_score
from app.core.statistics.influence import (
    areas_influence,
    auc_influence,
    brier_influence,
    interval_by_influence,
    mean_influence,
)


def areas(y_true: ArrayLike, y_score: ArrayLike, *, groups: ArrayLike) -> tuple[Interval, Interval]:
    """AUC and average precision.

    Args:
        y_true: Reference labels, shape `(num_cases,)`, 0 or 1.
        y_score: Scores, shape `(num_cases,)`, finite; higher means more likely positive.
        groups: Patient of each case, shape `(num_cases,)`, none missing.

    Raises:
        ValueError: If the shapes do not match, a label is not 0 or 1, a score is not finite, or a
            group is missing.
    """
    if _few(y_true):
        return bootstrap_areas.area_intervals(y_true, y_score, groups=groups)
    auc, precision = areas_influence(y_true, y_score)
    return (
        interval_by_influence(auc, groups=groups),
        interval_by_influence(precision, groups=groups),
    )


def auc(y_true: ArrayLike, y_score: ArrayLike, *, groups: ArrayLike) -> Interval:
    """The area under the ROC curve.

    Args:
        y_true: Reference labels, shape `(num_cases,)`, 0 or 1.
        y_score: Scores, shape `(num_cases,)`, finite; higher means more likely positive.
        groups: Patient of each case, shape `(num_cases,)`, none missing.

    Raises:
        ValueError: See `areas`.
    """
    if _few(y_true):
        return bootstrap_areas.auc_interval(y_true, y_score, groups=groups)
    return interval_by_influence(auc_influence(y_true, y_score), groups=groups)


def aucs(
    y_true: NDArray[np.float64], y_score: NDArray[np.float64], *, groups: ArrayLike
) -> tuple[Interval, tuple[Interval, ...]]:
    """The unweighted mean AUC of several findings or classes, and the AUC of each.

    Args:
        y_true: Labels, shape `(num_cases, num_findings)`, 0, 1, or NaN where not labelled.
        y_score: Scores, same shape, finite.
        groups: Patient of each case, shape `(num_cases,)`, none missing.

    Raises:
        ValueError: If the shapes do not match, a label is not 0, 1 or NaN, a score is not finite,
            or a group is missing.
    """
    if _few(y_true):
        return bootstrap_areas.auc_intervals(y_true, y_score, groups=groups)
    labelled = [~np.isnan(truth) for truth in y_true.T]
    each = [
        auc_influence(truth[known], score[known])
        for truth, score, known in zip(y_true.T, y_score.T, labelled, strict=True)
    ]
    patients = bootstrap.patient_codes(groups, num_cases=len(y_true))
    return interval_by_influence(mean_influence(each, labelled), groups=patients), tuple(
        interval_by_influence(one, groups=patients[known])
        for one, known in zip(each, labelled, strict=True)
    )


def brier(y_true: ArrayLike, probability: ArrayLike, *, groups: ArrayLike) -> Interval:
    """The Brier score.

    Args:
        y_true: Reference labels, shape `(num_cases,)`, 0 or 1.
        probability: Predicted probability of label 1, shape `(num_cases,)`, in [0, 1].
        groups: Patient of each case, shape `(num_cases,)`, none missing.

    Raises:
        ValueError: If the shapes do not match, a label is not 0 or 1, a probability is not in
            [0, 1], or a group is missing.
    """
    if _few(y_true):
        return bootstrap_interval(brier_score, y_true, probability, groups=groups)
    return interval_by_influence(brier_influence(y_true, probability), groups=groups)


def _few(y_true: ArrayLike) -> bool:
    return len(np.asarray(y_true)) < bootstrap.MANY_CASES
