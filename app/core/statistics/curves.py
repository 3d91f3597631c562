"""ROC and precision-recall curves, and the areas under them.

They depend only on the order of the scores, so logits and probabilities give the same result.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, nan

import numpy as np
from numpy.typing import ArrayLike, NDArray

from app.core.statistics.labels import binary_cases, class_indices, require_finite


@dataclass(frozen=True, slots=True, eq=False)
class RocCurve:
    """Sensitivity against the false positive rate, one point for each distinct score.

    All arrays have shape `(num_distinct_scores + 1,)`. They start at threshold infinity, where no
    case is predicted positive.

    Attributes:
        fpr: False positive rate in [0, 1]; NaN if there are no negative cases.
        tpr: Sensitivity in [0, 1]; NaN if there are no positive cases.
        thresholds: Decision thresholds in descending order.
    """

    fpr: NDArray[np.float64]
    tpr: NDArray[np.float64]
    thresholds: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class PrecisionRecallCurve:
    """PPV (precision) against sensitivity (recall), one point for each distinct score.

    All arrays have shape `(num_distinct_scores + 1,)`. They start at threshold infinity with
    recall 0 and, by convention, precision 1. Draw the curve as steps: straight lines between the
    points suggest precision that no threshold achieves.

    Attributes:
        precision: PPV in [0, 1].
        recall: Sensitivity in [0, 1]; NaN if there are no positive cases.
        thresholds: Decision thresholds in descending order.

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
        y_score: Scores, shape `(num_cases,)`, finite. A score equal to the threshold counts as
            positive.

    Raises:
        ValueError: If the arrays differ in shape, a label is not 0 or 1, or a score is not
            finite.
    """
    thresholds, tp, fp = _counts_by_threshold(*binary_cases(y_true, y_score))
    return RocCurve(fpr=_proportions(fp), tpr=_proportions(tp), thresholds=thresholds)


def precision_recall_curve(y_true: ArrayLike, y_score: ArrayLike) -> PrecisionRecallCurve:
    """Precision and recall at every distinct score, from the highest down.

    Args:
        y_true: Reference labels, shape `(num_cases,)`, 0 or 1.
        y_score: Scores, shape `(num_cases,)`, finite. A score equal to the threshold counts as
            positive.

    Raises:
        ValueError: See `roc_curve`.
    """
    thresholds, tp, fp = _counts_by_threshold(*binary_cases(y_true, y_score))
    precision = np.ones(len(thresholds))
    precision[1:] = tp[1:] / (tp[1:] + fp[1:])
    return PrecisionRecallCurve(precision=precision, recall=_proportions(tp), thresholds=thresholds)


def roc_auc(y_true: ArrayLike, y_score: ArrayLike) -> float:
    """Area under the ROC curve (AUC).

    This is the probability that a positive case scores higher than a negative one, with ties
    counting one half (the Mann-Whitney statistic).

    Args:
        y_true: Reference labels, shape `(num_cases,)`, 0 or 1.
        y_score: Scores, shape `(num_cases,)`, finite; higher means more likely positive.

    Returns:
        The AUC in [0, 1]; NaN if either class is missing.

    Raises:
        ValueError: See `roc_curve`.

    Reference:
        - Hanley and McNeil (1982), The Meaning and Use of the Area under a Receiver Operating
          Characteristic (ROC) Curve, https://doi.org/10.1148/radiology.143.1.7063747

    Example:
        >>> roc_auc([0, 0, 1, 1], [0.1, 0.4, 0.3, 0.9])
        0.75
    """
    positive, score = binary_cases(y_true, y_score)
    distinct, rank = np.unique(score, return_inverse=True)
    return auc_from_counts(
        np.bincount(rank[positive], minlength=len(distinct)),
        np.bincount(rank[~positive], minlength=len(distinct)),
    )


def auc_from_counts(positives: NDArray[np.int64], negatives: NDArray[np.int64]) -> float:
    """AUC from the number of cases at each distinct score, in ascending order of the score.

    Args:
        positives: Positive cases at each distinct score, shape `(num_distinct_scores,)`.
        negatives: Negative cases at each distinct score, same shape.

    Returns:
        The AUC in [0, 1]; NaN if either class is missing.
    """
    num_pairs = int(positives.sum()) * int(negatives.sum())
    if not num_pairs:
        return nan
    twice_below = 2 * np.cumsum(negatives) - negatives
    return float(positives @ twice_below) / (2 * num_pairs)


def average_precision(y_true: ArrayLike, y_score: ArrayLike) -> float:
    """Average precision: mean of the precision, weighted by the increase in recall.

    Args:
        y_true: Reference labels, shape `(num_cases,)`, 0 or 1.
        y_score: Scores, shape `(num_cases,)`, finite.

    Returns:
        A value in [0, 1]; NaN if no case is positive. The chance level is the prevalence.

    Raises:
        ValueError: See `roc_curve`.
    """
    curve = precision_recall_curve(y_true, y_score)
    if len(curve.thresholds) == 1:
        return nan
    return float(np.diff(curve.recall) @ curve.precision[1:])


def average_precision_from_counts(
    positives: NDArray[np.int64], negatives: NDArray[np.int64]
) -> float:
    """The average precision, from how many cases there are at each distinct score.

    Args:
        positives: Positives at each score, from the lowest up, `(num_distinct,)`.
        negatives: Negatives at each score, same shape.

    Returns:
        A value in [0, 1]; NaN if no case is positive.
    """
    tp, fp = np.cumsum(positives[::-1]), np.cumsum(negatives[::-1])
    if not len(tp) or not tp[-1]:
        return nan
    return float((positives[::-1] * (tp / np.maximum(tp + fp, 1))).sum() / tp[-1])


def class_aucs(y_true: ArrayLike, y_score: ArrayLike) -> NDArray[np.float64]:
    """AUC of each class against all others.

    Args:
        y_true: Reference classes, shape `(num_cases,)`, integers in [0, num_classes).
        y_score: Scores, shape `(num_cases, num_classes)`, finite.

    Returns:
        Shape `(num_classes,)`, in [0, 1]; NaN for a class that no case, or every case, belongs
        to.

    Raises:
        ValueError: If the shapes do not match, a label is not a class, or a score is not finite.
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
    """Unweighted mean of `class_aucs`, so that rare classes count as much as common ones.

    Args:
        y_true: Reference classes, shape `(num_cases,)`, integers in [0, num_classes).
        y_score: Scores, shape `(num_cases, num_classes)`, finite.

    Returns:
        A value in [0, 1]. NaN if any class has no cases, because a mean over the remaining
        classes would not be comparable.

    Raises:
        ValueError: See `class_aucs`.
    """
    return float(class_aucs(y_true, y_score).mean())


def _counts_by_threshold(
    positive: NDArray[np.bool_], score: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Thresholds from infinity down through every distinct score, with true and false positives."""
    order = np.argsort(-score, kind="stable")
    score, positive = score[order], positive[order]
    last_of_score = np.flatnonzero(np.diff(score, append=-inf))
    tp = np.cumsum(positive)[last_of_score]
    fp = np.cumsum(~positive)[last_of_score]
    thresholds = np.concatenate([[inf], score[last_of_score]])
    return thresholds, np.concatenate([[0], tp]), np.concatenate([[0], fp])


def _proportions(count: NDArray[np.int64]) -> NDArray[np.float64]:
    """Cumulative counts as proportions of the last one, NaN if that is zero."""
    return count / count[-1] if count[-1] else np.full(len(count), nan)
