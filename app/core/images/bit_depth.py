"""Converts pixels of any depth and mode to 8 bits."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

_TIFF_PHOTOMETRIC = 262


def to_8_bits(picture: Image.Image, data: bytes) -> NDArray[np.uint8]:
    """The pixels of a loaded image in 8 bits, transparency composited over black.

    Args:
        picture: The image as loaded by Pillow.
        data: The file it was loaded from, needed for depths that Pillow truncates to 8 bits.

    Returns:
        uint8 in [0, 255], `(height, width)` if grey, `(height, width, 3)` in RGB order.
    """
    mode = picture.mode
    if mode.startswith("I") or mode == "F":
        grey = scale_to_8_bits(np.asarray(picture))
        # Pillow inverts TIFF's "white is zero" for 8 bits only.
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
    """Scales grey values of any depth to uint8.

    Integers are divided by the maximum of the bit depth in use (8, 10, 12, 14, 16 or more),
    offset by the minimum if that is negative. Floats have no nominal range, so their own finite
    range is used; NaN becomes 0 and infinities become 0 or 255.

    Args:
        values: Grey values `(height, width)`, or colours `(height, width, 3)` in any order.

    Returns:
        uint8 in [0, 255], same shape and channels.
    """
    if np.issubdtype(values.dtype, np.floating):
        finite = values[np.isfinite(values)]
        low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    else:
        low = min(0, int(values.min()))
        high = low + _full_scale(values, int(values.max()) - low)
    # The 24 bits of float32 suffice for films of up to 16 bits.
    precision = np.float32 if values.dtype.itemsize <= 2 else np.float64
    scaled: NDArray[np.floating] = values.astype(precision)
    scaled -= low
    scaled *= 255.0 / max(high - low, 1e-12)
    np.nan_to_num(scaled, copy=False, nan=0.0, posinf=255.0, neginf=0.0)
    return np.asarray(np.clip(np.rint(scaled), 0, 255), np.uint8)


def grey_if_colourless(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Reduces an image to one channel if its three channels are equal.

    Args:
        rgb: uint8 RGB `(height, width, 3)`, or grey `(height, width)`.

    Returns:
        uint8 `(height, width)` if there is no colour, else the image unchanged (RGB).
    """
    if rgb.ndim == 2:
        return rgb
    red, green, blue = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    if np.array_equal(red, green) and np.array_equal(green, blue):
        return np.ascontiguousarray(red)
    return rgb


def _full_scale(values: NDArray[np.generic], highest: int) -> int:
    """The maximum of the bit depth that integers from 0 to `highest` were stored with."""
    bits = highest.bit_length()
    if 8 < bits <= 16:
        # 8 bits scaled to 16 by v * 257: a dark film must not be mistaken for 12 bits.
        if values.dtype.itemsize == 2 and not np.any(values.astype(np.uint16) % 257):
            return 65535
        bits += bits % 2
    return int(2 ** max(8, bits) - 1)


def _is_deep_colour(data: bytes) -> bool:
    # PNG header: 16 bits per channel, with colour or transparency.
    return data[24] == 16 and data[25] != 0


def _deep_colour(data: bytes) -> NDArray[np.uint8]:
    # Pillow keeps only the upper 8 bits, which leaves a 12-bit film almost black.
    found = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    values = np.asarray(found, np.float32)  # BGR or BGRA
    if values.shape[-1] == 4:
        values = np.rint(values[..., :3] * (values[..., 3:] / 65535))
    return grey_if_colourless(scale_to_8_bits(values[..., ::-1].astype(np.uint16)))
