"""The strictest promises that a number of labels can show, before any score is looked at.

With few positives no small miss rate can be shown, whatever the model does. So the promise follows
from the counts: the strictest, in whole per cents, that the tests of `zones` would grant to films
without a single error. The counts say nothing of which score a positive has, so the rule-out zone
keeps its level. The precision of the rule-in zone depends on the same labels; a promise that holds
for a rate holds for every looser one, so choosing among rates gains nothing. `benchmarks.zones`
simulates both.
"""

from __future__ import annotations

import numpy as np

from app.core.statistics.exact_tests import smallest_sample
from app.core.statistics.zone_edges import start_sizes
from app.core.statistics.zones import CONFIDENCE, MISS_RATE, PRECISION

# A zone that promises less is of no use to a department.
LOOSEST_MISS_RATE = 0.25
LOWEST_PRECISION = 0.75


def positives_needed(miss_rate: float, *, confidence: float = CONFIDENCE) -> int:
    """How many positives show a miss rate, if none of them is missed.

    Args:
        miss_rate: Highest proportion of the positives in the rule-out zone, in (0, 1).
        confidence: Probability with which both promises hold together, in (0, 1).

    Example:
        >>> positives_needed(0.05), positives_needed(0.25)
        (72, 13)
    """
    return smallest_sample(rate=miss_rate, level=(1 - confidence) / 2)


def strictest_miss_rate(
    positives: int, *, loosest: float = LOOSEST_MISS_RATE, confidence: float = CONFIDENCE
) -> float:
    """The lowest miss rate that so many positives can show.

    Args:
        positives: Units with the finding.
        loosest: Is returned if they cannot show it either, in (0, 1).
        confidence: Probability with which both promises hold together, in (0, 1).

    Returns:
        In whole per cents, from `zones.MISS_RATE` to `loosest`.

    Example:
        >>> strictest_miss_rate(16), strictest_miss_rate(100), strictest_miss_rate(5)
        (0.21, 0.05, 0.25)
    """
    for rate in _per_cents(MISS_RATE, loosest):
        if positives_needed(rate, confidence=confidence) <= positives:
            return rate
    return loosest


def strictest_precision(
    positives: int,
    units: int,
    *,
    lowest: float = LOWEST_PRECISION,
    level: float = (1 - CONFIDENCE) / 2,
) -> float:
    """The highest precision that so many positives can show, all in the zone and nothing else.

    Args:
        positives: Units with the finding; of several classes, all units.
        units: All units.
        lowest: Is returned if they cannot show it either, in (0, 1).
        level: Of the tests, in (0, 1).

    Returns:
        In whole per cents, from `lowest` to `zones.PRECISION`.

    Example:
        >>> strictest_precision(50, 100), strictest_precision(16, 100)
        (0.9, 0.75)
    """
    for rate in _per_cents(round(1 - PRECISION, 12), round(1 - lowest, 12)):
        sizes = start_sizes(units, rate, level)
        if sizes and sizes[0] <= positives:
            return round(1 - rate, 2)
    return lowest


def _per_cents(first: float, last: float) -> list[float]:
    numbers = np.arange(round(100 * first), round(100 * last) + 1)
    return [round(float(one) / 100, 2) for one in numbers]
