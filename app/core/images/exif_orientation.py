"""Which way up an image is stored, and how it becomes upright."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image

_T = TypeVar("_T", bound=np.generic)


def orientation(picture: Image.Image) -> int:
    """The EXIF orientation of an image, from 1, which is upright and the default, to 8."""
    try:
        return int(picture.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # the pixels may be fine even if the EXIF block is damaged
        return 1


def upright(pixels: NDArray[_T], orientation: int) -> NDArray[_T]:
    """The pixels the right way up.

    Args:
        pixels: `(height, width)`, or `(height, width, 3)`.
        orientation: As EXIF and TIFF number it, from 1 to 8.
    """
    if orientation in (5, 6, 7, 8):
        pixels = pixels.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(pixels)
