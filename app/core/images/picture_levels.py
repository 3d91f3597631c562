"""All grey levels of a PNG or TIFF file of more than 8 bits, for a screen.

What a network sees is `pictures` and `tiff`; with the window of the file both look the same.
"""

from __future__ import annotations

from io import BytesIO

import numpy as np
from PIL import Image

from app.core.images import png_depth, tiff
from app.core.images.exif_orientation import upright
from app.core.images.grey_range import range_of
from app.core.images.levels import Levels, StoredGrey
from app.core.images.reading import ReadOptions
from app.core.images.strips import strips

_MOST_LEVELS = 2**16
_PNG = b"\x89PNG"


def levels(data: bytes, reading: ReadOptions) -> Levels | None:
    """The grey levels of a picture; None of one in colours, of 8 bits, or of another kind.

    The levels are stored values, counted from the lowest that occurs, or from the highest where
    that is black.

    Args:
        data: The whole file, which `decoding.decode` reads.
        reading: The reader's choices.
    """
    found = _stored(data, reading)
    if found is None or found.values.dtype.kind not in "ui" or found.values.dtype.itemsize == 1:
        return None
    low, high = int(found.values.min()), int(found.values.max())
    if high - low >= _MOST_LEVELS:
        return None
    (black, white), _ = range_of(
        found.values, bits=found.bits, reading=reading, stated=found.window
    )
    counted = np.empty(found.values.shape, np.uint16)
    for rows in strips(counted.shape):
        part = found.values[rows].astype(np.int64)
        counted[rows] = high - part if found.is_inverted else part - low
    window = (high - white, high - black) if found.is_inverted else (black - low, white - low)
    return Levels(upright(counted, found.orientation), window)


def _stored(data: bytes, reading: ReadOptions) -> StoredGrey | None:
    if tiff.is_tiff(data):
        return tiff.stored_grey(data, tiff.choose_image(data, reading))
    if not data.startswith(_PNG) or not png_depth.is_deep(data):
        return None
    picture = Image.open(BytesIO(data), formats=("PNG",))
    if getattr(picture, "n_frames", 1) > 1:
        return None
    picture.load()
    return png_depth.stored_grey(picture, data)
