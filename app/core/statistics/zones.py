"""Zones in which a model may be relied on, with a guarantee that is exact for any sample size.

Three zones of the probability of the positive class:

- **rule-out**, below the lower edge: at most a stated proportion of the positives falls into it;
- **rule-in**, from the upper edge on: at least a stated proportion of its films is positive;
- the rest, which has to be read.

With a stated confidence, both promises hold together for new films from where the labelled ones
came from; each zone gets half of what is left for error (Bonferroni).

How far each zone reaches is found in `zone_edges`.

Films of a patient are not independent. One film of each patient, drawn with a seed, is counted:
among the positives for rule-out, among all for rule-in. The miss rate is then that of a random
positive film of a random patient.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from app.core.bundles.guarantee import Guarantee, Unit
from app.core.statistics.labels import binary_probabilities, require_same_length
from app.core.statistics.zone_edges import rule_in_edge, rule_out_edge

CONFIDENCE = 0.95
MISS_RATE = 0.05
PRECISION = 0.90


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
    low, rule_out = rule_out_edge(
        score, drawn_positives, decision=decision, rate=miss_rate, level=level / 2
    )
    high, rule_in = rule_in_edge(
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
    high, clear = rule_in_edge(
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
