"""What the page shows of an adaptation: where the labelled films lie, and what became worse."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.core.adaptation.adapt import Adapted
from app.core.adaptation.cropped_probes import CUT_REFUSED, REFUSED
from app.core.bundles.adaptation import Comparison
from app.core.statistics.metrics import Proportion
from app.core.statistics.recalibration import calibrated

_HIGHER_IS_BETTER = {
    "sensitivity", "specificity", "accuracy", "positive where ruled in", "right where clear",
    CUT_REFUSED,
}  # fmt: skip
_LOWER_IS_BETTER = {"positives ruled out", "calibration error", REFUSED}


@dataclass(frozen=True, slots=True)
class PlacedZone:
    """A zone and the labelled films in it.

    Attributes:
        name: Such as `ruled out`.
        low: Its lower edge, in [0, 1].
        high: Its upper edge, in [0, 1].
        films: How many of all labelled films lie in it.
    """

    name: str
    low: float
    high: float
    films: Proportion


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """The labelled films along the probability.

    Attributes:
        groups: Name of each group of films, and their probabilities in [0, 1], `(num_films,)`: by
            truth with two classes, by whether the prediction is right with more.
        zones: From the lowest; one that is empty for want of films is not among them.
        axis: What the probability is of.
    """

    groups: tuple[tuple[str, NDArray[np.float64]], ...]
    zones: tuple[PlacedZone, ...]
    axis: str


def place_films(adapted: Adapted) -> Placed:
    """Where the labelled films lie with the new calibration, and which zone they are in.

    Args:
        adapted: What was fitted.
    """
    films, decision = adapted.films, adapted.fitted.decision
    task, thresholds = adapted.bundle.manifest.task, decision.thresholds
    probabilities = calibrated(films.logits, decision.calibration)
    if task.binary:
        score = probabilities[:, 1]
        truth = films.labels == 1
        words = [task.display_name(name) for name in task.classes]
        groups = ((words[1], score[truth]), (words[0], score[~truth]))
        names, axis = ("ruled out", "to be read", "ruled in"), f"Probability of {words[1]}"
    else:
        score = probabilities.max(axis=1)
        right = probabilities.argmax(axis=1) == films.labels
        groups = (("predicted rightly", score[right]), ("predicted wrongly", score[~right]))
        names, axis = ("", "to be read", "clear"), "Probability of the predicted class"
    low = thresholds.uncertain_low if task.binary and thresholds.rules_out else 0.0
    high = thresholds.uncertain_high if thresholds.rules_in else 1.0
    below = score < low
    above = (score >= high) if thresholds.rules_in else np.zeros(len(score), bool)
    zones = [PlacedZone(names[1], low, high, _share(~below & ~above))]
    if low > 0:
        zones.insert(0, PlacedZone(names[0], 0.0, low, _share(below)))
    if thresholds.rules_in:
        zones.append(PlacedZone(names[2], high, 1.0, _share(above)))
    return Placed(groups, tuple(zones), axis)


def change(comparison: Comparison) -> str:
    """`better`, `worse` or `the same`; empty for a share of the work, which is neither.

    Args:
        comparison: A figure before and after.
    """
    before, after = comparison.before.value, comparison.after.value
    directed = comparison.name in _HIGHER_IS_BETTER | _LOWER_IS_BETTER
    if not directed or before is None or after is None:
        return ""
    gain = after - before if comparison.name in _HIGHER_IS_BETTER else before - after
    return "the same" if abs(gain) < 5e-4 else "better" if gain > 0 else "worse"


def _share(inside: NDArray[np.bool_]) -> Proportion:
    return Proportion(int(inside.sum()), len(inside))
