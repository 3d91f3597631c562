"""A film in all of its grey levels, for a screen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.core.images.dicom_spacing import Spacing


@dataclass(frozen=True, slots=True, eq=False)
class Levels:
    """The levels of a film; the lowest is the darkest.

    Attributes:
        values: uint8 or uint16 `(height, width)`; uint8 `(height, width, 3)` in RGB order.
        window: The levels that are black and white as the file says; they may lie outside of what
            occurs.
        spacing: How far apart its pixels are; None if that is not known.
    """

    values: NDArray[np.unsignedinteger[Any]]
    window: tuple[float, float] = (0.0, 255.0)
    spacing: Spacing | None = None
