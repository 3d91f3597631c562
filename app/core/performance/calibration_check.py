"""How far the probabilities of a bundle can be believed, from its predictions table."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan

import numpy as np
from numpy.typing import NDArray

from app.core.performance.predictions import HeldOut
from app.core.statistics import intervals
from app.core.statistics.bootstrap import Interval
from app.core.statistics.calibration import (
    ReliabilityBin,
    expected_calibration_error,
    reliability_bins,
)


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
            same probabilities would show by chance; a smaller error is not evidence of
            miscalibration.
        brier: Brier score, with its interval over patients.
        num_images: Number of images.
    """

    bins: tuple[ReliabilityBin, ...]
    error: float
    error_by_chance: float
    brier: Interval
    num_images: int


def check_calibration(cases: HeldOut) -> CalibrationCheck:
    """Compares predicted probabilities with observed frequencies."""
    outcome, probability = outcomes_and_probabilities(cases)
    return CalibrationCheck(
        bins=reliability_bins(outcome, probability),
        error=expected_calibration_error(outcome, probability),
        error_by_chance=_calibration_error_by_chance(probability),
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
