"""Proportions of images with confidence intervals clustered by patient.

Wilson's interval assumes independent images. It is too narrow if patients have several similar
films, so the sample size is first divided by the design effect: the ratio of the variance
between patients to the variance of independent images.

Reference:
    - Wilson (1927), Probable Inference, the Law of Succession, and Statistical Inference,
      https://doi.org/10.1080/01621459.1927.10502953
    - Rao and Scott (1992), A Simple Method for the Analysis of Clustered Binary Data,
      https://doi.org/10.2307/2532311
"""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.core.bundles.decision_rule import Thresholds
from app.core.performance.predictions import HeldOut
from app.core.statistics.design_effect import design_effect
from app.core.statistics.metrics import F1, Proportion, wilson_interval


@dataclass(frozen=True, slots=True)
class ClusteredProportion(Proportion):
    """A count of images out of a total, where patients may have several images.

    Attributes:
        num_patients: Number of patients in the total.
        design_effect: At least 1; the interval is as wide as that of `total / design_effect`
            independent images.
    """

    num_patients: int
    design_effect: float

    @classmethod
    def of(cls, successes: NDArray[np.bool_], patients: NDArray[Any]) -> ClusteredProportion:
        """The proportion of images that fulfil a condition.

        Args:
            successes: Whether each image fulfils it, bool `(num_images,)`.
            patients: Patient of each image, `(num_images,)`.

        Raises:
            ValueError: If the arrays differ in shape.

        Example:
            >>> correct = np.array([True, True, False, True])
            >>> patients = np.array(["a", "a", "b", "c"])
            >>> proportion = ClusteredProportion.of(correct, patients)
            >>> proportion.value, proportion.num_patients, round(proportion.design_effect, 2)
            (0.75, 3, 1.75)
        """
        if successes.shape != patients.shape:
            raise ValueError(
                "`patients` must have one entry for each image. "
                f"Received shapes {successes.shape} and {patients.shape}."
            )
        codes, names = pd.factorize(patients)
        num_patients = len(names)
        count, total = int(successes.sum()), len(successes)
        effect = design_effect(successes, codes)
        if effect is None:  # assume that all images of a patient are alike
            effect = total / num_patients if total else 1.0
        return cls(count, total, num_patients, effect)

    def interval(self) -> tuple[float, float]:
        """95 % interval clustered by patient, or (NaN, NaN) if the total is zero."""
        if not self.total:
            return nan, nan
        return wilson_interval(self.value, self.total / self.design_effect)


@dataclass(frozen=True, slots=True)
class DecisionMetrics:
    """Diagnostic accuracy for one class, clustered by patient; `accuracy` covers all classes."""

    sensitivity: ClusteredProportion
    specificity: ClusteredProportion
    ppv: ClusteredProportion
    npv: ClusteredProportion
    accuracy: ClusteredProportion
    f1: F1


def evaluate_decisions(
    cases: HeldOut, *, threshold: float | None = None, label: int = 1
) -> DecisionMetrics:
    """Diagnostic accuracy for one class against all others.

    Args:
        cases: The predictions of one split.
        threshold: Decision threshold, see `HeldOut.predicted`.
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


@dataclass(frozen=True, slots=True)
class ZoneFigures:
    """What lies in the zones of a two-class model, clustered by patient.

    Attributes:
        missed: Positives in the rule-out zone among all positives.
        precision: Positives among the films in the rule-in zone.
        ruled_out: Films in the rule-out zone among all films.
        ruled_in: Films in the rule-in zone among all films.
    """

    missed: ClusteredProportion
    precision: ClusteredProportion
    ruled_out: ClusteredProportion
    ruled_in: ClusteredProportion

    @property
    def to_be_read(self) -> Proportion:
        """Films in neither zone among all films."""
        total = self.ruled_out.total
        return Proportion(total - self.ruled_out.successes - self.ruled_in.successes, total)


def evaluate_zones(cases: HeldOut, thresholds: Thresholds) -> ZoneFigures:
    """Counts films by zone.

    Args:
        cases: The predictions of one split of a model with two classes.
        thresholds: The edges of the zones.
    """
    positive, score = cases.y_true == 1, cases.probabilities[:, 1]
    below = (score < thresholds.uncertain_low) & thresholds.rules_out
    above = (score >= thresholds.uncertain_high) & thresholds.rules_in
    return ZoneFigures(
        missed=ClusteredProportion.of(below[positive], cases.patients[positive]),
        precision=ClusteredProportion.of(positive[above], cases.patients[above]),
        ruled_out=ClusteredProportion.of(below, cases.patients),
        ruled_in=ClusteredProportion.of(above, cases.patients),
    )
