"""Exact binomial tests that errors are rare: how many may be found, and how rare they then are.

Reference:
    - Clopper and Pearson (1934), The Use of Confidence or Fiducial Limits Illustrated in the Case
      of the Binomial, https://doi.org/10.1093/biomet/26.4.404
"""

from __future__ import annotations

from math import ceil, log, log1p

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import bdtr, bdtri


def errors_allowed(sizes: ArrayLike, *, rate: float, level: float) -> NDArray[np.int64]:
    """The most errors with which a sample still shows that errors are rarer than a rate.

    The null hypothesis, that errors are at least as frequent as `rate`, is rejected if so few
    errors as were found have a probability of at most `level` under it.

    Args:
        sizes: Numbers of independent cases, at least 0, any shape `(...)`.
        rate: The highest proportion of errors that is allowed, in (0, 1).
        level: Level of the test, in (0, 1).

    Returns:
        Numbers of errors, same shape; -1 where even none would show nothing.

    Raises:
        ValueError: If `rate` or `level` is not in (0, 1).

    Example:
        >>> errors_allowed([58, 59, 93], rate=0.05, level=0.05).tolist()
        [-1, 0, 1]
    """
    _require_inside(rate=rate, level=level)
    number = np.asarray(sizes, dtype=np.int64)
    # Bisection: `few` errors show it, or are -1, and `many` do not.
    few, many = np.full(number.shape, -1), number + 0
    while (many - few > 1).any():
        middle = (few + many) // 2
        is_shown = bdtr(middle.clip(0).astype(np.float64), number.clip(1), rate) <= level
        few = np.where(is_shown & (many - few > 1), middle, few)
        many = np.where(~is_shown & (many - few > 1), middle, many)
    return np.asarray(few, np.int64)


def upper_bound(errors: int, size: int, *, level: float) -> float:
    """One-sided Clopper-Pearson upper bound of a proportion, in [0, 1]; 1 without cases.

    Args:
        errors: The number of errors found, from 0 to `size`.
        size: The number of independent cases.
        level: The bound is exceeded with a probability of at most this, in (0, 1).

    Raises:
        ValueError: If `level` is not in (0, 1), or `errors` not from 0 to `size`.

    Example:
        >>> round(upper_bound(0, 59, level=0.05), 4)
        0.0495
    """
    _require_inside(level=level)
    if not 0 <= errors <= size:
        raise ValueError(
            f"`errors` must be from 0 to `size`. Received errors={errors}, size={size}."
        )
    return 1.0 if errors == size else float(bdtri(errors, size, level))


def smallest_sample(*, rate: float, level: float) -> int:
    """The smallest sample that, without a single error, shows errors to be rarer than a rate.

    Args:
        rate: The highest proportion of errors that is allowed, in (0, 1).
        level: Level of the test, in (0, 1).

    Raises:
        ValueError: If `rate` or `level` is not in (0, 1).

    Example:
        >>> smallest_sample(rate=0.05, level=0.05)
        59
    """
    _require_inside(rate=rate, level=level)
    # Below a rounding error of the logarithms, the power itself decides.
    size = max(1, ceil(log(level) / log1p(-rate)) - 1)
    while (1 - rate) ** size > level:
        size += 1
    return size


def _require_inside(**values: float) -> None:
    for name, value in values.items():
        if not 0 < value < 1:
            raise ValueError(f"`{name}` must be between 0 and 1. Received {name}={value}.")
