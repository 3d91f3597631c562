"""Chooses decision thresholds, zones and the scale of heatmaps on validation films."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from app.core.bundles.decision_rule import Thresholds
from app.core.statistics.exact_tests import smallest_sample
from app.core.statistics.zones import (
    CONFIDENCE,
    Units,
    Zones,
    find_clear_zone,
    find_zones,
    in_every_view,
)
from model_training.statistics.threshold_rules import decide, parse_rule

# What a zone may promise at best: the proportion of positives that it misses, or of its films that
# are not of the predicted class.
ERROR_RATES = (0.02, 0.05, 0.10)
_LEVEL = 1 - CONFIDENCE
# Shares of the level that the strictest promise of a clear zone gets, and the next strictest.
_SHARES = (0.6, 0.4)


def choose_thresholds(
    probabilities: NDArray[np.float64],
    labels: NDArray[np.int64],
    *,
    rule: str = "balanced",
    num_views: int = 1,
    units: Units | None = None,
) -> Thresholds:
    """Chooses the decision threshold and the edges of the zones on validation films.

    With two classes, a rule sets the threshold, and `zones.find_zones` the zones in which a film
    is clearly negative or positive. With more classes, the most likely class is predicted, and
    `zones.find_clear_zone` says from which probability on it is clear; the rule has no effect.

    They promise the strictest of `ERROR_RATES` that so many films can show. This is chosen by
    the number of films alone, so that it does not weaken the tests; see `validation_zones`. With
    more than two classes, a part of the level is kept for the next one, which is promised if the
    strictest is not shown.

    Args:
        probabilities: Calibrated, in [0, 1], `(num_views * num_films, num_classes)`.
        labels: Class indices, `(num_views * num_films,)`.
        rule: As parsed by `model_training.statistics.threshold_rules.parse_rule`.
        num_views: Number of views of the same films, one after the other. A required
            sensitivity, and the promise of a zone, must then be shown in each of them.
        units: Which of the films belong together; None if all are independent.

    Raises:
        ValueError: If there is no such rule.
    """
    parsed = parse_rule(rule)
    views = list(zip(np.split(labels, num_views), np.split(probabilities, num_views), strict=True))
    if probabilities.shape[1] == 2:
        decision, description = decide(labels, probabilities[:, 1], rule=parsed)
        if num_views > 1:
            if parsed.name == "sensitivity":
                decision, description = min(
                    decide(truth, view[:, 1], rule=parsed) for truth, view in views
                )
            description = f"{description}, on {num_views} views of each film"
    else:
        decision, description = 0.0, "the most likely class"
    zones = validation_zones(views, decision=decision, units=units)
    return Thresholds(
        decision=decision,
        uncertain_low=zones.low,
        uncertain_high=zones.high,
        rule=description,
        chosen_on="validation",
        guarantee=zones.guarantee,
    )


def validation_zones(
    views: Sequence[tuple[NDArray[np.int64], NDArray[np.float64]]],
    *,
    decision: float,
    units: Units | None,
) -> Zones:
    """The zones of validation films, with the strictest promise that so many films can show.

    Args:
        views: Labels `(num_films,)` and probabilities `(num_films, num_classes)` in each view.
        decision: The decision threshold, in [0, 1]; without effect with more than two classes.
        units: Which of the films belong together; None if all are independent.
    """
    labels, probabilities = views[0]
    if probabilities.shape[1] > 2:
        return _clear_zone(views, units)
    allowed = _strictest(labels == 1, units, level=_LEVEL / 2)
    return in_every_view(
        [
            find_zones(
                truth,
                view[:, 1],
                decision=decision,
                miss_rate=allowed,
                precision=1 - allowed,
                confidence=CONFIDENCE,
                units=units,
            )
            for truth, view in views
        ]
    )


def _clear_zone(
    views: Sequence[tuple[NDArray[np.int64], NDArray[np.float64]]], units: Units | None
) -> Zones:
    """The clear zone of the strictest promise that is shown, of two that share the level.

    Whether errors are rare enough for the strictest depends on the network as well as on the number
    of films, so the next one is tested too. Bonferroni's correction makes up for the choice.
    """
    strictest = _strictest(np.ones(len(views[0][0]), bool), units, level=_LEVEL)
    rates = [rate for rate in ERROR_RATES if rate >= strictest][: len(_SHARES)]
    shares = _SHARES if len(rates) == len(_SHARES) else (1.0,)
    found = [
        in_every_view(
            [
                find_clear_zone(
                    view.argmax(axis=1) == truth,
                    view.max(axis=1),
                    error_rate=rate,
                    confidence=1 - share * _LEVEL,
                    units=units,
                )
                for truth, view in views
            ]
        )
        for rate, share in zip(rates, shares, strict=True)
    ]
    zones = next((one for one in found if one.guarantee.rule_in.found), found[-1])
    guarantee = zones.guarantee.model_copy(update={"confidence": CONFIDENCE})
    return replace(zones, guarantee=guarantee)


def _strictest(counted: NDArray[np.bool_], units: Units | None, *, level: float) -> float:
    """The lowest of the error rates that can be shown with about half of the films that count."""
    number = int(counted.sum())
    if units is not None:
        number = len(np.unique(np.asarray(units.names)[counted]))
    shown = [rate for rate in ERROR_RATES if number >= 2 * smallest_sample(rate=rate, level=level)]
    return shown[0] if shown else ERROR_RATES[-1]


def heatmap_scale(evidence: NDArray[np.float32]) -> float:
    """Evidence at the top of the colour scale, exceeded by the peaks of 5 % of the films.

    Args:
        evidence: Heatmaps of validation films for their predicted class (with two classes, of
            those predicted positive only), in logits, `(num_films, rows, columns)`.
    """
    if not len(evidence):
        return 1.0
    peaks = evidence.reshape(len(evidence), -1).max(axis=1)
    return max(float(np.quantile(peaks, 0.95)), 1e-3)
