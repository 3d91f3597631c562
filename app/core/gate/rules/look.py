"""What the rules of the gate look at: the figures of a film beside those of the training films."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from app.core.bundles.network_input import Input
from app.core.gate.film_view import FilmView
from app.core.gate.image_statistics import NAMES
from app.core.gate.statistic_ranges import StatisticRanges

_MIDDLE = 0.5
_SAME_WHEN_INVERTED = (
    "contrast", "entropy", "levels", "sharpness", "symmetry", "colour", "frame", "line", "parts",
    "letters", "steps",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Look:
    """A film's figures and what they are compared with.

    Attributes:
        shape: Rows and columns of the film.
        statistics: As returned by `image_statistics`, `(len(NAMES),)`.
        ranges: Where the training films lay.
        network_input: What the network is given.
        view: The film itself, if it is at hand and not only its figures.
    """

    shape: tuple[int, int]
    statistics: NDArray[np.float32]
    ranges: StatisticRanges
    network_input: Input
    view: FilmView | None = None

    @cached_property
    def _figures(self) -> dict[str, float]:
        return dict(zip(NAMES, self.statistics.tolist(), strict=True))

    def figure(self, name: str) -> float:
        """One of `NAMES`, in its unit."""
        return self._figures[name]

    def percent(self, name: str) -> str:
        """One of `NAMES` that is a share, such as `34 %`."""
        return f"{100 * self.figure(name):.0f} %"

    def is_above(self, name: str, at_least: float = -np.inf) -> bool:
        """Whether a figure is above the training films and a limit of its own.

        Args:
            name: One of `NAMES`.
            at_least: No figure below is meant, whatever the training films have.
        """
        value = self.figure(name)
        return value >= at_least and self.ranges.is_above(name, value)

    def is_below(self, name: str, at_most: float = np.inf) -> bool:
        """Whether a figure is below the training films and a limit of its own.

        Args:
            name: One of `NAMES`.
            at_most: No figure above is meant, whatever the training films have.
        """
        value = self.figure(name)
        return value <= at_most and self.ranges.is_below(name, value)

    def is_low(self, name: str, part: float) -> bool:
        """Whether a figure is in the lowest part of the widened range, or below.

        Args:
            name: One of `NAMES`.
            part: Of the width of the range; an eighth leaves half of what it was widened by.
        """
        low, high = self.ranges.range_of(name)
        return self.figure(name) < low + part * (high - low)

    def is_high(self, name: str, part: float) -> bool:
        """Whether a figure is in the highest part of the widened range, or above.

        Args:
            name: One of `NAMES`.
            part: Of the width of the range; a quarter is usually all that it was widened by.
        """
        low, high = self.ranges.range_of(name)
        return self.figure(name) > high - part * (high - low)

    @cached_property
    def is_inverse_usual(self) -> bool:
        """Whether the film is like the training films only with black and white swapped.

        That can be told only where all training films are dark around what they show, or all are
        bright.
        """
        darkest, brightest = self.ranges.range_of("surround")
        if darkest < _MIDDLE < brightest or not (
            self.is_above("surround") or self.is_below("surround")
        ):
            return False
        same = {name: self.figure(name) for name in _SAME_WHEN_INVERTED}
        return self._are_usual(same) and self.is_inverse_exposed

    @cached_property
    def is_inverse_exposed(self) -> bool:
        """Whether the film with black and white swapped is as bright as the training films."""
        return self._are_usual(
            {
                "mean": 1 - self.figure("mean"),
                "surround": 1 - self.figure("surround"),
                "black": self.figure("white"),
                "white": self.figure("black"),
            }
        )

    def _are_usual(self, figures: dict[str, float]) -> bool:
        return not any(
            self.ranges.is_below(name, value) or self.ranges.is_above(name, value)
            for name, value in figures.items()
        )
