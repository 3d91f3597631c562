"""Prepares films for display: windowing and JPEG encoding."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from app.core.images.film import Film


def windowed(film: Film, *, low: int, high: int, inverted: bool = False) -> Film:
    """Applies a grey-level window to a film.

    Args:
        film: The film.
        low: Grey level displayed as black, in [0, 255].
        high: Grey level displayed as white, in [0, 255].
        inverted: Whether to swap black and white.
    """
    spread = (film.pixels.astype(np.float32) - low) * (255.0 / max(high - low, 1))
    pixels = np.clip(np.rint(spread), 0, 255).astype(np.uint8)
    return replace(film, pixels=255 - pixels if inverted else pixels)


def jpeg(film: Film, *, quality: int) -> bytes:
    """Encodes a film as JPEG for display.

    Args:
        film: The film.
        quality: JPEG quality in [1, 100].
    """
    pixels = film.pixels if film.pixels.ndim == 2 else film.pixels[..., ::-1]
    return cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()
