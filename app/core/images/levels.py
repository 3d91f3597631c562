"""A film in all of its grey levels, for a screen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.core.images.dicom_spacing import Spacing
from app.core.images.reading import Window


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


class StoredGrey(NamedTuple):
    """Grey values as a file stores them, and what it says of how they are shown.

    Attributes:
        values: Integers or floats `(height, width)`.
        bits: Their depth; None if the file only states a container of 16 or more.
        window: The values of black and white; None if the file does not state them.
        is_inverted: Whether the lowest value is white.
        orientation: As EXIF and TIFF number it, from 1 to 8.
    """

    values: NDArray[Any]
    bits: int | None = None
    window: Window | None = None
    is_inverted: bool = False
    orientation: int = 1
