"""A bundle's predictions table -> how well the model does, as frozen results.

Nothing here looks at an image: whoever has `predictions.csv` gets the same figures.
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
    """What two classes give whatever the threshold is.

    The intervals of `auc` and `average_precision` draw patients.
    """

    roc: RocCurve
    precision_recall: PrecisionRecallCurve
    auc: Interval
    average_precision: Interval
    prevalence: Proportion


@dataclass(frozen=True, slots=True, eq=False)
class MulticlassPerformance:
    """Each class against all others, in class order, and the plain mean of the areas."""

    roc: tuple[RocCurve, ...]
    auc: tuple[Interval, ...]
    macro_auc: Interval


@dataclass(frozen=True, slots=True, eq=False)
class CalibrationCheck:
    """How far probabilities can be believed.

    With two classes they are those of the second; with more, those of the class that was
    predicted, and the outcome is whether the call was right.

    Attributes:
        bins: From the lowest probability up.
        error: Expected calibration error.
        error_by_chance: What a perfectly calibrated model of the same probabilities would
            stay below on 95 % of such samples; an error below it is no sign of trouble.
        brier: Brier score, the interval drawing patients.
        num_images: How many images all of it rests on.
    """

    bins: tuple[ReliabilityBin, ...]
    error: float
    error_by_chance: float
    brier: Interval
    num_images: int


@dataclass(frozen=True, slots=True, eq=False)
class Histogram:
    """Images by probability, those correct and incorrect apart.

    Attributes:
        label: The true class, or None for all images together.
        edges: Bounds of the bins, `(num_bins + 1,)`.
        right: Images classified correctly in each bin, `(num_bins,)`.
        wrong: Images misclassified in each bin, `(num_bins,)`.
    """

    label: int | None
    edges: NDArray[np.float64]
    right: NDArray[np.int64]
    wrong: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class SubgroupResult:
    """Images of one subgroup and one true class: how many were classified correctly.

    With two classes that is the sensitivity for the subgroup's positives and the specificity
    for its negatives. `subgroup` is empty for the images that the table gives none.
    """

    subgroup: str
    label: int
    right: ClusteredProportion


@dataclass(frozen=True, slots=True)
class Misclassified:
    """An image the model misclassified.

    Attributes:
        image_id: SHA-256 of the file.
        path: Where the file lay below the trainer's data folder.
        patient: Empty where none is named.
        truth: Position of the true class.
        predicted: Position of the class that was predicted.
        probability: Of the second class with two classes, of the predicted one with more.
        given_to_truth: Probability of the true class; the lower, the more wrong.
    """

    image_id: str
    path: str
    patient: str
    truth: int
    predicted: int
    probability: float
    given_to_truth: float


def evaluate_binary(cases: HeldOut) -> BinaryPerformance:
    """Curves and areas of a two-class model, with bootstrap intervals over patients."""
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
    """Curves and areas of each class against all others, with intervals over patients."""
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
    """Compares what the probabilities promised with what came true."""
    outcome, probability = promises(cases)
    return CalibrationCheck(
        bins=reliability_bins(outcome, probability),
        error=expected_calibration_error(outcome, probability),
        error_by_chance=_calibration_error_by_chance(probability),
        brier=bootstrap_interval(brier_score, outcome, probability, groups=cases.patients),
        num_images=len(outcome),
    )


def promises(cases: HeldOut) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """What calibration is judged by: outcomes, 0 or 1, and the probabilities given to them.

    With two classes the second class and its probability; with more whether the call was
    right, and the probability of the class that was predicted.
    """
    if cases.num_classes == 2:
        return cases.y_true, cases.probabilities[:, 1]
    right = (cases.predicted() == cases.y_true).astype(np.int64)
    return right, cases.probabilities.max(axis=1)


def histograms(
    cases: HeldOut, *, threshold: float | None = None, num_bins: int = 25
) -> tuple[Histogram, ...]:
    """Images by probability: one histogram a class with a threshold, else one of all images.

    With a threshold the probability is that of the second class, without that of the class
    that was predicted.
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
    """For each subgroup and true class in it, how many images were classified correctly.

    Empty where the table names no subgroup at all.
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
    """The images misclassified, the most wrong first."""
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
    """95th percentile of the error when outcomes are drawn from the probabilities themselves.

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
