"""The depth of 16-bit PNG files, which Pillow keeps only in part."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from app.core.images.exif_orientation import orientation
from app.core.images.grey_range import scaled
from app.core.images.levels import StoredGrey
from app.core.images.reading import ReadOptions, Window
from app.core.images.strips import strips

_SIGNATURE = 8
_TRANSPARENT, _SIGNIFICANT, _DATA = b"tRNS", b"sBIT", b"IDAT"
_GREY, _RGB = 0, 2


def is_deep(data: bytes) -> bool:
    """Whether the header of a PNG states 16 bits for each sample."""
    return data[24] == 16


def restate_transparency(picture: Image.Image, data: bytes) -> None:
    """States the transparent value of a grey PNG in the 8 bits that Pillow makes of 2 or 4.

    Args:
        picture: The image as loaded by Pillow.
        data: The whole file.
    """
    bits, transparent = data[24], picture.info.get("transparency")
    if picture.mode == "L" and bits < 8 and isinstance(transparent, int):
        picture.info["transparency"] = transparent * 255 // (2**bits - 1)


def kind(data: bytes) -> str:
    """What the header of a deep PNG states: one of `limits.COSTS`."""
    colours = {_GREY: "", _RGB: ", colour"}.get(data[25], ", transparent")
    return f"PNG, 16 bits{colours}"


def deep(
    picture: Image.Image, data: bytes, reading: ReadOptions
) -> tuple[NDArray[np.uint8], Window | None]:
    """A PNG of 16 bits in 8 bits, transparency composited over black.

    Args:
        picture: The image as loaded by Pillow.
        data: The whole file.
        reading: The reader's choices.

    Returns:
        uint8 in [0, 255], `(height, width)` if grey, `(height, width, 3)` in RGB order, and the
        reader's window if it was used.

    Raises:
        RefusedImageError: If the range of the values is unknown.
    """
    chunks = _chunks(data)
    values, alpha = _samples(picture, data, chunks)
    is_seen = alpha > 0 if alpha is not None else None
    seen = values if is_seen is None or not is_seen.any() else values[is_seen]
    stated = _stated_range(seen, chunks.get(_SIGNIFICANT))
    shown, window = scaled(seen, bits=None, reading=reading, stated=stated)
    if alpha is None or is_seen is None:
        return shown, window
    pixels = np.zeros(values.shape, np.uint8)
    if is_seen.any():
        pixels[is_seen] = shown
    for rows in strips(pixels.shape):
        opacity = alpha[rows] / np.float32(65535)
        if pixels.ndim == 3:
            opacity = opacity[..., np.newaxis]
        pixels[rows] = np.rint(pixels[rows] * opacity)
    return pixels, window


def stored_grey(picture: Image.Image, data: bytes) -> StoredGrey | None:
    """The values of a grey PNG of 16 bits as stored; None of one in colours or with opacity.

    Args:
        picture: The image as loaded by Pillow.
        data: The whole file.
    """
    chunks = _chunks(data)
    if data[25] != _GREY or _TRANSPARENT in chunks:
        return None
    values, _ = _samples(picture, data, chunks)
    stated = _stated_range(values, chunks.get(_SIGNIFICANT))
    return StoredGrey(values, None, stated, orientation=orientation(picture))


def _samples(
    picture: Image.Image, data: bytes, chunks: dict[bytes, bytes]
) -> tuple[NDArray[np.uint16], NDArray[np.uint16] | None]:
    """Grey values or colours in RGB order, and opacity; None if all is opaque."""
    if data[25] == _GREY:
        values = np.asarray(picture).astype(np.uint16)
        if _TRANSPARENT not in chunks:
            return values, None
        transparent = int.from_bytes(chunks[_TRANSPARENT][:2], "big")
        return values, np.where(values == transparent, 0, 65535).astype(np.uint16)
    found = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    bgr = np.asarray(found, np.uint16)  # BGR or BGRA
    alpha = bgr[..., 3].copy() if bgr.shape[-1] == 4 else None
    return np.ascontiguousarray(bgr[..., 2::-1]), alpha


def _chunks(data: bytes) -> dict[bytes, bytes]:
    """The chunks before the pixels, by kind."""
    found: dict[bytes, bytes] = {}
    position = _SIGNATURE
    while position + 8 <= len(data):
        length = int.from_bytes(data[position : position + 4], "big")
        kind = data[position + 4 : position + 8]
        if kind == _DATA:
            break
        found[kind] = data[position + 8 : position + 8 + length]
        position += 12 + length
    return found


def _stated_range(values: NDArray[np.uint16], significant: bytes | None) -> Window | None:
    """The range that an sBIT chunk states, PNG 11.3.2.7; None if it states none, or a wrong one.

    Writers must scale the significant bits to all 16, but some write them as they are.
    """
    bits = max(significant or b"\0")
    if not 1 <= bits < 16:
        return None
    values = np.unique(values)
    if values.max() < 2**bits and np.any(values):
        return 0.0, 2.0**bits - 1
    kept = values >> (16 - bits)
    by_shift = kept.astype(np.float64) * 2 ** (16 - bits)
    by_scale = np.rint(kept * (65535 / (2**bits - 1)))
    is_scaled = (np.abs(values - by_scale) <= 2 ** (16 - bits) / 2**bits + 1) | (values == by_shift)
    return (0.0, 65535.0) if is_scaled.all() else None
