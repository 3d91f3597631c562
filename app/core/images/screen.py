"""Reads a film for a screen: in all of its levels, at a size that a screen can show, or in full."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import cv2
import numpy as np

from app.core.errors import ImageError
from app.core.images import dicom_file, dicom_levels, picture_levels
from app.core.images.film import Film
from app.core.images.guard import guarded
from app.core.images.in_time import in_time
from app.core.images.levels import Levels
from app.core.images.limits import MAX_WAIT
from app.core.images.preparation import read_film
from app.core.images.reading import ReadOptions
from app.core.images.silence import silent

# Longer side of a film on the screen, in pixels.
SIDE = 2048


@dataclass(frozen=True, slots=True, eq=False)
class ScreenFilm:
    """A film for a screen.

    Attributes:
        levels: Its levels, at most as long as was asked for.
        shape: Height and width in the file, in pixels.
        film: What the file states of it, with the 8 bits that a network sees.
    """

    levels: Levels
    shape: tuple[int, int]
    film: Film


def screen_film(data: bytes, reading: ReadOptions, *, side: int | None = SIDE) -> ScreenFilm:
    """Decodes a film for a screen.

    With its window, it looks as the 8 bits that a network sees.

    Args:
        data: The whole file.
        reading: The choices with which it is judged, with the model's window.
        side: The longest that it may be in pixels, else it is made smaller; None for all pixels.

    Raises:
        ImageError: As `preparation.read_film`.
    """
    film = read_film(data, reading)
    levels = _all_levels(data, reading, film) or Levels(film.pixels)
    rows, columns = film.pixels.shape[:2]
    return ScreenFilm(_shrunk(levels, side or max(rows, columns)), (rows, columns), film)


def _all_levels(data: bytes, reading: ReadOptions, film: Film) -> Levels | None:
    """All levels, and the spacing; of a film with a remedy as it is judged."""
    try:
        with guarded():
            found = in_time(partial(_silently, data, reading), seconds=MAX_WAIT)
    except ImageError:  # it can be seen, though not in all of its levels
        return None
    if found is None or film.chosen.remedy is None:
        return found
    return Levels(film.pixels)


def _silently(data: bytes, reading: ReadOptions) -> Levels | None:
    with silent():
        if dicom_file.is_dicom(data):
            return dicom_levels.levels(data, reading)
        return picture_levels.levels(data, reading)


def _shrunk(levels: Levels, side: int) -> Levels:
    rows, columns = levels.values.shape[:2]
    scale = side / max(rows, columns)
    if scale >= 1:
        return levels
    size = max(1, round(columns * scale)), max(1, round(rows * scale))
    values = cv2.resize(levels.values, size, interpolation=cv2.INTER_AREA)
    return replace(levels, values=np.asarray(values, levels.values.dtype))
