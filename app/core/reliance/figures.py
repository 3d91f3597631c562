"""Proportions of readings, with the readings behind each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from app.core.performance.proportions import ClusteredProportion
from app.core.reliance.readings import Reading
from app.core.statistics.metrics import Proportion


@dataclass(frozen=True, slots=True)
class Figure:
    """A proportion of readings, with those behind it.

    Attributes:
        proportion: Its interval is that of Wilson; where films were read by several readers, it is
            widened for that.
        counted: The readings that count, in order of films.
        others: The other readings of the denominator.
    """

    proportion: Proportion
    counted: tuple[Reading, ...]
    others: tuple[Reading, ...]


def figure(among: Iterable[Reading], counts: Callable[[Reading], bool]) -> Figure:
    """The proportion of readings that fulfil a condition.

    Args:
        among: The denominator.
        counts: Whether a reading counts.
    """
    counted: list[Reading] = []
    others: list[Reading] = []
    for one in among:
        (counted if counts(one) else others).append(one)
    return Figure(_proportion(counted, others), tuple(counted), tuple(others))


def _proportion(counted: Sequence[Reading], others: Sequence[Reading]) -> Proportion:
    films = [one.item for one in (*counted, *others)]
    if len(set(films)) == len(films):
        return Proportion(len(counted), len(films))
    successes = np.arange(len(films)) < len(counted)
    return ClusteredProportion.of(successes, np.array(films).astype(np.str_))
