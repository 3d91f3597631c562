"""Whether two samples of films differ, and how much: tests with an effect size between 0 and 1.

References:
    - Székely and Rizzo, Energy statistics: a class of statistics based on distances (2013): the
      coefficient of inhomogeneity, https://doi.org/10.1016/j.jspi.2013.03.018
    - Holm, A simple sequentially rejective multiple test procedure (1979)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

# The smallest p that permutations can give is 1 in this many, and one more.
_PERMUTATIONS = 1999
# Pairs of films up to which the gap of two distributions is tested exactly.
_MOST_EXACT = 2500
# Permutations that are computed at a time, to bound the memory.
_AT_A_TIME = 250


def kolmogorov_smirnov(
    first: NDArray[np.floating[Any]], second: NDArray[np.floating[Any]]
) -> tuple[float, float]:
    """The largest gap between two cumulative distributions.

    Args:
        first: Figures of one sample, `(n,)`.
        second: Figures of the other, `(m,)`.

    Returns:
        The gap, from 0 to 1, and its p.
    """
    from scipy.stats import ks_2samp

    # With more films, SciPy cannot count all orders, and says so in a warning.
    is_small = len(first) * len(second) <= _MOST_EXACT
    found = ks_2samp(first, second, method="exact" if is_small else "asymp")
    return float(found.statistic), float(found.pvalue)


def energy(
    first: NDArray[np.floating[Any]], second: NDArray[np.floating[Any]], *, seed: int = 0
) -> tuple[float, float]:
    """How far apart two samples of points are, next to how far their points are from each other.

    Args:
        first: Points of one sample, `(n, k)` with n of 2 or more.
        second: Points of the other, `(m, k)` with m of 2 or more.
        seed: Of the permutations.

    Returns:
        The share of the mean distance between a point of each that is due to the difference of
        the samples, about 0 if they are alike and 1 if each is one point; and its p by permutation.
    """
    from scipy.spatial.distance import cdist
    from scipy.stats import permutation_test

    points = np.concatenate([first, second]).astype(np.float64)
    between = cdist(points, points)

    def effect(_: NDArray[np.int64], other: NDArray[np.int64], axis: int) -> Any:
        """Of samples by the places of their points, along the last axis, as SciPy asks for it."""
        is_second = np.zeros((*other.shape[:-1], len(points)))
        np.put_along_axis(is_second, other, 1.0, axis=axis)
        return inhomogeneity(between, is_second)

    places = np.arange(len(points))
    found = permutation_test(
        (places[: len(first)], places[len(first) :]),
        effect,
        vectorized=True,
        n_resamples=_PERMUTATIONS,
        batch=_AT_A_TIME,
        alternative="greater",
        rng=np.random.default_rng(seed),
    )
    return max(0.0, float(found.statistic)), float(found.pvalue)


def inhomogeneity(
    between: NDArray[np.float64], is_second: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The effect of `energy` for many divisions of the same points.

    Args:
        between: Distances of all points from each other, `(n, n)`.
        is_second: 1 for a point of the second sample, else 0, `(..., n)`; 2 or more of each.

    Returns:
        `(...)`, between about 0 and 1.
    """
    num_second = is_second.sum(axis=-1)
    num_first = len(between) - num_second
    reached = is_second @ between
    within_second = (reached * is_second).sum(axis=-1)
    across = (reached * (1 - is_second)).sum(axis=-1)
    within_first = between.sum() - within_second - 2 * across
    apart = across / (num_first * num_second)
    alike = within_first / (num_first * (num_first - 1))
    alike += within_second / (num_second * (num_second - 1))
    # Of points that all lie in one place nothing is apart.
    found: NDArray[np.float64] = np.divide(
        2 * apart - alike, 2 * apart, out=np.zeros_like(apart), where=apart > 0
    )
    return found


def proportions(first: Sequence[int], second: Sequence[int]) -> tuple[float, float]:
    """Whether two samples are divided into the same proportions.

    Args:
        first: How many of one sample are of each kind, two kinds or more.
        second: The same of the other.

    Returns:
        The share of films that would have to be of another kind for the proportions to be equal,
        from 0 to 1 (with two kinds, the difference of the proportions); and its p, exact with two.
    """
    from scipy.stats import chi2_contingency, fisher_exact

    counts = np.array([first, second], np.int64)
    counts = counts[:, counts.sum(axis=0) > 0]
    if counts.shape[1] < 2 or not counts.sum(axis=1).all():
        return 0.0, 1.0
    of_each = counts / counts.sum(axis=1, keepdims=True)
    moved = float(np.abs(of_each[0] - of_each[1]).sum() / 2)
    if counts.shape[1] == 2:
        return moved, float(fisher_exact(counts).pvalue)
    return moved, float(chi2_contingency(counts).pvalue)


def holm(p_values: Sequence[float]) -> list[float]:
    """Corrects p for how many tests there are: all together alarm falsely no more often than one.

    Args:
        p_values: Of each test.

    Example:
        >>> holm([0.03, 0.01, 0.04])
        [0.06, 0.03, 0.06]
    """
    order = np.argsort(p_values, kind="stable")
    corrected, highest = [0.0] * len(order), 0.0
    for rank, place in enumerate(order):
        highest = max(highest, min(1.0, p_values[place] * (len(order) - rank)))
        corrected[int(place)] = highest
    return corrected
