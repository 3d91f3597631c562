"""How often readers, and the model, are right where the truth is known."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.core.reliance.figures import Figure, figure
from app.core.reliance.readings import Reading
from app.core.statistics.bootstrap import Interval, bootstrap_interval

# The class that is judged of a reading: before, after, or the model's.
Judged = Callable[[Reading], int | None]
# True class of each film, by its position in the worklist.
Truth = Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How often one answer is right.

    Attributes:
        right: Right answers among all.
        sensitivity: Of each class, in order: answers of it among films of it.
        specificity: Of each class: other answers among films of other classes.
    """

    right: Figure
    sensitivity: tuple[Figure, ...]
    specificity: tuple[Figure, ...]


def accuracy(
    readings: Sequence[Reading], truth: Truth, judged: Judged, *, num_classes: int
) -> Accuracy:
    """How often an answer is right.

    Args:
        readings: All with that answer and a film whose truth is known.
        truth: The true classes.
        judged: Which answer.
        num_classes: Number of classes.
    """

    def of_class(label: int, *, has: bool) -> Figure:
        among = (one for one in readings if (truth[one.item] == label) == has)
        return figure(among, lambda one: (judged(one) == label) == has)

    return Accuracy(
        figure(readings, lambda one: judged(one) == truth[one.item]),
        tuple(of_class(label, has=True) for label in range(num_classes)),
        tuple(of_class(label, has=False) for label in range(num_classes)),
    )


def gain(readings: Sequence[Reading], truth: Truth) -> Interval:
    """By how much the proportion of right answers is higher after the model than before.

    The interval is bootstrapped over films, so that readings of one film stay together.

    Args:
        readings: All with both answers and a film whose truth is known.
        truth: The true classes.
    """
    answers = np.array(
        [(one.before == truth[one.item], one.after == truth[one.item]) for one in readings],
        np.float64,
    ).reshape(-1, 2)
    films = np.array([one.item for one in readings], np.int64)

    def higher(_: NDArray[np.int64], right: NDArray[np.float64]) -> float:
        return float((right[:, 1] - right[:, 0]).mean()) if len(right) else float("nan")

    return bootstrap_interval(higher, np.zeros(len(films), np.int64), answers, groups=films)
