"""Small pictures of held-out films: encoded, and no larger together than a bundle may ship."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from app.core.images.film import Film
from app.core.images.geometry import shrunk

# Longer side of a picture in pixels: enough to recognise a film, too few to judge it.
SIDE = 160
# All pictures of a bundle take at most this much: beside 12 MB of network, a bundle that is kept in
# a repository stays below 15 MB.
MOST_BYTES = 1_500_000
# The best of these is used with which they are small enough.
_QUALITIES = (80, 70, 60, 50, 40, 30, 20)


def small_pixels(film: Film) -> NDArray[np.uint8]:
    """A film in the size of its picture, without anything else of its file.

    Args:
        film: The film.

    Returns:
        Grey levels `(rows, columns)` or RGB colours `(rows, columns, 3)`, in [0, 255].
    """
    return shrunk(film, SIDE).pixels


def within_size(
    pixels: Mapping[str, NDArray[np.uint8]], *, most_bytes: int = MOST_BYTES
) -> dict[str, bytes]:
    """Pictures in WebP, of the best quality at which all of them together are small enough.

    Args:
        pixels: Name -> grey levels `(rows, columns)` or colours `(rows, columns, 3)`.
        most_bytes: What they may take. If no quality is low enough, the lowest is used.
    """
    found: dict[str, bytes] = {}
    for quality in _QUALITIES:
        found = {name: _webp(shown, quality) for name, shown in pixels.items()}
        if sum(map(len, found.values())) <= most_bytes:
            break
    return found


def _webp(pixels: NDArray[np.uint8], quality: int) -> bytes:
    in_order = pixels if pixels.ndim == 2 else pixels[..., ::-1]  # OpenCV writes blue first
    return cv2.imencode(".webp", in_order, [cv2.IMWRITE_WEBP_QUALITY, quality])[1].tobytes()
