"""What the ranking of cases allows, read from their own ROC curve."""

from __future__ import annotations

from math import nan

from numpy.typing import ArrayLike

from app.core.statistics.curves import roc_curve


def specificity_at_sensitivity(y_true: ArrayLike, y_score: ArrayLike, minimum: float) -> float:
    """The highest specificity among thresholds that reach a minimum sensitivity.

    It is read from the ROC curve of these cases, so it describes what the scores allow, not the
    performance of a threshold chosen on other cases.

    Args:
        y_true: Reference labels, shape `(num_cases,)`, 0 or 1.
        y_score: Scores, shape `(num_cases,)`, finite.
        minimum: Lowest acceptable sensitivity, in [0, 1].

    Returns:
        A specificity in [0, 1]; NaN if either class is missing.

    Raises:
        ValueError: See `roc_curve`.
    """
    curve = roc_curve(y_true, y_score)
    # Proportions such as 97 / 100 and 0.97 may differ in the last bit.
    enough = curve.tpr >= minimum - 1e-12
    return float(1 - curve.fpr[enough][0]) if enough.any() else nan
