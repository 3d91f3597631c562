"""Pixels of any depth and mode -> 8 bits."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

_TIFF_PHOTOMETRIC = 262


def to_8_bits(picture: Image.Image, data: bytes) -> NDArray[np.uint8]:
    """The pixels of a loaded picture, transparency laid over black.

    Args:
        picture: As Pillow read it.
        data: The file it was read from, for the depths that Pillow cuts to 8 bits.

    Returns:
        uint8 in [0, 255], `(height, width)` when grey, `(height, width, 3)` in RGB order.
    """
    mode = picture.mode
    if mode.startswith("I") or mode == "F":
        grey = scale_to_8_bits(np.asarray(picture))
        # Pillow inverts TIFF's "white is zero" in 8 bits only.
        inverted = picture.format == "TIFF" and picture.getexif().get(_TIFF_PHOTOMETRIC) == 0
        return 255 - grey if inverted else grey
    if picture.format == "PNG" and _is_deep_colour(data):
        return _deep_colour(data)
    if mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in picture.info:
        rgba = picture.convert("RGBA")
        black = Image.new("RGBA", rgba.size, (0, 0, 0, 255))
        picture = Image.alpha_composite(black, rgba)
    elif mode in ("1", "L"):
        return np.asarray(picture if mode == "L" else picture.convert("L"))
    return grey_if_colourless(np.asarray(picture.convert("RGB")))


def scale_to_8_bits(values: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Scales grey values of any depth to uint8 in [0, 255].

    Integers are divided by the largest value of the depth they use (8, 10, 12, 14, 16 bits,
    or more), counted from their lowest value where that is negative. Floats are spread over
    their own range, since they state none; infinite and undefined ones do not count for it.
    """
    if np.issubdtype(values.dtype, np.floating):
        finite = values[np.isfinite(values)]
        low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    else:
        low = min(0, int(values.min()))
        high = low + _full_scale(values, int(values.max()) - low)
    # 24 bits of precision are enough for the 16 that films have.
    precision = np.float32 if values.dtype.itemsize <= 2 else np.float64
    scaled: NDArray[np.floating] = values.astype(precision)
    scaled -= low
    scaled *= 255.0 / max(high - low, 1e-12)
    np.nan_to_num(scaled, copy=False, nan=0.0, posinf=255.0, neginf=0.0)
    return np.asarray(np.clip(np.rint(scaled), 0, 255), np.uint8)


def grey_if_colourless(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """One channel where all three are equal; anything else as it is."""
    if rgb.ndim == 2:
        return rgb
    red, green, blue = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    if np.array_equal(red, green) and np.array_equal(green, blue):
        return np.ascontiguousarray(red)
    return rgb


def _full_scale(values: NDArray[np.generic], highest: int) -> int:
    """The largest value of the depth that integers from 0 to `highest` were made in."""
    bits = highest.bit_length()
    if 8 < bits <= 16:
        # Eight bits written into sixteen, v * 257: a dark film must not be taken for 12 bits.
        if values.dtype.itemsize == 2 and not np.any(values.astype(np.uint16) % 257):
            return 65535
        bits += bits % 2
    return int(2 ** max(8, bits) - 1)


def _is_deep_colour(data: bytes) -> bool:
    # PNG's header: 16 bits a channel, in colour or with transparency.
    return data[24] == 16 and data[25] != 0


def _deep_colour(data: bytes) -> NDArray[np.uint8]:
    # Pillow keeps the upper 8 bits, which are nearly black when the film has 12 of the 16.
    found = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    values = np.asarray(found, np.float32)  # blue, green, red and perhaps opacity
    if values.shape[-1] == 4:
        values = np.rint(values[..., :3] * (values[..., 3:] / 65535))
    return grey_if_colourless(scale_to_8_bits(values[..., ::-1].astype(np.uint16)))
