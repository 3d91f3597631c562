"""Evaluates a bundle's predictions table as frozen results.

No images are needed: anyone who has `predictions.csv` gets the same results.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import nan

import numpy as np
from numpy.typing import NDArray

from app.core.performance.predictions import HeldOut
from app.core.performance.proportions import ClusteredProportion
from app.core.statistics.bootstrap import Interval, auc_interval, bootstrap_interval
from app.core.statistics.calibration import (
    ReliabilityBin,
    brier_score,
    expected_calibration_error,
    reliability_bins,
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


@dataclass(frozen=True, slots=True, eq=False)
class CalibrationCheck:
    """How well the probabilities are calibrated.

    With two classes, the probability is that of the second class and the outcome the true label.
    With more classes, the probability is that of the predicted class and the outcome is whether
    the prediction was correct.

    Attributes:
        bins: Bins of the reliability diagram in ascending order.
        error: Expected calibration error.
        error_by_chance: 95th percentile of the error that a perfectly calibrated model with the
            same probabilities would show by chance; a smaller error is no evidence of
            miscalibration.
        brier: Brier score, with an interval bootstrapped over patients.
        num_images: Number of images.
    """

    bins: tuple[ReliabilityBin, ...]
    error: float
    error_by_chance: float
    brier: Interval
    num_images: int


@dataclass(frozen=True, slots=True, eq=False)
class Histogram:
    """Images by probability, separately for correct and incorrect predictions.

    Attributes:
        label: The true class, or None for all images together.
        edges: Edges of the bins, `(num_bins + 1,)`, in [0, 1].
        right: Correctly classified images in each bin, `(num_bins,)`.
        wrong: Misclassified images in each bin, `(num_bins,)`.
    """

    label: int | None
    edges: NDArray[np.float64]
    right: NDArray[np.int64]
    wrong: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class SubgroupResult:
    """Correctly classified images of one true class in one subgroup.

    With two classes, this is the sensitivity for positives and the specificity for negatives.

    Attributes:
        subgroup: Name of the subgroup; empty for images without one.
        label: Position of the true class.
        right: Correctly classified images out of all.
    """

    subgroup: str
    label: int
    right: ClusteredProportion


@dataclass(frozen=True, slots=True)
class Misclassified:
    """A misclassified image.

    Attributes:
        image_id: SHA-256 of the file.
        path: Path of the file inside the trainer's data folder.
        patient: Patient identifier; empty if unknown.
        truth: Position of the true class.
        predicted: Position of the predicted class.
        probability: Probability of the second class with two classes, of the predicted class with
            more.
        given_to_truth: Probability of the true class; the lower, the more confident the error.
    """

    image_id: str
    path: str
    patient: str
    truth: int
    predicted: int
    probability: float
    given_to_truth: float


def evaluate_binary(cases: HeldOut) -> BinaryPerformance:
    """Curves and areas of a two-class model, with intervals bootstrapped over patients."""
    truth, score = cases.y_true, cases.probabilities[:, 1]
    return BinaryPerformance(
        roc=roc_curve(truth, score),
        precision_recall=precision_recall_curve(truth, score),
        auc=auc_interval(truth, score, groups=cases.patients),
        average_precision=bootstrap_interval(
            average_precision, truth, score, groups=cases.patients
        ),
        prevalence=Proportion(int(truth.sum()), len(truth)),
    )


def evaluate_multiclass(cases: HeldOut) -> MulticlassPerformance:
    """Curves and areas of each class against all others, bootstrapped over patients."""
    columns = [
        (cases.y_true == label, cases.probabilities[:, label]) for label in range(cases.num_classes)
    ]
    return MulticlassPerformance(
        roc=tuple(roc_curve(truth, score) for truth, score in columns),
        auc=tuple(auc_interval(truth, score, groups=cases.patients) for truth, score in columns),
        macro_auc=bootstrap_interval(
            macro_auc, cases.y_true, cases.probabilities, groups=cases.patients
        ),
    )


def check_calibration(cases: HeldOut) -> CalibrationCheck:
    """Compares predicted probabilities with observed frequencies."""
    outcome, probability = promises(cases)
    return CalibrationCheck(
        bins=reliability_bins(outcome, probability),
        error=expected_calibration_error(outcome, probability),
        error_by_chance=_calibration_error_by_chance(probability),
        brier=bootstrap_interval(brier_score, outcome, probability, groups=cases.patients),
        num_images=len(outcome),
    )


def promises(cases: HeldOut) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Outcomes and their predicted probabilities, as used to assess calibration.

    With two classes: the label and the probability of the second class. With more: whether the
    prediction was correct, and the probability of the predicted class.

    Args:
        cases: The predictions of one split.

    Returns:
        Outcomes 0 or 1, int64 `(num_images,)`, and probabilities in [0, 1], float64
        `(num_images,)`.
    """
    if cases.num_classes == 2:
        return cases.y_true, cases.probabilities[:, 1]
    right = (cases.predicted() == cases.y_true).astype(np.int64)
    return right, cases.probabilities.max(axis=1)


def histograms(
    cases: HeldOut, *, threshold: float | None = None, num_bins: int = 25
) -> tuple[Histogram, ...]:
    """Histograms of the probability: one per true class, or one of all images.

    Args:
        cases: The predictions of one split.
        threshold: Decision threshold of a two-class model: gives a histogram of the probability
            of the second class for each true class. None gives one histogram of the probability
            of the predicted class.
        num_bins: Number of bins of equal width in [0, 1].
    """
    predicted = cases.predicted(threshold)
    right = predicted == cases.y_true
    panels: list[tuple[int | None, NDArray[np.bool_]]]
    if threshold is None:
        panels = [(None, np.ones(cases.num_images, dtype=bool))]
        probability = cases.probabilities.max(axis=1)
    else:
        panels = [(label, cases.y_true == label) for label in range(cases.num_classes)]
        probability = cases.probabilities[:, 1]
    edges = np.linspace(0, 1, num_bins + 1)
    return tuple(
        Histogram(
            label=label,
            edges=edges,
            right=np.histogram(probability[inside & right], bins=edges)[0],
            wrong=np.histogram(probability[inside & ~right], bins=edges)[0],
        )
        for label, inside in panels
    )


def subgroup_results(
    cases: HeldOut, *, threshold: float | None = None
) -> tuple[SubgroupResult, ...]:
    """Correctly classified images by subgroup and true class.

    Args:
        cases: The predictions of one split.
        threshold: Decision threshold, see `HeldOut.predicted`.

    Returns:
        One entry for each combination that occurs; empty if the table names no subgroups.
    """
    if not (cases.subgroups != "").any():
        return ()
    right = cases.predicted(threshold) == cases.y_true
    pairs = sorted(
        set(zip(cases.subgroups.tolist(), cases.y_true.tolist(), strict=True)),
        key=lambda pair: (not pair[0], pair),
    )
    inside = {
        (subgroup, label): (cases.subgroups == subgroup) & (cases.y_true == label)
        for subgroup, label in pairs
    }
    return tuple(
        SubgroupResult(
            subgroup=subgroup,
            label=label,
            right=ClusteredProportion.of(right[rows], cases.patients[rows]),
        )
        for (subgroup, label), rows in inside.items()
    )


def misclassified(cases: HeldOut, *, threshold: float | None = None) -> tuple[Misclassified, ...]:
    """The misclassified images, most confident errors first.

    Args:
        cases: The predictions of one split.
        threshold: Decision threshold, see `HeldOut.predicted`.
    """
    predicted = cases.predicted(threshold)
    rows = np.flatnonzero(predicted != cases.y_true)
    found = [
        Misclassified(
            image_id=str(cases.image_ids[row]),
            path=str(cases.paths[row]),
            patient=str(cases.named_patients[row]),
            truth=int(cases.y_true[row]),
            predicted=int(predicted[row]),
            probability=float(
                cases.probabilities[row, predicted[row] if cases.num_classes > 2 else 1]
            ),
            given_to_truth=float(cases.probabilities[row, cases.y_true[row]]),
        )
        for row in rows
    ]
    return tuple(sorted(found, key=lambda film: (film.given_to_truth, film.path)))


def _calibration_error_by_chance(
    probability: NDArray[np.float64], *, num_draws: int = 200, seed: int = 0
) -> float:
    """95th percentile of the calibration error if outcomes followed the probabilities exactly.

    Reference:
        - Bröcker and Smith (2007), Increasing the Reliability of Reliability Diagrams,
          https://doi.org/10.1175/WAF993.1
    """
    if not len(probability):
        return nan
    random = np.random.default_rng(seed)
    errors = [
        expected_calibration_error(random.random(len(probability)) < probability, probability)
        for _ in range(num_draws)
    ]
    return float(np.percentile(errors, 95))
