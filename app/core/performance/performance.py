"""Evaluates a bundle's predictions table as frozen results.

No images are needed: anyone who has `predictions.csv` gets the same results.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.core.performance.predictions import HeldOut
from app.core.statistics.bootstrap import (
    MANY_CASES,
    Interval,
    areas_of_many,
    auc_interval,
    bootstrap_interval,
    resamples_for,
)
from app.core.statistics.curves import (
    PrecisionRecallCurve,
    RocCurve,
    average_precision,
    macro_auc,
    precision_recall_curve,
    roc_curve,
)
from app.core.statistics.metrics import Proportion


@dataclass(frozen=True, slots=True, eq=False)
class BinaryPerformance:
    """Threshold-independent performance of a two-class model.

    The intervals of `auc` and `average_precision` are bootstrapped over patients.

    Attributes:
        roc: The ROC curve.
        precision_recall: The precision-recall curve.
        auc: Area under the ROC curve.
        average_precision: Average precision.
        prevalence: Proportion of positive images.
    """

    roc: RocCurve
    precision_recall: PrecisionRecallCurve
    auc: Interval
    average_precision: Interval
    prevalence: Proportion


@dataclass(frozen=True, slots=True, eq=False)
class MulticlassPerformance:
    """Threshold-independent performance of each class against all others, in class order.

    Attributes:
        roc: ROC curve of each class.
        auc: Area under each ROC curve, with intervals bootstrapped over patients.
        macro_auc: Unweighted mean of the areas.
    """

    roc: tuple[RocCurve, ...]
    auc: tuple[Interval, ...]
    macro_auc: Interval


def evaluate_binary(cases: HeldOut) -> BinaryPerformance:
    """Curves and areas of a two-class model, with intervals bootstrapped over patients."""
    truth, score = cases.y_true, cases.probabilities[:, 1]
    auc, precision = _areas(cases)
    return BinaryPerformance(
        roc=roc_curve(truth, score),
        precision_recall=precision_recall_curve(truth, score),
        auc=auc,
        average_precision=precision,
        prevalence=Proportion(int(truth.sum()), len(truth)),
    )


def _areas(cases: HeldOut) -> tuple[Interval, Interval]:
    """AUC and average precision."""
    truth, score, groups = cases.y_true, cases.probabilities[:, 1], cases.patients
    if cases.num_images >= MANY_CASES:
        return areas_of_many(truth, score, groups=groups)
    return (
        auc_interval(truth, score, groups=groups),
        bootstrap_interval(average_precision, truth, score, groups=groups),
    )


def evaluate_multiclass(cases: HeldOut) -> MulticlassPerformance:
    """Curves and areas of each class against all others, bootstrapped over patients."""
    columns = [
        (cases.y_true == label, cases.probabilities[:, label]) for label in range(cases.num_classes)
    ]
    number = resamples_for(cases.num_images)
    return MulticlassPerformance(
        roc=tuple(roc_curve(truth, score) for truth, score in columns),
        auc=tuple(
            auc_interval(truth, score, groups=cases.patients, num_resamples=number)
            for truth, score in columns
        ),
        macro_auc=bootstrap_interval(
            macro_auc,
            cases.y_true,
            cases.probabilities,
            groups=cases.patients,
            num_resamples=number,
        ),
    )
