"""How far the probabilities of a bundle can be believed, from its predictions table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.core.performance.predictions import HeldOut
from app.core.statistics import intervals
from app.core.statistics.bootstrap import Interval
from app.core.statistics.calibration import (
    ReliabilityBin,
    reliability_bins,
)
from app.core.statistics.calibration_error import CalibrationError, calibration_error


@dataclass(frozen=True, slots=True, eq=False)
class CalibrationCheck:
    """How well the probabilities are calibrated.

    With two classes, the probability is that of the second class and the outcome the true label.
    With more classes, the probability is that of the predicted class and the outcome is whether
    the prediction was correct.

    Attributes:
        bins: Bins of the reliability diagram in ascending order.
        error: Expected calibration error.
        brier: Brier score, with its interval over patients.
        num_images: Number of images.
    """

    bins: tuple[ReliabilityBin, ...]
    error: CalibrationError
    brier: Interval
    num_images: int


def check_calibration(cases: HeldOut) -> CalibrationCheck:
    """Compares predicted probabilities with observed frequencies."""
    outcome, probability = outcomes_and_probabilities(cases)
    return CalibrationCheck(
        bins=reliability_bins(outcome, probability),
        error=calibration_error(outcome, probability, groups=cases.patients),
        brier=intervals.brier(outcome, probability, groups=cases.patients),
        num_images=len(outcome),
    )


def outcomes_and_probabilities(cases: HeldOut) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
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
