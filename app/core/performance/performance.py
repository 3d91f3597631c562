"""Evaluates a bundle's predictions table as frozen results.

No images are needed: anyone who has `predictions.csv` gets the same results.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.core.performance.predictions import HeldOut
from app.core.statistics import intervals
from app.core.statistics.bootstrap import Interval
from app.core.statistics.curves import (
    PrecisionRecallCurve,
    RocCurve,
    precision_recall_curve,
    roc_curve,
)
from app.core.statistics.metrics import Proportion


@dataclass(frozen=True, slots=True, eq=False)
class BinaryPerformance:
    """Threshold-independent performance of a two-class model.

    The intervals of `auc` and `average_precision` are over patients, see `intervals`.

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
        auc: Area under each ROC curve, with intervals over patients, see `intervals`.
        macro_auc: Unweighted mean of the areas.
    """

    roc: tuple[RocCurve, ...]
    auc: tuple[Interval, ...]
    macro_auc: Interval


def evaluate_binary(cases: HeldOut) -> BinaryPerformance:
    """Curves and areas of a two-class model, with intervals over patients."""
    truth, score = cases.y_true, cases.probabilities[:, 1]
    auc, precision = intervals.areas(truth, score, groups=cases.patients)
    return BinaryPerformance(
        roc=roc_curve(truth, score),
        precision_recall=precision_recall_curve(truth, score),
        auc=auc,
        average_precision=precision,
        prevalence=Proportion(int(truth.sum()), len(truth)),
    )


def evaluate_multiclass(cases: HeldOut) -> MulticlassPerformance:
    """Curves and areas of each class against all others, with intervals over patients."""
    labels = (cases.y_true[:, np.newaxis] == np.arange(cases.num_classes)).astype(np.float64)
    mean, each = intervals.aucs(labels, cases.probabilities, groups=cases.patients)
    return MulticlassPerformance(
        roc=tuple(
            roc_curve(truth, score)
            for truth, score in zip(labels.T, cases.probabilities.T, strict=True)
        ),
        auc=each,
        macro_auc=mean,
    )
