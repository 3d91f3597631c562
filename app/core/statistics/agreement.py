"""Agreement between two readers beyond chance: Cohen's kappa and Gwet's AC1.

Kappa falls towards 0 where nearly all films are of one class, however well the readers agree; AC1
does not, so both are given. Classes are taken as names without an order, so nothing is weighted.

Reference:
    - Cohen (1960), A Coefficient of Agreement for Nominal Scales,
      https://doi.org/10.1177/001316446002000104
    - Fleiss, Cohen and Everitt (1969), Large sample standard errors of kappa and weighted kappa,
      https://doi.org/10.1037/h0028106
    - Gwet (2008), Computing inter-rater reliability and its variance in the presence of high
      agreement, https://doi.org/10.1348/000711006X126600
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, nan, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray

from app.core.statistics.metrics import Z_95, Proportion, confusion_matrix


@dataclass(frozen=True, slots=True)
class Coefficient:
    """A coefficient of agreement with its 95 % interval.

    Attributes:
        value: 1 for full agreement, 0 for as much as by chance; NaN where it is not defined.
        standard_error: Of large samples; NaN where the value is.
        num_films: Films that both judged.
    """

    value: float
    standard_error: float
    num_films: int

    @property
    def degenerate(self) -> bool:
        """Whether the films show no variation to work out an interval from."""
        return not isfinite(self.standard_error) or self.standard_error < 1e-6

    def interval(self) -> tuple[float, float]:
        """95 % interval within [-1, 1], or (NaN, NaN) if it is degenerate."""
        if self.degenerate:
            return nan, nan
        half = Z_95 * self.standard_error
        return max(-1.0, self.value - half), min(1.0, self.value + half)


@dataclass(frozen=True, slots=True, eq=False)
class Agreement:
    """How far two readers agree on the films that both judged.

    Attributes:
        table: Counts, `(num_classes, num_classes)`; rows are the first reader's classes, columns
            the second's.
        raw: Films of the same class by both, among all.
        kappa: Cohen's kappa; not defined if both see one class only, or there are no films.
        ac1: Gwet's AC1; not defined without films.
    """

    table: NDArray[np.int64]
    raw: Proportion
    kappa: Coefficient
    ac1: Coefficient


def agreement(first: ArrayLike, second: ArrayLike, *, num_classes: int) -> Agreement:
    """The agreement of two readers.

    Args:
        first: Classes by the first reader, shape `(num_films,)`, integers in [0, num_classes).
        second: Classes by the second reader, same shape and range.
        num_classes: Number of classes, at least 2, including those that nobody chose.

    Raises:
        ValueError: If the arrays differ in shape or hold anything but class indices.

    Example:
        >>> found = agreement([0, 0, 1, 1], [0, 0, 1, 0], num_classes=2)
        >>> found.raw, found.kappa.value
        (Proportion(successes=3, total=4), 0.5)
    """
    table = confusion_matrix(first, second, num_classes=num_classes)
    films = int(table.sum())
    raw = Proportion(int(np.trace(table)), films)
    if not films:
        none = Coefficient(nan, nan, 0)
        return Agreement(table, raw, none, none)
    shares = table / films
    return Agreement(table, raw, _kappa(shares, films), _ac1(shares, films))


def _kappa(shares: NDArray[np.float64], films: int) -> Coefficient:
    """Cohen's kappa; its variance is equation 13 of Fleiss, Cohen and Everitt."""
    rows, columns = shares.sum(axis=1), shares.sum(axis=0)
    observed, expected = float(np.trace(shares)), float(rows @ columns)
    if 1 - expected < 1e-12:
        return Coefficient(nan, nan, films)
    same = (1 - expected) - (rows + columns) * (1 - observed)
    crossed = (1 - observed) ** 2 * (columns[:, np.newaxis] + rows) ** 2
    np.fill_diagonal(crossed, same**2)
    spread = (shares * crossed).sum() - (observed * expected - 2 * expected + observed) ** 2
    variance = max(float(spread), 0.0) / (films * (1 - expected) ** 4)
    return Coefficient((observed - expected) / (1 - expected), sqrt(variance), films)


def _ac1(shares: NDArray[np.float64], films: int) -> Coefficient:
    """Gwet's AC1; its variance is that of his paper for two readers."""
    others = len(shares) - 1
    mean = (shares.sum(axis=1) + shares.sum(axis=0)) / 2
    observed, expected = float(np.trace(shares)), float((mean * (1 - mean)).sum() / others)
    value = (observed - expected) / (1 - expected)
    pairs = 1 - (mean[:, np.newaxis] + mean) / 2
    deviations = np.eye(len(shares)) - 2 * (1 - value) * pairs / others
    spread = (shares * deviations**2).sum() - (observed - 2 * (1 - value) * expected) ** 2
    variance = max(float(spread), 0.0) / (films * (1 - expected) ** 2)
    return Coefficient(value, sqrt(variance), films)
