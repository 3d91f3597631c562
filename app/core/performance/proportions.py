"""Proportions of images with intervals over patients: one kind for pages, cards and reports.

Wilson's interval takes every image as independent. Where a patient has several films that
resemble each other it is too narrow, so both counts are divided by the design effect first: how
many times larger the variance between patients makes that of the proportion.

Reference:
    - Wilson (1927), Probable Inference, the Law of Succession, and Statistical Inference,
      https://doi.org/10.1080/01621459.1927.10502953
    - Rao and Scott (1992), A Simple Method for the Analysis of Clustered Binary Data,
      https://doi.org/10.2307/2532311
"""

from __future__ import annotations

from dataclasses import dataclass
from math import nan

import numpy as np
from numpy.typing import NDArray

from app.core.performance.predictions import HeldOut
from app.core.statistics.metrics import F1, Proportion, wilson_interval


@dataclass(frozen=True, slots=True)
class ClusteredProportion(Proportion):
    """A count of images out of a total, of patients who may have several.

    Attributes:
        num_patients: Whom the total is of.
        design_effect: At least 1: independent images would bear the same interval if there
            were so many times fewer of them.
    """

    num_patients: int
    design_effect: float

    @classmethod
    def of(cls, successes: NDArray[np.bool_], patients: NDArray[np.str_]) -> ClusteredProportion:
        """The proportion of the images that succeeded.

        Args:
            successes: Whether each image did, `(num_images,)`.
            patients: Who each image is of, `(num_images,)`.
        """
        if successes.shape != patients.shape:
            raise ValueError(
                "`patients` must hold the patient of each image. "
                f"Received shapes {successes.shape} and {patients.shape}."
            )
        codes = np.unique(patients, return_inverse=True)[1]
        images = np.bincount(codes)
        count, total = int(successes.sum()), len(successes)
        if count in (0, total):
            # Nothing varies, so nothing shows how alike a patient's films are: taken as one.
            effect = total / len(images) if total else 1.0
        else:
            effect = _design_effect(np.bincount(codes, successes).astype(np.float64), images)
        return cls(count, total, len(images), effect)

    def interval(self) -> tuple[float, float]:
        """95 % interval over patients, or NaN twice when the total is zero."""
        if not self.total:
            return nan, nan
        return wilson_interval(self.value, self.total / self.design_effect)


@dataclass(frozen=True, slots=True)
class DecisionMetrics:
    """How well one class is decided, as proportions over patients; `accuracy` is of all classes."""

    sensitivity: ClusteredProportion
    specificity: ClusteredProportion
    ppv: ClusteredProportion
    npv: ClusteredProportion
    accuracy: ClusteredProportion
    f1: F1


def evaluate_decisions(
    cases: HeldOut, *, threshold: float | None = None, label: int = 1
) -> DecisionMetrics:
    """The proportions of one class against all others.

    Args:
        cases: Truth, probabilities and patients.
        threshold: As for `HeldOut.called`.
        label: Position of the class.
    """
    predicted = cases.predicted(threshold)
    is_class, is_predicted = cases.y_true == label, predicted == label
    either = is_class | is_predicted

    def proportion(right: NDArray[np.bool_], among: NDArray[np.bool_]) -> ClusteredProportion:
        return ClusteredProportion.of(right[among], cases.patients[among])

    return DecisionMetrics(
        sensitivity=proportion(is_predicted, is_class),
        specificity=proportion(~is_predicted, ~is_class),
        ppv=proportion(is_class, is_predicted),
        npv=proportion(~is_class, ~is_predicted),
        accuracy=proportion(predicted == cases.y_true, np.ones(cases.num_images, bool)),
        f1=F1(proportion(is_class & is_predicted, either)),
    )


def _design_effect(successes: NDArray[np.float64], images: NDArray[np.int64]) -> float:
    """Variance of a proportion between patients against that of independent images, at least 1."""
    num_patients, total = len(images), images.sum()
    if num_patients < 2:
        return float(total)
    proportion = successes.sum() / total
    residuals = successes - proportion * images
    between = num_patients / (num_patients - 1) * (residuals**2).sum() / total**2
    return float(max(1.0, between / (proportion * (1 - proportion) / total)))
