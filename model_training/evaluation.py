"""What validation films decide: temperature, thresholds and the heatmap's colour scale."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.core.bundle import Calibration, Thresholds
from app.core.calibration import fit_temperature, softmax
from app.core.thresholds import (
    threshold_at_sensitivity,
    threshold_at_specificity,
    youden_threshold,
)

# Share of either class that may lie on the wrong side of the doubtful zone's edges.
DOUBTFUL_MISSES = 0.02


def calibrate(class_logits: NDArray[np.float64], labels: NDArray[np.int64]) -> Calibration:
    """Fits the temperature on validation logits `(num_cases, num_classes)`."""
    return Calibration(
        method="temperature",
        temperature=round(fit_temperature(class_logits, labels), 4),
        fitted_on="validation",
    )


def choose_thresholds(probabilities: NDArray[np.float64], labels: NDArray[np.int64]) -> Thresholds:
    """Chooses the decision and the edges of the doubtful zone on validation films.

    Two classes: Youden's threshold decides; the zone reaches down to where 98 % of the
    positives are found and up to where 98 % of the negatives are cleared. More classes: the
    likeliest is called, and is doubtful where 98 % of the wrong calls lie.

    Args:
        probabilities: Calibrated, `(num_cases, num_classes)`.
        labels: Class positions, `(num_cases,)`.
    """
    if probabilities.shape[1] == 2:
        score = probabilities[:, 1]
        decision = youden_threshold(labels, score)
        low = threshold_at_sensitivity(labels, score, 1 - DOUBTFUL_MISSES)
        high = threshold_at_specificity(labels, score, 1 - DOUBTFUL_MISSES)
        return Thresholds(
            decision=decision,
            doubtful_low=min(low, decision),
            doubtful_high=max(high, decision),
            rule="Youden's index; doubtful between 98 % sensitivity and 98 % specificity",
            chosen_on="validation",
        )
    confidence = probabilities.max(axis=1)
    correct = (probabilities.argmax(axis=1) == labels).astype(np.int64)
    clear = 0.5
    if 0 < correct.sum() < len(correct):
        clear = threshold_at_specificity(correct, confidence, 1 - DOUBTFUL_MISSES)
    return Thresholds(
        decision=0.0,
        doubtful_low=0.0,
        doubtful_high=clear,
        rule="The likeliest class; doubtful where 98 % of the wrong calls lie",
        chosen_on="validation",
    )


def heatmap_scale(evidence: NDArray[np.float32]) -> float:
    """Evidence at the top of the colour scale: exceeded by the peaks of 5 % of the films.

    Args:
        evidence: Maps of validation films that were called positive, `(num_films, rows,
            columns)`, in logits.
    """
    if not len(evidence):
        return 1.0
    peaks = evidence.reshape(len(evidence), -1).max(axis=1)
    return max(float(np.quantile(peaks, 0.95)), 1e-3)


def class_probabilities(
    class_logits: NDArray[np.float64], calibration: Calibration
) -> NDArray[np.float64]:
    """Calibrated probabilities, `(num_cases, num_classes)`."""
    return softmax(class_logits / calibration.temperature)
