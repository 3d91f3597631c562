"""The ranges of image statistics in which the training films lay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from app.core.gate.image_statistics import NAMES

# The part of the training films within the range before it is widened.
QUANTILES = (0.005, 0.995)
# By how much of its own width a range is widened on each side. What is drawn on a film differs by
# chance less than exposure and resolution do from one hospital to the next.
WIDENING = 0.5
_NARROW = dict.fromkeys(("border", "frame", "line", "parts", "letters", "paper", "steps"), 0.25)
# A range is widened by at least this much, in the unit of the statistic: films of one size or one
# scanner have ranges of no width, and others that differ by less are no other kind of film.
_LEAST = {
    "size": 1.0, "aspect": 0.3, "mean": 0.05, "contrast": 0.02, "entropy": 0.5, "levels": 0.1,
    "black": 0.05, "white": 0.05, "sharpness": 0.3, "noise": 1.0, "blockiness": 0.5,
    "surround": 0.1, "symmetry": 0.1, "colour": 0.05, "border": 0.02, "frame": 0.1, "line": 0.1,
    "parts": 0.15, "letters": 0.3, "paper": 0.1, "steps": 0.05,
}  # fmt: skip
# Statistics have no range from fewer films: the quantiles would be the extremes of chance.
FEWEST_FILMS = 30

_KEYS = ("names", "low", "high", "num_films")


@dataclass(frozen=True, slots=True, eq=False)
class StatisticRanges:
    """Where each image statistic of the training films lay, widened.

    Attributes:
        low: Lower end of each, float32 `(len(NAMES),)`, in the order and units of `NAMES`.
        high: Upper end of each, the same shape.
        num_films: How many films they come from.
    """

    low: NDArray[np.float32]
    high: NDArray[np.float32]
    num_films: int

    @classmethod
    def from_films(cls, statistics: ArrayLike) -> StatisticRanges:
        """The ranges of the training films.

        Args:
            statistics: As returned by `image_statistics`, a row a film,
                `(num_films, len(NAMES))`.

        Raises:
            ValueError: If the shape is another, a figure is not finite, or there are fewer than
                `FEWEST_FILMS`.
        """
        rows = np.asarray(statistics, np.float64)
        if rows.ndim != 2 or rows.shape[1] != len(NAMES) or len(rows) < FEWEST_FILMS:
            raise ValueError(
                f"`statistics` must have {len(NAMES)} columns and at least {FEWEST_FILMS} rows. "
                f"Received the shape {rows.shape}."
            )
        if not np.isfinite(rows).all():
            raise ValueError("`statistics` must be finite.")
        low, high = np.quantile(rows, QUANTILES, axis=0)
        shares = [_NARROW.get(name, WIDENING) for name in NAMES]
        wider = np.maximum(shares * (high - low), [_LEAST[name] for name in NAMES])
        return cls((low - wider).astype(np.float32), (high + wider).astype(np.float32), len(rows))

    def range_of(self, name: str) -> tuple[float, float]:
        """Lower and upper end of one of `NAMES`, in its unit."""
        place = NAMES.index(name)
        return float(self.low[place]), float(self.high[place])

    def is_below(self, name: str, value: float) -> bool:
        """Whether a figure is below its range.

        Args:
            name: One of `NAMES`.
            value: The figure of a film, in its unit.
        """
        return value < self.range_of(name)[0]

    def is_above(self, name: str, value: float) -> bool:
        """Whether a figure is above its range.

        Args:
            name: One of `NAMES`.
            value: The figure of a film, in its unit.
        """
        return value > self.range_of(name)[1]

    def hold(self, statistics: NDArray[np.float32]) -> bool:
        """Whether all figures of a film lie within their ranges.

        Args:
            statistics: As returned by `image_statistics`, `(len(NAMES),)`.
        """
        is_usual = (statistics >= self.low) & (statistics <= self.high)
        return bool(is_usual.all())

    def check(self, statistics: NDArray[np.float32]) -> dict[str, float]:
        """The figures of a film that lie outside.

        Args:
            statistics: As returned by `image_statistics`, `(len(NAMES),)`.

        Returns:
            Name -> how far outside, in widths of the range: negative below, positive above.
        """
        width = np.maximum(self.high - self.low, np.finfo(np.float32).tiny)
        beyond = (
            np.minimum(statistics - self.low, 0) + np.maximum(statistics - self.high, 0)
        ) / width
        return {name: float(far) for name, far in zip(NAMES, beyond, strict=True) if far != 0}

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The ranges as arrays for an `.npz` file, see `from_arrays`."""
        return {
            "names": np.array(NAMES),
            "low": self.low,
            "high": self.high,
            "num_films": np.array(self.num_films),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> StatisticRanges:
        """The ranges that `arrays` gave.

        `low` and `high` are `(num_names,)`. A statistic that the file does not know has no limits,
        and one that is no longer computed is left out, so that files of other versions can be
        read.

        Raises:
            ValueError: If an array is missing, has another shape or is not a number.
        """
        if lacking := [key for key in _KEYS if key not in arrays]:
            raise ValueError(f"The ranges lack {', '.join(lacking)}.")
        names = [str(name) for name in np.atleast_1d(arrays["names"])]
        low, high = (_values(arrays[key], names, key) for key in ("low", "high"))
        known = {name: place for place, name in enumerate(names)}
        places = [known.get(name) for name in NAMES]
        return cls(
            np.array([-np.inf if place is None else low[place] for place in places], np.float32),
            np.array([np.inf if place is None else high[place] for place in places], np.float32),
            int(arrays["num_films"]),
        )


def _values(array: NDArray[Any], names: Sequence[str], key: str) -> NDArray[np.float32]:
    values = np.asarray(array, np.float32)
    if values.shape != (len(names),) or np.isnan(values).any():
        raise ValueError(f"The ranges have {key!r} of shape {values.shape} for {len(names)} names.")
    return values
