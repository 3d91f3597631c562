"""Applies a bundle's calibration: converts logits to the probabilities that are reported.

Reference:
    - Guo et al., On Calibration of Modern Neural Networks (ICML 2017): temperature scaling,
      https://arxiv.org/abs/1706.04599
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from app.core.bundles.decision_rule import Calibration
from app.core.statistics.calibration import softmax


def calibrated(class_logits: ArrayLike, calibration: Calibration) -> NDArray[np.float64]:
    """Calibrated class probabilities. The only place where a bundle's calibration is applied.

    Args:
        class_logits: Logits, shape `(num_cases, num_classes)`.
        calibration: The bundle's temperature and offsets.

    Returns:
        Probabilities in [0, 1] that sum to 1 in each row, float64 with the same shape.
    """
    logits = np.asarray(class_logits, dtype=np.float64) / calibration.temperature
    return softmax(logits + calibration.offset if calibration.offset else logits)


def recalibrated(
    probabilities: ArrayLike, *, before: Calibration, after: Calibration
) -> NDArray[np.float64]:
    """What probabilities of one calibration are by another.

    Args:
        probabilities: In [0, 1], each row sums to 1, shape `(num_cases, num_classes)`.
        before: The calibration that they are of.
        after: The calibration that they are to be of.

    Returns:
        Probabilities in [0, 1], float64 with the same shape.
    """
    # Logits of classes are known up to a number that is the same for all.
    shifted = np.log(np.clip(probabilities, np.finfo(float).tiny, 1.0))
    logits = (shifted - (before.offset or 0.0)) * before.temperature
    return calibrated(logits, after)
