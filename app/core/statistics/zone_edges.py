"""How far a zone reaches: the edge of the probability that exact tests on labelled films show.

The miss rate rises with the lower edge. So the edge may be the (k + 1)th lowest probability among
the n positives if at most k of n would be missed with a probability of at most the level (Wilks);
no correction for the choice of the edge is due. The precision need not rise with the upper edge.
Its tests begin at several sizes of the zone, fixed by the number of films alone, and share the
level (Bonferroni). From each that passes, the zone is enlarged film by film until a test fails
(fixed sequence; exact where a higher probability never means a lower chance of being positive).

A bound of what is found in a zone must hold though the films chose its edge. Below the lower edge
it does: the number of errors is fixed by the number of positives before any is seen, and the miss
rate below the (k + 1)th of n lowest has a beta distribution, whose quantile is the exact binomial
bound. Where the edge is the decision threshold, fewer errors have the bound of that fixed edge, and
both fail together no more often than one. Above the upper edge, the errors and the size of the zone
are those at which the tests happened to stop, so the promise itself is all that is shown.

Reference:
    - Wilks (1941), Determination of Sample Sizes for Setting Tolerance Limits,
      https://doi.org/10.1214/aoms/1177731788
    - Angelopoulos et al. (2021), Learn then Test: Calibrating Predictive Algorithms to Achieve
      Risk Control, https://arxiv.org/abs/2110.01052
"""

from __future__ import annotations

from functools import lru_cache
from math import ceil

import numpy as np
from numpy.typing import NDArray

from app.core.bundles.guarantee import ZonePromise
from app.core.statistics.exact_tests import errors_allowed, smallest_sample, upper_bound

# More films in a zone than this are not asked for.
_LARGEST_ZONE = 10_000


def rule_out_edge(
    score: NDArray[np.float64],
    positives: NDArray[np.int64],
    *,
    decision: float,
    rate: float,
    level: float,
) -> tuple[float, ZonePromise]:
    """The highest lower edge below which few positives lie, and its promise.

    Args:
        score: Probability of the positive class of each film, `(num_films,)`.
        positives: Positions of the positive films that count, one of each unit,
            `(num_positive_units,)`.
        decision: The edge does not lie above it.
        rate: Highest proportion of the positives in the zone, in (0, 1).
        level: Of the test, in (0, 1).

    Returns:
        The edge, 0 if there is no zone; and the promise, whose `more` counts positives.
    """
    found, number = np.sort(score[positives]), len(positives)
    allowed = int(errors_allowed(number, rate=rate, level=level))
    if allowed < 0:
        lacking = smallest_sample(rate=rate, level=level) - number
        promise = ZonePromise(
            promised=rate, found=False, errors=0, of=number, bound=1.0, inside=0, more=lacking
        )
        return 0.0, promise
    edge = min(_below(score, float(found[allowed])), decision)
    errors = int((found < edge).sum())
    bound = upper_bound(errors, number, level=level)
    return edge, ZonePromise(
        promised=rate, found=True, errors=errors, of=number, bound=bound, inside=0
    )


def rule_in_edge(
    is_error: NDArray[np.bool_],
    score: NDArray[np.float64],
    *,
    lowest: float,
    rate: float,
    level: float,
) -> tuple[float, ZonePromise]:
    """The lowest edge at or above `lowest` from which on errors are rare, and its promise.

    Args:
        is_error: Whether each film that counts would be wrong in the zone, `(num_units,)`.
        score: Its probability, `(num_units,)`.
        lowest: The edge does not lie below it.
        rate: Highest proportion of errors in the zone, in (0, 1).
        level: Of all tests together, in (0, 1).

    Returns:
        The edge, 1 if there is no zone; and the promise.
    """
    order = np.argsort(-score, kind="stable")
    ranked = score[order]
    errors = np.cumsum(is_error[order], dtype=np.int64)
    # A zone ends between two different scores.
    ends = np.flatnonzero(np.append(ranked[1:] < ranked[:-1], True)) if len(ranked) else order
    starts = start_sizes(len(ranked), rate, level)
    level_of_each = level / max(len(starts), 1)
    sizes = ends + 1
    passes = errors[ends] <= errors_allowed(sizes, rate=rate, level=level_of_each)
    best = -1
    for start in starts:
        first = int(np.searchsorted(sizes, start))
        failing = np.flatnonzero(~passes[first:])
        last = first + (int(failing[0]) if len(failing) else len(passes) - first) - 1
        best = max(best, last if last >= first else -1)
    edge = max(_below(ranked, float(ranked[ends[best]])), lowest) if best >= 0 else 1.0
    inside = ranked >= edge
    if best < 0 or not inside.any():
        more = _lacking(errors[ends], sizes, len(ranked), rate, level_of_each)
        promise = ZonePromise(
            promised=rate, found=False, errors=0, of=0, bound=1.0, inside=0, more=more
        )
        return 1.0, promise
    number, wrong = int(inside.sum()), int(is_error[order][inside].sum())
    # A bound of these counts would take no account of how the edge was chosen.
    return edge, ZonePromise(
        promised=rate, found=True, errors=wrong, of=number, bound=rate, inside=number
    )


def start_sizes(number: int, rate: float, level: float) -> list[int]:
    """Sizes of a zone at which its tests begin: the smallest that can pass, doubled again.

    Args:
        number: Of all units; no zone is larger.
        rate: Highest proportion of errors in the zone, in (0, 1).
        level: Of all tests together, in (0, 1).

    Returns:
        Ascending; empty if no zone of so few units can pass.
    """
    starts: list[int] = []
    while True:
        first = smallest_sample(rate=rate, level=level / (len(starts) + 1))
        longer = [first * 2**step for step in range(len(starts) + 1)]
        if longer[-1] > number:
            return starts
        starts = longer


def _lacking(
    errors: NDArray[np.int64], sizes: NDArray[np.int64], number: int, rate: float, level: float
) -> int | None:
    """How many more units would show a zone, if errors stay as frequent as they are."""
    if not number:
        return smallest_sample(rate=rate, level=level)
    passing = _passing(rate, level)
    observed = errors / sizes
    enough = observed[:, np.newaxis] * passing <= np.arange(len(passing))
    reachable = enough.any(axis=1)
    if not reachable.any():
        return None
    zones = passing[enough[reachable].argmax(axis=1)]
    return max(ceil(float((number * zones / sizes[reachable]).min())) - number, 1)


@lru_cache(maxsize=16)
def _passing(rate: float, level: float) -> NDArray[np.int64]:
    """The smallest zone that passes with 0, 1, 2, ... errors."""
    allowed = errors_allowed(np.arange(_LARGEST_ZONE + 1), rate=rate, level=level)
    return np.searchsorted(allowed, np.arange(allowed[-1] + 1))


def _below(score: NDArray[np.float64], edge: float) -> float:
    """The middle between a score and the next lower one; the score itself if there is none."""
    lower = score[score < edge]
    if not len(lower):
        return edge
    below = float(lower.max())
    middle = below + (edge - below) / 2
    return middle if middle > below else edge
