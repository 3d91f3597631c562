"""What a test's answers are worth where the finding is rarer or more frequent than it was tested.

Sensitivity and specificity are taken over to the other place, the predictive values follow from
them and the prevalence there (Bayes' theorem).

Reference:
    - Mercaldo, Lau and Zhou (2007), Confidence Intervals for Predictive Values with an Emphasis to
      Case-Control Studies, https://doi.org/10.1002/sim.2677
    - Newcombe (2016), MOVER-R Confidence Intervals for Ratios and Products of Two Independently
      Estimated Quantities, https://doi.org/10.1177/0962280213502144
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, isfinite, nan, sqrt

from app.core.statistics.metrics import Proportion

PER = 1000


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95 % confidence interval; all NaN where it is undefined.

    Attributes:
        value: The figure.
        low: Lower limit.
        high: Upper limit.
    """

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class AtPrevalence:
    """What the answers of a test are worth at a prevalence.

    Attributes:
        prevalence: Share of films with the finding, in (0, 1).
        ppv: Share of the alarms that are right, in [0, 1].
        npv: Share of the films without alarm that are without the finding, in [0, 1].
        found: Films with the finding that get an alarm, for each 1,000 films.
        missed: Films with the finding that get none, for each 1,000 films.
        false_alarms: Alarms about films without the finding, for each 1,000 films.
        cleared: Films without the finding that get no alarm, for each 1,000 films.
    """

    prevalence: float
    ppv: Estimate
    npv: Estimate
    found: Estimate
    missed: Estimate
    false_alarms: Estimate
    cleared: Estimate


def at_prevalence(
    sensitivity: Proportion, specificity: Proportion, prevalence: float
) -> AtPrevalence:
    """What the answers are worth where a share of the films has the finding.

    The intervals are those of sensitivity and specificity, taken over: for counts directly, for
    the predictive values by the interval of the likelihood ratio that they depend on, a ratio of
    two independent proportions (MOVER-R). The prevalence counts as known exactly.

    Args:
        sensitivity: As tested; its interval counts, also if clustered.
        specificity: As tested.
        prevalence: Share of films with the finding at the other place, in (0, 1).

    Raises:
        ValueError: If `prevalence` is not in (0, 1).

    Example:
        >>> there = at_prevalence(Proportion(90, 100), Proportion(80, 100), 0.1)
        >>> round(there.ppv.value, 3), round(there.missed.value), round(there.false_alarms.value)
        (0.333, 10, 180)
    """
    if not 0 < prevalence < 1:
        raise ValueError(f"`prevalence` must be in (0, 1). Received prevalence={prevalence}.")
    found, cleared = _estimate(sensitivity), _estimate(specificity)
    missed, alarmed = _complement(found), _complement(cleared)
    odds = prevalence / (1 - prevalence)
    right_alarms = _mapped(_ratio(found, alarmed), lambda ratio: _from_odds(odds * ratio))
    wrong_silence = _mapped(_ratio(missed, cleared), lambda ratio: _from_odds(odds * ratio))
    with_finding, without = PER * prevalence, PER * (1 - prevalence)
    return AtPrevalence(
        prevalence=prevalence,
        ppv=right_alarms,
        npv=_complement(wrong_silence),
        found=_mapped(found, lambda share: with_finding * share),
        missed=_mapped(missed, lambda share: with_finding * share),
        false_alarms=_mapped(alarmed, lambda share: without * share),
        cleared=_mapped(cleared, lambda share: without * share),
    )


def _estimate(proportion: Proportion) -> Estimate:
    return Estimate(proportion.value, *proportion.interval())


def _complement(share: Estimate) -> Estimate:
    return Estimate(1 - share.value, 1 - share.high, 1 - share.low)


def _mapped(estimate: Estimate, rising: Callable[[float], float]) -> Estimate:
    return Estimate(rising(estimate.value), rising(estimate.low), rising(estimate.high))


def _from_odds(odds: float) -> float:
    return 1.0 if odds == inf else odds / (1 + odds)


def _ratio(above: Estimate, below: Estimate) -> Estimate:
    """The ratio of two independent shares, from the limits of each; infinite over zero."""
    if not (isfinite(above.value) and isfinite(below.value)) or above.value == below.value == 0:
        return Estimate(nan, nan, nan)
    product = above.value * below.value
    # Each limit solves `above - ratio * below = its margin`; both terms are at most the squares of
    # the shares, so that no root is of a negative number but by rounding.
    above_low, below_high = _slack(above, above.low), _slack(below, below.high)
    above_high, below_low = _slack(above, above.high), _slack(below, below.low)
    to_low = product + sqrt(max(0.0, product**2 - above_low * below_high))
    to_high = product + sqrt(max(0.0, product**2 - above_high * below_low))
    return Estimate(
        above.value / below.value if below.value else inf,
        above_low / to_low if to_low else 0.0,
        to_high / below_low if below_low else inf,
    )


def _slack(share: Estimate, limit: float) -> float:
    return limit * (2 * share.value - limit)
