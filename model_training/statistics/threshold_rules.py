"""Choosing a decision threshold on validation data.

All thresholds between two adjacent scores make the same decisions. Each function returns the
middle of that gap, so that no decision depends on the last digit of a validation case.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, isfinite
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from app.core.statistics.labels import binary_probabilities
from app.core.statistics.metrics import Z_95, Proportion

_PLAIN_RULES = {
    "balanced": "where the lower of sensitivity and specificity is highest",
    "half": "a probability of 0.5",
    "youden": "where sensitivity + specificity is highest (Youden)",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule for choosing a decision threshold.

    Attributes:
        name: `balanced`, `half`, `youden`, `sensitivity` or `cost`.
        value: The sensitivity to be shown, or the cost of a missed positive in false alarms;
            0 for the other rules.
    """

    name: str
    value: float = 0.0


class Decision(NamedTuple):
    """A threshold in [0, 1], and a description of how it was chosen."""

    threshold: float
    description: str


@dataclass(frozen=True, slots=True, eq=False)
class _Gaps:
    """Gaps between adjacent scores, from the lowest up, in which a threshold can lie.

    Every threshold above `low` and up to `high` classifies the same cases as positive. All arrays
    have shape `(num_gaps,)`.
    """

    low: NDArray[np.float64]
    high: NDArray[np.float64]
    tp: NDArray[np.int64]
    fp: NDArray[np.int64]
    num_positive: int
    num_negative: int

    def middle(self, index: int) -> float:
        low, high = float(self.low[index]), float(self.high[index])
        middle = low + (high - low) / 2
        # If there is no float between the two, only the upper one makes the same decisions.
        return middle if middle > low else high


def parse_rule(text: str) -> Rule:
    """Parses a rule from the configuration.

    Args:
        text: `balanced`, `half`, `youden`, `sensitivity:S` or `cost:R`; see `decide`.

    Raises:
        ValueError: If there is no such rule, or its number is out of range.

    Example:
    >>> parse_rule("sensitivity:0.97")
    Rule(name='sensitivity', value=0.97)
    """
    name, colon, number = text.partition(":")
    if text in _PLAIN_RULES:
        return Rule(text)
    try:
        rule = Rule(name, float(number) if colon else 0.0)
    except ValueError:
        rule = Rule(text)
    if rule.name == "sensitivity" and 0 < rule.value < 1:
        return rule
    if rule.name == "cost" and rule.value > 0 and isfinite(rule.value):
        return rule
    raise ValueError(
        f"A threshold rule is {', '.join(_PLAIN_RULES)}, sensitivity:S with S between 0 and 1, or "
        f"cost:R with R above 0; such as sensitivity:0.97 or cost:5. Received {text!r}."
    )


def decide(y_true: ArrayLike, y_score: ArrayLike, *, rule: Rule) -> Decision:
    """Chooses the threshold by a rule.

    - `balanced`, `youden` and `cost`: see the function of that name in this module.
    - `half`: 0.5, independent of the cases.
    - `sensitivity`: the highest threshold at which the lower end of the 95 % Wilson interval of
      the sensitivity is high enough, so that these cases demonstrate it. With too few positives
      this is impossible even if all are found; the threshold is then the highest that finds all
      of them, and the description says how many positives would be needed.

    Args:
        y_true: Reference labels, shape `(num_cases,)`, 0 or 1, both present.
        y_score: Predicted probabilities, shape `(num_cases,)`, in [0, 1].
        rule: The rule.

    Raises:
        ValueError: As for `youden_threshold`.
    """
    if rule.name == "half":
        return Decision(0.5, _PLAIN_RULES["half"])
    if rule.name == "youden":
        return Decision(youden_threshold(y_true, y_score), _PLAIN_RULES["youden"])
    if rule.name == "cost":
        return Decision(
            cost_threshold(y_true, y_score, rule.value),
            f"where the cost is lowest if a missed positive costs {rule.value:g} times as much as "
            "a false alarm",
        )
    if rule.name == "sensitivity":
        return _decide_by_shown_sensitivity(y_true, y_score, rule.value)
    return Decision(balanced_threshold(y_true, y_score), _PLAIN_RULES["balanced"])


def youden_threshold(y_true: ArrayLike, y_score: ArrayLike) -> float:
    """The threshold with the highest sensitivity + specificity.

    Ties are broken by the width of the gap between scores, then by the lowest threshold.

    Reference:
        - Youden (1950), Index for rating diagnostic tests,
          https://doi.org/10.1002/1097-0142(1950)3:1<32::AID-CNCR2820030106>3.0.CO;2-3

    Args:
        y_true: Reference labels, shape `(num_cases,)`, 0 or 1, both present.
        y_score: Predicted probabilities, shape `(num_cases,)`, in [0, 1].

    Returns:
        A threshold in [0, 1]; a score equal to it counts as positive.

    Raises:
        ValueError: If the arrays differ in shape, a label is not 0 or 1, a class is missing,
            or a score is not in [0, 1].
    """
    gaps = _decision_gaps(y_true, y_score)
    # Whole numbers, so that equally good thresholds compare equal.
    youden = gaps.tp * gaps.num_negative - gaps.fp * gaps.num_positive
    best = np.flatnonzero(youden == youden.max())
    widest = best[np.argmax(gaps.high[best] - gaps.low[best])]
    return gaps.middle(int(widest))


def balanced_threshold(y_true: ArrayLike, y_score: ArrayLike) -> float:
    """The threshold at which the lower of sensitivity and specificity is highest.

    With few negatives, Youden's sum has several peaks far apart, and which is highest is a matter
    of chance; the point where sensitivity and specificity meet varies little between samples. Ties
    are broken by the higher sum, then by the width of the gap between scores.

    Args:
        y_true: Reference labels, shape `(num_cases,)`, 0 or 1, both present.
        y_score: Predicted probabilities, shape `(num_cases,)`, in [0, 1].

    Raises:
        ValueError: As for `youden_threshold`.
    """
    gaps = _decision_gaps(y_true, y_score)
    # Whole numbers, so that equally good thresholds compare equal.
    found = gaps.tp * gaps.num_negative
    cleared = (gaps.num_negative - gaps.fp) * gaps.num_positive
    worse = np.minimum(found, cleared)
    best = np.flatnonzero(worse == worse.max())
    best = best[(found + cleared)[best] == (found + cleared)[best].max()]
    widest = best[np.argmax(gaps.high[best] - gaps.low[best])]
    return gaps.middle(int(widest))


def cost_threshold(y_true: ArrayLike, y_score: ArrayLike, ratio: float) -> float:
    """The threshold at which missed positives and false alarms together cost least.

    A false alarm costs 1, a missed positive `ratio`, at the proportion of positives among these
    cases. Ties are broken by the width of the gap between scores.

    Reference:
        - Elkan (2001), The Foundations of Cost-Sensitive Learning, IJCAI

    Args:
        y_true: Reference labels, shape `(num_cases,)`, 0 or 1, both present.
        y_score: Predicted probabilities, shape `(num_cases,)`, in [0, 1].
        ratio: Cost of a missed positive in false alarms, above 0.

    Raises:
        ValueError: As for `youden_threshold`, and if `ratio` is not above 0.
    """
    if not (isfinite(ratio) and ratio > 0):
        raise ValueError(f"`ratio` must be above 0. Received ratio={ratio}.")
    gaps = _decision_gaps(y_true, y_score)
    cost = ratio * (gaps.num_positive - gaps.tp) + gaps.fp
    best = np.flatnonzero(np.isclose(cost, cost.min(), rtol=1e-12, atol=0))
    widest = best[np.argmax(gaps.high[best] - gaps.low[best])]
    return gaps.middle(int(widest))


def threshold_at_sensitivity(y_true: ArrayLike, y_score: ArrayLike, minimum: float) -> float:
    """The threshold with at least this sensitivity and the highest possible specificity.

    It lies in the middle of the highest gap between scores that reaches the sensitivity.

    Args:
        y_true: Reference labels, shape `(num_cases,)`, 0 or 1, both present.
        y_score: Predicted probabilities, shape `(num_cases,)`, in [0, 1].
        minimum: Required sensitivity, in [0, 1].

    Raises:
        ValueError: As for `youden_threshold`, and if `minimum` is not in [0, 1].
    """
    _require_fraction(minimum)
    gaps = _decision_gaps(y_true, y_score)
    enough = gaps.tp / gaps.num_positive >= minimum
    return gaps.middle(int(np.flatnonzero(enough)[-1]))


def threshold_at_specificity(y_true: ArrayLike, y_score: ArrayLike, minimum: float) -> float:
    """The threshold with at least this specificity and the highest possible sensitivity.

    It lies in the middle of the lowest gap between scores that reaches the specificity.

    Args:
        y_true: Reference labels, shape `(num_cases,)`, 0 or 1, both present.
        y_score: Predicted probabilities, shape `(num_cases,)`, in [0, 1].
        minimum: Required specificity, in [0, 1].

    Raises:
        ValueError: As for `youden_threshold`, and if so many negatives score exactly 1 that no
            threshold in [0, 1] reaches the specificity.
    """
    _require_fraction(minimum)
    gaps = _decision_gaps(y_true, y_score)
    specificity = (gaps.num_negative - gaps.fp) / gaps.num_negative
    enough = np.flatnonzero(specificity >= minimum)
    if not len(enough):
        raise ValueError(
            f"No threshold in [0, 1] reaches a specificity of {minimum:g}: "
            f"{int(gaps.fp[-1])} of {gaps.num_negative} negatives score exactly 1. "
            f"Ask for {specificity[-1]:g} or less."
        )
    return gaps.middle(int(enough[0]))


def _decide_by_shown_sensitivity(y_true: ArrayLike, y_score: ArrayLike, minimum: float) -> Decision:
    gaps = _decision_gaps(y_true, y_score)
    shown = np.array([Proportion(int(tp), gaps.num_positive).interval()[0] for tp in gaps.tp])
    enough = np.flatnonzero(shown >= minimum)
    wanted = f"{100 * minimum:g} %"
    if len(enough):
        return Decision(
            gaps.middle(int(enough[-1])),
            f"the highest at which the lower end of the 95 % Wilson interval of the sensitivity "
            f"is at least {wanted}",
        )
    # The lower end for n of n found is n / (n + z²).
    needed = ceil(minimum / (1 - minimum) * Z_95**2)
    return Decision(
        gaps.middle(int(np.flatnonzero(gaps.tp == gaps.num_positive)[-1])),
        f"the highest that finds all positives; {gaps.num_positive} positives can only show a "
        f"sensitivity of at least {100 * shown.max():.1f} %, {needed} are needed to show {wanted}",
    )


def _decision_gaps(y_true: ArrayLike, y_score: ArrayLike) -> _Gaps:
    positive, score = binary_probabilities(y_true, y_score)
    num_positive, num_negative = int(positive.sum()), int((~positive).sum())
    if not num_positive or not num_negative:
        raise ValueError(
            "Choosing a threshold needs cases of both classes. "
            f"Received {num_positive} positives and {num_negative} negatives."
        )
    distinct, rank = np.unique(score, return_inverse=True)
    below = np.cumsum(
        [np.bincount(rank[which], minlength=len(distinct)) for which in (positive, ~positive)],
        axis=1,
    )
    tp, fp = num_positive - below[0], num_negative - below[1]
    low, high = np.append(0.0, distinct), np.append(distinct, 1.0)
    # No threshold in [0, 1] is above a score of 1, so such a case is always predicted positive.
    kept = slice(None, -1) if distinct[-1] == 1 else slice(None)
    return _Gaps(
        low=low[kept],
        high=high[kept],
        tp=np.append(num_positive, tp)[kept],
        fp=np.append(num_negative, fp)[kept],
        num_positive=num_positive,
        num_negative=num_negative,
    )


def _require_fraction(minimum: float) -> None:
    if not 0 <= minimum <= 1:
        raise ValueError(f"`minimum` must be a proportion in [0, 1]. Received minimum={minimum}.")
