"""Zones in which a model may be relied on, with a guarantee that is exact for any sample size.

Three zones of the probability of the positive class:

- **rule-out**, below the lower edge: at most a stated proportion of the positives falls into it;
- **rule-in**, from the upper edge on: at least a stated proportion of its films is positive;
- the rest, which has to be read.

With a stated confidence, both promises hold together for new films from where the labelled ones
came from; each zone gets half of what is left for error (Bonferroni).

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

Films of a patient are not independent. One film of each patient, drawn with a seed, is counted:
among the positives for rule-out, among all for rule-in. The miss rate is then that of a random
positive film of a random patient.

Reference:
    - Wilks (1941), Determination of Sample Sizes for Setting Tolerance Limits,
      https://doi.org/10.1214/aoms/1177731788
    - Angelopoulos et al. (2021), Learn then Test: Calibrating Predictive Algorithms to Achieve
      Risk Control, https://arxiv.org/abs/2110.01052
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import ceil
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from app.core.bundles.guarantee import Guarantee, Unit, ZonePromise
from app.core.statistics.exact_tests import errors_allowed, smallest_sample, upper_bound
from app.core.statistics.labels import binary_probabilities, require_same_length

CONFIDENCE = 0.95
MISS_RATE = 0.05
PRECISION = 0.90
# More films in a zone than this are not asked for.
_LARGEST_ZONE = 10_000


class Units(NamedTuple):
    """Which films belong together, and are counted once.

    Attributes:
        names: Patient or group of each film, `(num_films,)`.
        kind: What `names` are.
    """

    names: Sequence[str] | NDArray[np.str_]
    kind: Unit = "patient"


@dataclass(frozen=True, slots=True)
class Zones:
    """Both edges, as probabilities in [0, 1], and what they promise.

    Attributes:
        low: Films with a probability below it are ruled out; 0 if there is no such zone.
        high: Films with a probability of at least this are ruled in; 1 if there is no such zone,
            see `Guarantee.rule_in`.
        guarantee: Promises and counts.
    """

    low: float
    high: float
    guarantee: Guarantee


def find_zones(
    y_true: ArrayLike,
    y_score: ArrayLike,
    *,
    decision: float,
    miss_rate: float = MISS_RATE,
    precision: float = PRECISION,
    confidence: float = CONFIDENCE,
    units: Units | None = None,
    seed: int = 0,
) -> Zones:
    """Finds the largest zones whose promises labelled films show.

    Args:
        y_true: Reference labels, shape `(num_films,)`, 0 or 1.
        y_score: Probabilities of the positive class, shape `(num_films,)`, in [0, 1].
        decision: The decision threshold, in [0, 1]; no zone reaches across it.
        miss_rate: Highest proportion of the positives in the rule-out zone, in (0, 1).
        precision: Lowest proportion of positives in the rule-in zone, in (0, 1).
        confidence: Probability with which both promises hold together, in (0, 1).
        units: Which films belong together; None if all are independent.
        seed: Draws the film of each unit.

    Raises:
        ValueError: If arrays differ in length, or a value is out of range.

    Example:
        >>> scores = np.linspace(0.01, 0.99, 400)
        >>> zones = find_zones(scores > 0.5, scores, decision=0.5)
        >>> zones.guarantee.rule_out.errors, zones.guarantee.rule_out.of
        (0, 200)
    """
    positive, score = binary_probabilities(y_true, y_score)
    level = _level(confidence)
    drawn, drawn_positives = _one_of_each(positive, units, seed)
    low, rule_out = _rule_out(
        score, drawn_positives, decision=decision, rate=miss_rate, level=level / 2
    )
    high, rule_in = _largest_zone(
        ~positive[drawn],
        score[drawn],
        lowest=decision,
        rate=round(1 - precision, 12),
        level=level / 2,
    )
    num_positive = int(positive[drawn].sum())
    ruled_out = score[drawn] < low
    if not rule_out.found and rule_out.more is not None:
        per_positive = len(drawn) / max(num_positive, 1)
        more = ceil(rule_out.more * per_positive) if num_positive else None
        rule_out = rule_out.model_copy(update={"more": more})
    return Zones(
        low=low,
        high=high,
        guarantee=Guarantee(
            confidence=confidence,
            units=len(drawn),
            unit=units.kind if units else "film",
            positives=num_positive,
            rule_out=rule_out.model_copy(update={"inside": int(ruled_out.sum())}),
            rule_in=rule_in,
            missed=int((ruled_out & positive[drawn]).sum()),
        ),
    )


def find_clear_zone(
    correct: ArrayLike,
    probability: ArrayLike,
    *,
    error_rate: float,
    confidence: float = CONFIDENCE,
    units: Units | None = None,
    seed: int = 0,
) -> Zones:
    """Finds the probability of the likeliest class from which on few predictions are wrong.

    For more than two classes (selective classification).

    Args:
        correct: Whether each prediction is, shape `(num_films,)`, 0 or 1.
        probability: Of the predicted class, shape `(num_films,)`, in [0, 1].
        error_rate: Highest proportion of errors among the films in the zone, in (0, 1).
        confidence: Probability with which the promise holds, in (0, 1).
        units: Which films belong together; None if all are independent.
        seed: Draws the film of each unit.

    Raises:
        ValueError: If arrays differ in length, or a value is out of range.
    """
    right, score = binary_probabilities(correct, probability, name="probability")
    drawn, _ = _one_of_each(right, units, seed)
    high, clear = _largest_zone(
        ~right[drawn], score[drawn], lowest=0.0, rate=error_rate, level=_level(confidence)
    )
    return Zones(
        low=0.0,
        high=high,
        guarantee=Guarantee(
            confidence=confidence,
            units=len(drawn),
            unit=units.kind if units else "film",
            positives=int(right[drawn].sum()),
            rule_in=clear,
        ),
    )


def in_every_view(zones: Sequence[Zones]) -> Zones:
    """The zones that hold for each of several views of the same films.

    Each edge, with its promise and counts, is that of the view in which its zone is smallest.

    Args:
        zones: Those of each view, at least one.
    """
    lowest = min(zones, key=lambda one: one.low)
    highest = min(zones, key=lambda one: (one.guarantee.rule_in.found, -one.high))
    guarantee = lowest.guarantee.model_copy(
        update={"rule_in": highest.guarantee.rule_in, "views": len(zones)}
    )
    return Zones(low=lowest.low, high=highest.high, guarantee=guarantee)


def _level(confidence: float) -> float:
    if not 0 < confidence < 1:
        raise ValueError(f"`confidence` must be between 0 and 1. Received {confidence}.")
    return 1 - confidence


def _one_of_each(
    positive: NDArray[np.bool_], units: Units | None, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Positions of one film of each unit: among all films, and among the positive ones."""
    names = np.arange(len(positive)) if units is None else np.asarray(units.names)
    require_same_length(positive, names, names="labels and `units`")
    order = np.random.default_rng(seed).permutation(len(positive))
    with_finding = order[positive[order]]
    return (
        np.sort(order[np.unique(names[order], return_index=True)[1]]),
        np.sort(with_finding[np.unique(names[with_finding], return_index=True)[1]]),
    )


def _rule_out(
    score: NDArray[np.float64],
    positives: NDArray[np.int64],
    *,
    decision: float,
    rate: float,
    level: float,
) -> tuple[float, ZonePromise]:
    """The lower edge, and its promise; `more` counts positives."""
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


def _largest_zone(
    is_error: NDArray[np.bool_],
    score: NDArray[np.float64],
    *,
    lowest: float,
    rate: float,
    level: float,
) -> tuple[float, ZonePromise]:
    """The lowest edge at or above `lowest` from which on errors are rare, and its promise."""
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
