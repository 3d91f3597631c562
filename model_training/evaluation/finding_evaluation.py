"""Scores held-out films for findings, and fits what decides about each on validation films.

Each finding is treated as a model with two classes, absent and present: its calibration and
thresholds are fitted on the validation films that are labelled for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.core.backends.running import AnyNetwork
from app.core.bundles.decision_rule import Finding
from app.core.networks.class_logits import class_logits
from app.core.statistics.calibration_fitting import calibrate
from app.core.statistics.recalibration import calibrated
from app.core.statistics.zones import Units
from model_training.evaluation.decision_fitting import (
    choose_thresholds,
    heatmap_scale,
)
from model_training.evaluation.evaluation import evidence_for, score_held_out


@dataclass(frozen=True, slots=True, eq=False)
class FindingsOutcome:
    """The scores of all cases, and the settings chosen on the validation cases.

    Attributes:
        class_logits: `(num_cases, num_findings)`; NaN for cases that were not scored.
        probabilities: Calibrated, in [0, 1], same shape.
        findings: Calibration and thresholds of each finding, in order.
        heatmap_scale: Evidence at the top of the colour scale of each finding, in logits.
    """

    class_logits: NDArray[np.float64]
    probabilities: NDArray[np.float64]
    findings: dict[str, Finding]
    heatmap_scale: dict[str, float]


def evaluate_findings(
    network: AnyNetwork,
    pixels: NDArray[np.uint8],
    labels: NDArray[np.float32],
    names: Sequence[str],
    *,
    rows: NDArray[np.int64],
    validation: NDArray[np.int64],
    test: NDArray[np.int64],
    threshold_rule: str = "balanced",
    shifts: Sequence[str] = (),
    units: Units | None = None,
) -> FindingsOutcome:
    """Scores validation and test cases; the labels of the test cases are not used.

    Args:
        network: The trained network, with one sigmoid for each finding.
        pixels: uint8 `(num_films, height, width, channels)` in [0, 255], may be memory-mapped.
        labels: 0, 1, or NaN where not labelled, `(num_cases, num_findings)`.
        names: The findings.
        rows: Row of each case in `pixels`, `(num_cases,)`.
        validation: Indices of the validation cases, `(num_validation,)`.
        test: Indices of the test cases, `(num_test,)`.
        threshold_rule: See `decision_fitting.choose_thresholds`.
        shifts: See `evaluation.evaluate`.
        units: See `evaluation.evaluate`.
    """
    logits, views = score_held_out(
        network, pixels, rows=rows, validation=validation, test=test, shifts=shifts
    )
    return fit_findings_on_validation(
        network,
        pixels,
        rows,
        names,
        logits=logits,
        validation=validation,
        views=views,
        validation_labels=labels[validation],
        threshold_rule=threshold_rule,
        units=units,
    )


def fit_findings_on_validation(
    network: AnyNetwork,
    pixels: NDArray[np.uint8],
    rows: NDArray[np.int64],
    names: Sequence[str],
    *,
    logits: NDArray[np.float64],
    validation: NDArray[np.int64],
    views: Sequence[NDArray[np.float64]],
    validation_labels: NDArray[np.float32],
    threshold_rule: str,
    units: Units | None = None,
) -> FindingsOutcome:
    """Fits what decides about each finding, and the scale of its heatmaps, on validation cases.

    Args:
        network: The network whose heatmaps are scaled.
        pixels: uint8 `(num_films, height, width, channels)` in [0, 255].
        rows: Row of each case in `pixels`, `(num_cases,)`.
        names: The findings.
        logits: Of all cases, `(num_cases, num_findings)`.
        validation: Indices of the validation cases, `(num_validation,)`.
        views: Logits of the validation cases in each view, `(num_validation, num_findings)`.
        validation_labels: Their labels, 0, 1 or NaN, `(num_validation, num_findings)`.
        threshold_rule: See `decision_fitting.choose_thresholds`.
        units: Which validation cases belong together; None if all are independent.
    """
    findings = {
        name: decide_finding(
            [view[:, number] for view in views],
            validation_labels[:, number],
            threshold_rule,
            units=units,
        )
        for number, name in enumerate(names)
    }
    probabilities = finding_probabilities(logits, list(findings.values()))
    scales = {}
    for number, (name, finding) in enumerate(findings.items()):
        positive = probabilities[validation, number] >= finding.thresholds.decision
        with_finding = rows[validation[positive]]
        evidence = evidence_for(network, pixels, with_finding, np.full(len(with_finding), number))
        scales[name] = heatmap_scale(evidence)
    return FindingsOutcome(logits, probabilities, findings, scales)


def decide_finding(
    logits: Sequence[NDArray[np.float64]],
    labels: NDArray[np.float32],
    rule: str,
    *,
    units: Units | None = None,
) -> Finding:
    """Fits calibration and thresholds of one finding.

    Args:
        logits: Of the validation cases in each view, `(num_validation,)`.
        labels: 0, 1, or NaN where not labelled, `(num_validation,)`, both answers present.
        rule: See `decision_fitting.choose_thresholds`.
        units: Which validation cases belong together; None if all are independent.
    """
    labelled, num_views = ~np.isnan(labels), len(logits)
    pairs = class_logits(np.concatenate([view[labelled] for view in logits])[:, np.newaxis])
    truth = np.tile(labels[labelled].astype(np.int64), num_views)
    calibration = calibrate(pairs, truth, num_views=num_views)
    if units is not None:
        units = Units(np.asarray(units.names)[labelled], units.kind)
    thresholds = choose_thresholds(
        calibrated(pairs, calibration), truth, rule=rule, num_views=num_views, units=units
    )
    return Finding(thresholds=thresholds, calibration=calibration)


def finding_probabilities(
    logits: NDArray[np.float64], findings: Sequence[Finding]
) -> NDArray[np.float64]:
    """Calibrated probabilities of findings.

    Args:
        logits: `(num_cases, num_findings)`.
        findings: Their calibrations, in order.

    Returns:
        In [0, 1], same shape.
    """
    columns = [
        calibrated(class_logits(values[:, np.newaxis]), finding.calibration)[:, 1]
        for values, finding in zip(logits.T, findings, strict=True)
    ]
    return np.stack(columns, axis=1)
