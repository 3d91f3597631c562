"""Prepares films for display."""

from __future__ import annotations

import cv2

from app.core.images.film import Film


def jpeg(film: Film, *, quality: int) -> bytes:
    """Encodes a film as JPEG for display.

    Args:
        film: The film.
        quality: JPEG quality in [1, 100].
    """
    pixels = film.pixels if film.pixels.ndim == 2 else film.pixels[..., ::-1]
    return cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()
