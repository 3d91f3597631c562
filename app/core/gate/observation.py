"""What the gate saw of an image, refused or not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Observation:
    """Where an image lies among those the model was trained on.

    Attributes:
        distance: How far it is from them, from 0 up, divided by the limit: refused above 1.
        coordinates: float16 `(k,)`, its place in the principal components of the reference.
        fault: What is likeliest to be wrong with it if that can be named, such as `inverted`; else
            empty.
        kind: What it looks like instead, if that is a kind known not to be for the model; else
            empty. See `Reference.kinds`.
        statistics: float32 `(num_statistics,)`, its image statistics in their fixed order; None if
            they were not taken.
        other_faults: What else speaks for a fault of its own, likeliest first.
    """

    distance: float
    coordinates: NDArray[np.float16]
    fault: str = ""
    kind: str = ""
    statistics: NDArray[np.float32] | None = None
    other_faults: tuple[str, ...] = ()

    @property
    def faults(self) -> tuple[str, ...]:
        """All that may be wrong with it, likeliest first."""
        return (self.fault, *self.other_faults) if self.fault else ()
