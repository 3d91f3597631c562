"""Films as PNG files, without loss, for a browser."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

# Little compression: a third larger than with the most, and encoded in a tenth of the time.
_OPTIONS = (cv2.IMWRITE_PNG_COMPRESSION, 1)


def film_png(values: NDArray[np.unsignedinteger[Any]]) -> bytes:
    """A film as PNG.

    Browsers cut a PNG of 16 bits to 8, so levels beyond 255 are sent as two bytes of a coloured
    PNG: the high one in red, the low one in green.

    Args:
        values: uint8 or uint16 grey `(height, width)`, or uint8 `(height, width, 3)` in RGB order.
    """
    if values.ndim == 2 and values.dtype == np.uint16:
        high, low = (values >> 8).astype(np.uint8), (values & 255).astype(np.uint8)
        bgr = np.dstack([np.zeros_like(low), low, high])
        return cv2.imencode(".png", bgr, _OPTIONS)[1].tobytes()
    shown = values[..., ::-1] if values.ndim == 3 else values
    return cv2.imencode(".png", shown, _OPTIONS)[1].tobytes()
