"""The rules by which a decision threshold is chosen on validation data."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, isfinite
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from app.core.statistics.metrics import Z_95, Proportion
from app.core.statistics.thresholds import (
    balanced_threshold,
    cost_threshold,
    decision_gaps,
    youden_threshold,
)

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

    - `balanced`, `youden` and `cost`: see the functions of those names in `thresholds`.
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
        ValueError: If the arrays differ in shape, a label is not 0 or 1, a class is missing,
            or a score is not in [0, 1].
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
        return _decide_by_lower_bound(y_true, y_score, rule.value)
    return Decision(balanced_threshold(y_true, y_score), _PLAIN_RULES["balanced"])


def _decide_by_lower_bound(y_true: ArrayLike, y_score: ArrayLike, minimum: float) -> Decision:
    gaps = decision_gaps(y_true, y_score)
    lower_bounds = np.array(
        [Proportion(int(tp), gaps.num_positive).interval()[0] for tp in gaps.tp]
    )
    enough = np.flatnonzero(lower_bounds >= minimum)
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
        f"sensitivity of at least {100 * lower_bounds.max():.1f} %, {needed} are needed to show "
        f"{wanted}",
    )
