"""Diagnostic accuracy: decisions compared with the reference, with confidence intervals.

NumPy only, so that trainer, pages and tests can share it. Curves and areas are in `curves`,
bootstrap intervals in `bootstrap`, reliability of probabilities in `calibration`.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, nan, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray

from app.core.statistics.labels import binary_cases, class_indices, require_same_length

Z_95 = 1.959963984540054  # two-sided 95 % quantile of the standard normal


@dataclass(frozen=True, slots=True)
class Proportion:
    """A count out of a total, such as 8 of 10 positives detected.

    Attributes:
        successes: The count.
        total: The denominator.
    """

    successes: int
    total: int

    def __post_init__(self) -> None:
        if not 0 <= self.successes <= self.total:
            raise ValueError(
                "`successes` must be between 0 and `total`. "
                f"Received successes={self.successes}, total={self.total}."
            )

    @property
    def value(self) -> float:
        """The ratio, or NaN if the total is zero."""
        return self.successes / self.total if self.total else nan

    def interval(self) -> tuple[float, float]:
        """Wilson score interval at 95 %, or (NaN, NaN) if the total is zero.

        It stays within [0, 1] and keeps its coverage with the few positives of a single-site test
        set, where the normal approximation does not. It assumes independent cases; where patients
        may contribute several films each, use `proportions.ClusteredProportion`.

        Reference:
            - Wilson (1927), Probable Inference, the Law of Succession, and Statistical
              Inference, https://doi.org/10.1080/01621459.1927.10502953
        """
        return wilson_interval(self.value, self.total) if self.total else (nan, nan)


def wilson_interval(proportion: float, total: float) -> tuple[float, float]:
    """Wilson score interval at 95 %.

    Args:
        proportion: The observed proportion, in [0, 1].
        total: Number of independent cases; may be a fraction (an effective sample size).

    Returns:
        Lower and upper limit, in [0, 1].
    """
    z2 = Z_95**2
    centre = (proportion + z2 / (2 * total)) / (1 + z2 / total)
    half = (
        Z_95 * sqrt(proportion * (1 - proportion) / total + z2 / (4 * total**2)) / (1 + z2 / total)
    )
    # At a proportion of 0 or 1 the limit is exact; rounding would be off by 1e-17.
    return centre - half if proportion > 0 else 0.0, centre + half if proportion < 1 else 1.0


@dataclass(frozen=True, slots=True)
class F1:
    """The F1 score: harmonic mean of sensitivity and PPV.

    Attributes:
        overlap: Jaccard index: true positives out of all cases that are positive or predicted
            positive.
    """

    overlap: Proportion

    @property
    def value(self) -> float:
        """`2 TP / (2 TP + FP + FN)`, or NaN if no case is positive or predicted positive."""
        return _f1_from_overlap(self.overlap.value)

    def interval(self) -> tuple[float, float]:
        """95 % interval, derived from the interval of the Jaccard index.

        F1 is not a proportion, since true positives count twice. But `F1 = 2 J / (1 + J)` increases
        monotonically with the Jaccard index `J = TP / (TP + FP + FN)`, which is a proportion, so
        transforming the limits of `J` gives an interval for F1 with the same coverage.
        """
        low, high = self.overlap.interval()
        return _f1_from_overlap(low), _f1_from_overlap(high)


def _f1_from_overlap(overlap: float) -> float:
    return 2 * overlap / (1 + overlap)


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatingPoint:
    """The confusion matrix of a two-class model at one decision threshold.

    Attributes:
        threshold: The decision threshold, in the unit of the scores.
        tp: True positives.
        fp: False positives.
        fn: False negatives.
        tn: True negatives.
    """

    threshold: float
    tp: int
    fp: int
    fn: int
    tn: int

    @property
    def accuracy(self) -> Proportion:
        """Correctly classified cases among all cases."""
        return Proportion(self.tp + self.tn, self.tp + self.fp + self.fn + self.tn)

    @property
    def sensitivity(self) -> Proportion:
        """True positives among all positive cases."""
        return Proportion(self.tp, self.tp + self.fn)

    @property
    def specificity(self) -> Proportion:
        """True negatives among all negative cases."""
        return Proportion(self.tn, self.tn + self.fp)

    @property
    def ppv(self) -> Proportion:
        """True positives among all predicted positives, at the prevalence of these cases."""
        return Proportion(self.tp, self.tp + self.fp)


def operating_point(y_true: ArrayLike, y_score: ArrayLike, *, threshold: float) -> OperatingPoint:
    """Counts a two-class model's decisions at one threshold.

    Args:
        y_true: Reference labels, shape `(num_cases,)`, 0 or 1.
        y_score: Scores of label 1, such as probabilities, shape `(num_cases,)`, finite.
        threshold: Decision threshold, finite. A score equal to it counts as positive.

    Returns:
        The four counts, from which every proportion follows with its denominator.

    Raises:
        ValueError: If the arrays differ in shape, a label is not 0 or 1, or a score or the
            threshold is not finite.

    Example:
        >>> point = operating_point([1, 1, 0], [0.9, 0.2, 0.4], threshold=0.5)
        >>> point.sensitivity
        Proportion(successes=1, total=2)
    """
    positive, score = binary_cases(y_true, y_score)
    if not isfinite(threshold):
        raise ValueError(f"`threshold` must be finite. Received threshold={threshold}.")
    predicted = score >= threshold
    return OperatingPoint(
        threshold=float(threshold),
        tp=int((positive & predicted).sum()),
        fp=int((~positive & predicted).sum()),
        fn=int((positive & ~predicted).sum()),
        tn=int((~positive & ~predicted).sum()),
    )


def confusion_matrix(
    y_true: ArrayLike, y_pred: ArrayLike, *, num_classes: int
) -> NDArray[np.int64]:
    """Counts every pair of true and predicted class.

    Args:
        y_true: Reference classes, shape `(num_cases,)`, integers in [0, num_classes).
        y_pred: Predicted classes, same shape and range.
        num_classes: Number of classes, including those that do not occur.

    Returns:
        Counts, shape `(num_classes, num_classes)`; rows are reference classes, columns
        predictions.

    Raises:
        ValueError: If the arrays differ in shape or hold anything but class indices.
    """
    truth = class_indices("y_true", y_true, num_classes=num_classes)
    predicted = class_indices("y_pred", y_pred, num_classes=num_classes)
    require_same_length(truth, predicted, names="`y_true` and `y_pred`")
    pairs = np.bincount(truth * num_classes + predicted, minlength=num_classes**2)
    return pairs.astype(np.int64).reshape(num_classes, num_classes)
