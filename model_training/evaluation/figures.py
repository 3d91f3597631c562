"""Figures of held-out cases as rows of text: value, confidence interval and denominator.

The same table is used in the model card, in the output of `fit` and `evaluate`, and in their
pages.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.core.bundles.task import Task
from app.core.performance.calibration_check import outcomes_and_probabilities
from app.core.performance.formatting import counted
from app.core.performance.predictions import HeldOut
from app.core.performance.proportions import ClusteredProportion
from app.core.performance.sampling_units import about_units
from app.core.statistics.bootstrap import Interval, bootstrap_interval
from app.core.statistics.bootstrap_areas import auc_interval
from app.core.statistics.calibration import brier_score, expected_calibration_error
from app.core.statistics.calibration_error import calibration_error
from app.core.statistics.curves import macro_auc, roc_auc
from app.core.statistics.metrics import operating_point
from model_training.reports.markdown import markdown_table
from model_training.reports.patients import describe_patients
from model_training.statistics.ranking import specificity_at_sensitivity

HEADER = ("figure", "value", "95 % interval", "of")
SENSITIVITY = 0.97  # at which specificity is compared between models

_NO_FIGURE = "none"


@dataclass(frozen=True, slots=True)
class Row:
    """One figure.

    Attributes:
        name: Name of the figure.
        value: Formatted value.
        interval: Formatted 95 % confidence interval.
        of: Number of images and patients it is computed from.
    """

    name: str
    value: str
    interval: str
    of: str

    @property
    def cells(self) -> tuple[str, str, str, str]:
        """In the order of `HEADER`."""
        return self.name, self.value, self.interval, self.of


def overall(cases: HeldOut, task: Task, *, threshold: float) -> list[Row]:
    """Figures of all cases together.

    Args:
        cases: Truth, calibrated probabilities and patients.
        task: Classes and their display names.
        threshold: Decision threshold of the positive class, with two classes.
    """
    return [
        *_ranking(cases, task),
        *_decisions(cases, task, threshold),
        *_calibration(cases),
    ]


def by_subgroup(cases: HeldOut, task: Task, *, threshold: float) -> list[Row]:
    """Sensitivity for each subgroup and class, and the AUC where a subgroup has both classes.

    Cases of a class that has no subgroups at all are left out.

    Args:
        cases: Truth, calibrated probabilities, patients and subgroups.
        task: Classes and their display names.
        threshold: Decision threshold of the positive class, with two classes.

    Returns:
        The rows; empty where the cases have fewer than two subgroups.
    """
    names = sorted(set(cases.subgroups.tolist()), key=lambda name: (not name, name))
    if len(names) < 2:
        return []
    predicted = cases.predicted(threshold)
    rows = []
    for name in names:
        inside = cases.subgroups == name
        place = f"in {name}" if name else "in no named subgroup"
        for label in _labels(task):
            which = inside & (cases.y_true == label)
            if which.any() and (name or which.sum() < (cases.y_true == label).sum()):
                right = predicted[which] == label
                rows.append(
                    _proportion(f"{_proportion_name(task, label)} {place}", right, cases, which)
                )
        if name and task.binary and len(set(cases.y_true[inside].tolist())) == 2:
            rows.append(_auc(f"AUC {place}", cases, inside))
    return rows


def as_numbers(
    labels: NDArray[np.int64], probabilities: NDArray[np.float64], *, threshold: float
) -> dict[str, float]:
    """The main figures by name, for comparing runs; proportions are in [0, 1].

    Args:
        labels: Class indices, `(num_cases,)`.
        probabilities: Calibrated, in [0, 1], `(num_cases, num_classes)`.
        threshold: Decision threshold of the positive class, with two classes.
    """
    if probabilities.shape[1] > 2:
        right = probabilities.argmax(axis=1) == labels
        return {
            "macro AUC": macro_auc(labels, probabilities),
            "accuracy": float(right.mean()),
            "calibration error": expected_calibration_error(right, probabilities.max(axis=1)),
        }
    score = probabilities[:, 1]
    point = operating_point(labels, score, threshold=threshold)
    at_sensitivity = f"specificity at {SENSITIVITY:.0%} sensitivity"
    return {
        "AUC": roc_auc(labels, score),
        at_sensitivity: specificity_at_sensitivity(labels, score, SENSITIVITY),
        "sensitivity": point.sensitivity.value,
        "specificity": point.specificity.value,
        "accuracy": point.accuracy.value,
        "calibration error": expected_calibration_error(labels, score),
    }


def notes(cases: HeldOut, task: Task) -> str:
    """How to read the figures, and how their confidence intervals were computed.

    Args:
        cases: Truth, calibrated probabilities and patients.
        task: Classes and their display names.
    """
    unit = cases.unit
    lines = [
        "Intervals: of proportions, Wilson's with the design effect of several images of one "
        f"{unit} (Rao and Scott 1992); of the calibration error, test inversion; of the other "
        f"figures, bootstrap over {unit}s, 1,000 resamples.",
        "Calibration error: ten bins of equal width (Naeini 2015, Guo 2017), corrected for what "
        f"chance adds; {expected_calibration_error(*outcomes_and_probabilities(cases)):.3f} as "
        "counted.",
    ]
    if about := about_units(cases.named_patients):
        lines.append(about)
    if task.binary:
        lines += [
            f"Specificity at {SENSITIVITY:.0%} sensitivity is read from the ROC curve of these "
            "cases and does not depend on the decision threshold.",
            "Predictive values hold for the prevalence among these cases "
            f"({cases.y_true.mean():.0%}), not for a ward.",
        ]
    return " ".join(lines)


def markdown(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table."""
    return markdown_table(HEADER, [row.cells for row in rows])


def _ranking(cases: HeldOut, task: Task) -> list[Row]:
    everyone = np.ones(cases.num_images, bool)
    if task.binary:
        at_sensitivity = partial(specificity_at_sensitivity, minimum=SENSITIVITY)
        return [
            _auc("AUC", cases, everyone),
            _bootstrapped(
                f"Specificity at {SENSITIVITY:.0%} sensitivity",
                cases,
                at_sensitivity,
                cases.probabilities[:, 1],
                style="{:.1%}",
            ),
        ]
    return [
        _bootstrapped(
            "AUC, mean of each class against the rest", cases, macro_auc, cases.probabilities
        )
    ]


def _decisions(cases: HeldOut, task: Task, threshold: float) -> list[Row]:
    predicted, truth = cases.predicted(threshold), cases.y_true
    right = predicted == truth
    proportions = [("Accuracy", np.ones(len(truth), bool))]
    proportions += [(_proportion_name(task, label), truth == label) for label in _labels(task)]
    if task.binary:
        proportions += [
            ("Positive predictive value", predicted == 1),
            ("Negative predictive value", predicted == 0),
        ]
    return [_proportion(name, right[which], cases, which) for name, which in proportions]


def _calibration(cases: HeldOut) -> list[Row]:
    outcome, probability = outcomes_and_probabilities(cases)
    error = calibration_error(outcome, probability, groups=cases.patients).corrected
    brier = bootstrap_interval(brier_score, outcome, probability, groups=cases.patients)
    patients = _describe_patients(cases)
    return [
        _row("Expected calibration error", error, patients),
        _row("Brier score", brier, patients),
    ]


def _labels(task: Task) -> Sequence[int]:
    """Class indices, the positive one first: sensitivity before specificity."""
    return (1, 0) if task.binary else range(len(task.classes))


def _proportion_name(task: Task, label: int) -> str:
    if task.binary:
        return "Sensitivity" if label == 1 else "Specificity"
    return f"Sensitivity for {task.display_name(task.classes[label])}"


def _auc(name: str, cases: HeldOut, inside: NDArray[np.bool_]) -> Row:
    score = cases.probabilities[inside, 1]
    interval = auc_interval(cases.y_true[inside], score, groups=cases.patients[inside])
    return _row(name, interval, _describe_patients(cases, inside))


def _bootstrapped(
    name: str,
    cases: HeldOut,
    statistic: Callable[[NDArray[Any], NDArray[np.float64]], float],
    score: NDArray[np.float64],
    *,
    style: str = "{:.3f}",
) -> Row:
    interval = bootstrap_interval(statistic, cases.y_true, score, groups=cases.patients)
    return _row(name, interval, _describe_patients(cases), style=style)


def _proportion(
    name: str, right: NDArray[np.bool_], cases: HeldOut, which: NDArray[np.bool_]
) -> Row:
    if not len(right):
        return Row(name, _NO_FIGURE, _NO_FIGURE, "0 of 0 images")
    proportion = ClusteredProportion.of(right, cases.patients[which])
    low, high = proportion.interval()
    return Row(
        name,
        f"{proportion.value:.1%}",
        f"{low:.1%} to {high:.1%}",
        f"{proportion.successes:,} of {counted(proportion.total, 'image')}"
        f"{_describe_patients(cases, which)}",
    )


def _describe_patients(cases: HeldOut, which: NDArray[np.bool_] | None = None) -> str:
    inside = np.ones(cases.num_images, bool) if which is None else which
    return describe_patients(cases.patients[inside], cases.named_patients[inside] != "")


def _row(name: str, interval: Interval, patients: str, *, style: str = "{:.3f}") -> Row:
    of = f"{counted(interval.num_cases, 'image')}{patients}"
    if not isfinite(interval.value):
        return Row(name, _NO_FIGURE, _NO_FIGURE, of)
    # All resamples of a perfect ranking are perfect, so that they give no interval.
    spread = "none: no spread"
    if interval.low < interval.high:
        spread = f"{style.format(interval.low)} to {style.format(interval.high)}"
    return Row(name, style.format(interval.value), spread, of)
