"""Every threshold at once: ROC and precision-recall curves and the areas under them.

All of it depends on the order of the scores only, so logits serve as well as probabilities.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, nan

import numpy as np
from numpy.typing import ArrayLike, NDArray

from app.core.statistics.labels import binary_cases, class_indices, require_finite


@dataclass(frozen=True, slots=True, eq=False)
class RocCurve:
    """Sensitivity against the false positive rate, one point a distinct score.

    All three arrays have shape `(num_distinct_scores + 1,)` and begin where nothing is called
    positive, with threshold infinity. A rate without cases is NaN.
    """

    fpr: NDArray[np.float64]
    tpr: NDArray[np.float64]
    thresholds: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class PrecisionRecallCurve:
    """PPV (precision) against sensitivity (recall), one point a distinct score.

    All three arrays have shape `(num_distinct_scores + 1,)` and begin where nothing is called
    positive, with threshold infinity, recall 0 and, by convention, precision 1. Draw it as steps:
    straight lines between the points promise a precision that no threshold reaches.

    Reference:
        - Davis and Goadrich, The Relationship Between Precision-Recall and ROC Curves (ICML
          2006), https://doi.org/10.1145/1143844.1143874
    """

    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    thresholds: NDArray[np.float64]


def roc_curve(y_true: ArrayLike, y_score: ArrayLike) -> RocCurve:
    """False and true positive rates at every distinct score, from the highest down.

    Args:
        y_true: Reference labels, shape `(num_cases,)`, 0 or 1.
        y_score: Scores, shape `(num_cases,)`, finite; equal to the threshold is positive.

    Raises:
        ValueError: If the arrays differ in shape, a label is not 0 or 1, or a score is not
            finite.
    """
    thresholds, tp, fp = _counts_by_threshold(*binary_cases(y_true, y_score))
    return RocCurve(fpr=_share(fp), tpr=_share(tp), thresholds=thresholds)


def precision_recall_curve(y_true: ArrayLike, y_score: ArrayLike) -> PrecisionRecallCurve:
    """Precision and recall at every distinct score; arguments as for `roc_curve`."""
    thresholds, tp, fp = _counts_by_threshold(*binary_cases(y_true, y_score))
    precision = np.ones(len(thresholds))
    precision[1:] = tp[1:] / (tp[1:] + fp[1:])
    return PrecisionRecallCurve(precision=precision, recall=_share(tp), thresholds=thresholds)


def roc_auc(y_true: ArrayLike, y_score: ArrayLike) -> float:
    """Area under the ROC curve; arguments and errors as for `roc_curve`.

    It is the chance that a positive case scores above a negative one, a tie counting half
    (the Mann-Whitney statistic with mid-ranks). NaN if either class is missing.

    Reference:
        - Hanley and McNeil (1982), The Meaning and Use of the Area under a Receiver Operating
          Characteristic (ROC) Curve, https://doi.org/10.1148/radiology.143.1.7063747
    """
    positive, score = binary_cases(y_true, y_score)
    distinct, rank = np.unique(score, return_inverse=True)
    return auc_from_counts(
        np.bincount(rank[positive], minlength=len(distinct)),
        np.bincount(rank[~positive], minlength=len(distinct)),
    )


def auc_from_counts(positives: NDArray[np.int64], negatives: NDArray[np.int64]) -> float:
    """Area under the ROC curve from the cases counted at each distinct score, ascending.

    Args:
        positives: Positive cases at each distinct score, shape `(num_distinct_scores,)`.
        negatives: Negative cases at each distinct score, same shape.

    Returns:
        The area, or NaN if either class is missing.
    """
    num_pairs = int(positives.sum()) * int(negatives.sum())
    if not num_pairs:
        return nan
    twice_below = 2 * np.cumsum(negatives) - negatives
    return float(positives @ twice_below) / (2 * num_pairs)


def specificity_at_sensitivity(y_true: ArrayLike, y_score: ArrayLike, minimum: float) -> float:
    """The best specificity among thresholds that find at least this proportion of the positives.

    Read off the ROC curve of these very cases, so it says what the scores allow and not what a
    threshold chosen elsewhere gives. Arguments and errors as for `roc_curve`; `minimum` is in
    [0, 1]. NaN if either class is missing.
    """
    curve = roc_curve(y_true, y_score)
    # Proportions such as 97 / 100 and 0.97 may differ in their last bit.
    enough = curve.tpr >= minimum - 1e-12
    return float(1 - curve.fpr[enough][0]) if enough.any() else nan


def average_precision(y_true: ArrayLike, y_score: ArrayLike) -> float:
    """Mean of the precision over the steps of recall; arguments as for `roc_curve`.

    NaN if no case is positive. Chance level is the prevalence, not one half.
    """
    curve = precision_recall_curve(y_true, y_score)
    if len(curve.thresholds) == 1:
        return nan
    return float(np.diff(curve.recall) @ curve.precision[1:])


def class_aucs(y_true: ArrayLike, y_score: ArrayLike) -> NDArray[np.float64]:
    """Area under the ROC curve of each class against all others.

    Args:
        y_true: Reference classes, shape `(num_cases,)`, integers in [0, num_classes).
        y_score: Scores, shape `(num_cases, num_classes)`, finite.

    Returns:
        Shape `(num_classes,)`; NaN for a class that no case, or every case, belongs to.

    Raises:
        ValueError: If the shapes do not fit, a label is no class, or a score is not finite.
    """
    score = np.asarray(y_score, dtype=np.float64)
    if score.ndim != 2 or score.shape[1] < 2 or np.shape(y_true) != score.shape[:1]:
        raise ValueError(
            "`y_score` must have a row for each label and a column for each of two or more "
            f"classes. Received shapes {np.shape(y_true)} and {score.shape}."
        )
    require_finite("y_score", score)
    truth = class_indices("y_true", y_true, num_classes=score.shape[1])
    return np.array([roc_auc(truth == k, score[:, k]) for k in range(score.shape[1])])


def macro_auc(y_true: ArrayLike, y_score: ArrayLike) -> float:
    """Plain mean of `class_aucs`, each class counting alike however rare it is.

    NaN if a class has no case: a mean over the others would be another figure under the same
    name.
    """
    return float(class_aucs(y_true, y_score).mean())


def _counts_by_threshold(
    positive: NDArray[np.bool_], score: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Thresholds from infinity down through every distinct score, true and false positives."""
    order = np.argsort(-score, kind="stable")
    score, positive = score[order], positive[order]
    last_of_score = np.flatnonzero(np.diff(score, append=-inf))
    tp = np.cumsum(positive)[last_of_score]
    fp = np.cumsum(~positive)[last_of_score]
    thresholds = np.concatenate([[inf], score[last_of_score]])
    return thresholds, np.concatenate([[0], tp]), np.concatenate([[0], fp])


def _share(count: NDArray[np.int64]) -> NDArray[np.float64]:
    """Running counts as proportions of the last one, NaN where that is zero."""
    return count / count[-1] if count[-1] else np.full(len(count), nan)
