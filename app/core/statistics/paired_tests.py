"""Paired tests of two models, or of two tables of results, on the same images.

Every difference is that of the second model minus the first. Every test is paired: images that
are easy or hard for both models say nothing about the difference.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from math import erfc, nan, sqrt
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import bdtr

from app.core.statistics.bootstrap import Interval, bootstrap_interval
from app.core.statistics.labels import binary_cases, require_same_length
from app.core.statistics.metrics import Z_95


@dataclass(frozen=True, slots=True)
class AucTest:
    """AUCs of two models on the same cases.

    Attributes:
        first: AUC of the first model.
        second: AUC of the second model.
        low: Lower end of the 95 % confidence interval of the difference.
        high: Upper end.
        p_value: Two-sided; NaN where the AUCs differ but their variance is zero.
    """

    first: float
    second: float
    low: float
    high: float
    p_value: float

    @property
    def difference(self) -> float:
        """AUC of the second model minus that of the first."""
        return self.second - self.first


@dataclass(frozen=True, slots=True)
class McNemarTest:
    """Cases that only one of two models classified correctly, and the exact two-sided p-value."""

    first_only: int
    second_only: int
    p_value: float


def auc_test(
    y_true: ArrayLike, first: ArrayLike, second: ArrayLike, *, groups: ArrayLike | None = None
) -> AucTest:
    """Tests whether two AUCs differ.

    Without groups this is DeLong's test, which treats every image as independent. Images of one
    patient are not: with `groups` it is Obuchowski's version for clustered data, which equals
    DeLong's if each patient has one image and should be preferred if some have more.

    Reference:
        - DeLong et al. (1988), Comparing the Areas under Two or More Correlated Receiver
          Operating Characteristic Curves, https://doi.org/10.2307/2531595
        - Sun and Xu (2014), Fast Implementation of DeLong's Algorithm,
          https://doi.org/10.1109/LSP.2014.2337313
        - Obuchowski (1997), Nonparametric Analysis of Clustered ROC Curve Data,
          https://doi.org/10.2307/2533958

    Args:
        y_true: Reference labels, shape `(num_cases,)`, 0 or 1, each at least twice.
        first: Scores of the first model, shape `(num_cases,)`, finite.
        second: Scores of the second model, same shape.
        groups: Patient of each case, shape `(num_cases,)`.

    Raises:
        ValueError: If the arrays differ in shape, a label is not 0 or 1, a score is not
            finite, or a class has fewer than two cases or patients.
    """
    positive, first_score = binary_cases(y_true, first, name="first")
    _, second_score = binary_cases(y_true, second, name="second")
    patients = np.arange(len(positive)) if groups is None else np.asarray(groups)
    require_same_length(positive, patients, names="`y_true` and `groups`")
    aucs, covariance = _aucs_with_covariance(
        positive, np.stack([first_score, second_score]), patients
    )
    difference = float(aucs[1] - aucs[0])
    variance = covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]
    # Equal rankings give a variance that consists of rounding errors.
    spread = sqrt(variance) if variance > 1e-15 else 0.0
    return AucTest(
        first=float(aucs[0]),
        second=float(aucs[1]),
        low=difference - Z_95 * spread,
        high=difference + Z_95 * spread,
        p_value=_two_sided(difference, spread),
    )


def mcnemar_test(first_right: ArrayLike, second_right: ArrayLike) -> McNemarTest:
    """Tests whether two models are equally often correct, from the cases where only one is.

    The test is exact: by chance alone, each of these cases falls to either model with probability
    one half. It treats every image as independent.

    Reference:
        - McNemar (1947), Note on the Sampling Error of the Difference between Correlated
          Proportions or Percentages, https://doi.org/10.1007/BF02295996

    Args:
        first_right: Whether the first model classified each case correctly, `(num_cases,)`, bool.
        second_right: The same for the second model, same shape.

    Raises:
        ValueError: If the arrays differ in shape.
    """
    first, second = np.asarray(first_right, dtype=bool), np.asarray(second_right, dtype=bool)
    require_same_length(first, second, names="`first_right` and `second_right`")
    first_only, second_only = int((first & ~second).sum()), int((second & ~first).sum())
    fewer, num_discordant = min(first_only, second_only), first_only + second_only
    p_value = min(1.0, 2 * float(bdtr(fewer, num_discordant, 0.5)))
    return McNemarTest(first_only, second_only, p_value)


def paired_difference(
    statistic: Callable[[NDArray[Any], NDArray[np.float64]], float],
    y_true: ArrayLike,
    first: ArrayLike,
    second: ArrayLike,
    *,
    groups: ArrayLike,
    num_resamples: int = 1000,
) -> Interval:
    """A figure of the second model minus that of the first, by paired bootstrap over patients.

    Args:
        statistic: Called with the labels, shape `(num_resampled,)`, and one model's scores.
        y_true: Reference classes, shape `(num_cases,)`.
        first: Scores, decisions or class probabilities, shape `(num_cases, ...)`, finite.
        second: The same for the second model, same shape.
        groups: Patient of each case, shape `(num_cases,)`.
        num_resamples: Number of bootstrap resamples.

    Raises:
        ValueError: If the shapes do not match, a score is not finite, or a group is missing.
    """
    both = np.stack([np.asarray(first, np.float64), np.asarray(second, np.float64)], axis=1)
    return bootstrap_interval(
        partial(_difference, statistic), y_true, both, groups=groups, num_resamples=num_resamples
    )


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values corrected for multiple tests, controlling the family-wise error rate.

    NaN stays NaN and does not count as a test.

    Reference:
        - Holm (1979), A Simple Sequentially Rejective Multiple Test Procedure,
          https://www.jstor.org/stable/4615733
    """
    defined = sorted((p_value, place) for place, p_value in enumerate(p_values) if p_value >= 0)
    adjusted, highest = [nan] * len(p_values), 0.0
    for rank, (p_value, place) in enumerate(defined):
        highest = max(highest, min(1.0, p_value * (len(defined) - rank)))
        adjusted[place] = highest
    return adjusted


def _difference(
    statistic: Callable[[NDArray[Any], NDArray[np.float64]], float],
    y_true: NDArray[Any],
    both: NDArray[np.float64],
) -> float:
    return statistic(y_true, both[:, 1]) - statistic(y_true, both[:, 0])


def _aucs_with_covariance(
    positive: NDArray[np.bool_], scores: NDArray[np.float64], patients: NDArray[Any]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """AUCs, `(num_models,)`, and their covariance, by sums over patients.

    Args:
        positive: Which cases are positive, `(num_cases,)`.
        scores: `(num_models, num_cases)`.
        patients: `(num_cases,)`.
    """
    num_positive, num_negative = int(positive.sum()), int((~positive).sum())
    names, patient = np.unique(patients, return_inverse=True)
    with_positive = len(np.unique(patient[positive]))
    with_negative = len(np.unique(patient[~positive]))
    if min(with_positive, with_negative) < 2:
        raise ValueError(
            "Comparing AUCs needs at least two patients with and two without the finding. "
            f"Received {with_positive} and {with_negative}."
        )
    proportions = np.array([_proportions_beaten(positive, score) for score in scores])
    aucs = proportions[:, positive].mean(axis=1)
    centred = proportions - aucs[:, np.newaxis]
    of_positives, of_negatives = (
        np.array([np.bincount(patient[which], row[which], len(names)) for row in centred])
        for which in (positive, ~positive)
    )
    within_positives = of_positives @ of_positives.T * with_positive / (with_positive - 1)
    within_negatives = of_negatives @ of_negatives.T * with_negative / (with_negative - 1)
    across = of_positives @ of_negatives.T * len(names) / (len(names) - 1)
    covariance = (
        within_positives / num_positive**2
        + within_negatives / num_negative**2
        + (across + across.T) / (num_positive * num_negative)
    )
    return aucs, covariance


def _proportions_beaten(
    positive: NDArray[np.bool_], score: NDArray[np.float64]
) -> NDArray[np.float64]:
    """DeLong's structural components: the proportion of the other class each case is ranked above.

    A positive beats negatives below it, a negative beats positives above it; a tie counts half.
    """
    proportions = np.empty(len(score))
    for which, sign in ((positive, 1.0), (~positive, -1.0)):
        others = np.sort(sign * score[~which])
        own = sign * score[which]
        twice = np.searchsorted(others, own, "left") + np.searchsorted(others, own, "right")
        proportions[which] = twice / (2 * len(others)) if len(others) else nan
    return proportions


def _two_sided(difference: float, spread: float) -> float:
    if spread:
        return erfc(abs(difference) / spread / sqrt(2))
    return 1.0 if difference == 0 else nan
