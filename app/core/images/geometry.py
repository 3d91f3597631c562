"""Resizes films: to a network's input, or for display."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from app.core.images.film import Film

Fit = Literal["stretch", "pad"]


def fit(film: Film, *, height: int, width: int, channels: int, how: Fit) -> NDArray[np.uint8]:
    """Resizes a film to the size and channels of a network's input.

    Args:
        film: The decoded film.
        height: Rows of the input.
        width: Columns of the input.
        channels: 1 for grey, 3 for RGB.
        how: `stretch` ignores the aspect ratio; `pad` keeps it and fills the rest with black.

    Returns:
        uint8 in [0, 255], `(height, width, channels)`, grey or RGB.
    """
    pixels = film.pixels
    if channels == 1 and pixels.ndim == 3:
        pixels = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)
    if how == "pad":
        top, left, rows, columns = padded_box(pixels.shape[:2], height=height, width=width)
        canvas = np.zeros((height, width, *pixels.shape[2:]), np.uint8)
        canvas[top : top + rows, left : left + columns] = _resize(pixels, rows, columns)
        pixels = canvas
    else:
        pixels = _resize(pixels, height, width)
    return pixels if pixels.ndim == 3 else np.repeat(pixels[..., np.newaxis], channels, axis=-1)


def padded_box(
    film_shape: tuple[int, int], *, height: int, width: int
) -> tuple[int, int, int, int]:
    """Position of a film inside a padded input.

    Args:
        film_shape: Height and width of the film in pixels.
        height: Rows of the input.
        width: Columns of the input.

    Returns:
        `(top, left, rows, columns)` in pixels of the input.
    """
    rows, columns = film_shape
    scale = min(height / rows, width / columns)
    inner_height = min(height, max(1, round(rows * scale)))
    inner_width = min(width, max(1, round(columns * scale)))
    return (height - inner_height) // 2, (width - inner_width) // 2, inner_height, inner_width


def shrunk(film: Film, side: int) -> Film:
    """A film reduced in size with its aspect ratio kept; a smaller film is returned unchanged.

    Args:
        film: The film.
        side: Maximum length of the longer side in pixels.
    """
    rows, columns = film.pixels.shape[:2]
    scale = side / max(rows, columns)
    if scale >= 1:
        return film
    pixels = _resize(film.pixels, max(1, round(rows * scale)), max(1, round(columns * scale)))
    return replace(film, pixels=pixels)


def _resize(pixels: NDArray[np.uint8], rows: int, columns: int) -> NDArray[np.uint8]:
    # Area averaging is the only method that does not alias when reducing, and OpenCV averages
    # only if neither side grows. So reduce first, then enlarge.
    smaller = min(rows, pixels.shape[0]), min(columns, pixels.shape[1])
    if smaller != pixels.shape[:2]:
        pixels = np.asarray(
            cv2.resize(pixels, smaller[::-1], interpolation=cv2.INTER_AREA), np.uint8
        )
    if smaller != (rows, columns):
        size = (columns, rows)
        pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_LINEAR), np.uint8)
    return pixels
