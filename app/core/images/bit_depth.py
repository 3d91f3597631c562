"""Converts pixels of any mode of Pillow's to 8 bits."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from app.core.images import png_depth
from app.core.images.grey_range import scaled
from app.core.images.reading import ReadOptions, Window
from app.core.images.strips import strips

_TRANSPARENT = ("LA", "La", "PA", "RGBA", "RGBa")


def to_8_bits(
    picture: Image.Image, data: bytes, reading: ReadOptions
) -> tuple[NDArray[np.uint8], Window | None]:
    """The pixels of a loaded image in 8 bits, transparency composited over black.

    Args:
        picture: The image as loaded by Pillow.
        data: The file it was loaded from, needed for depths that Pillow truncates to 8 bits.
        reading: The reader's choices.

    Returns:
        uint8 in [0, 255], `(height, width)` if grey, `(height, width, 3)` in RGB order, and the
        reader's window if it was used.

    Raises:
        RefusedImageError: If the range of the values is unknown.
    """
    if picture.format == "PNG" and png_depth.is_deep(data):
        pixels, window = png_depth.deep(picture, data, reading)
        return grey_if_colourless(pixels), window
    if picture.format == "PNG":
        png_depth.restate_transparency(picture, data)
    mode = picture.mode
    if mode.startswith("I") or mode == "F":
        return scaled(np.asarray(picture), bits=None, reading=reading)
    if mode in ("1", "L") and "transparency" not in picture.info:
        return np.asarray(picture if mode == "L" else picture.convert("L")), None
    return grey_if_colourless(_rgb(picture)), None


def _rgb(picture: Image.Image) -> NDArray[np.uint8]:
    """RGB `(height, width, 3)` over black, converted in strips."""
    rgb = np.empty((picture.height, picture.width, 3), np.uint8)
    for rows in strips(rgb.shape):
        strip = picture.crop((0, rows.start, picture.width, rows.stop))
        if strip.mode == "La":
            strip = strip.convert("LA")
        if strip.mode in _TRANSPARENT or "transparency" in strip.info:
            rgba = strip.convert("RGBA")
            strip = Image.alpha_composite(Image.new("RGBA", rgba.size, (0, 0, 0, 255)), rgba)
        rgb[rows] = np.asarray(strip.convert("RGB"))
    return rgb


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
