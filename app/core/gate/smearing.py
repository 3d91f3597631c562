"""Whether a film has lost its fine structures in one direction, as one of a patient who moved."""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from app.core.gate.film_view import FilmView

_SECOND_DIFFERENCE = np.array([[1, -2, 1]], np.float32)
# Ratio of the fine structures of the two directions, as a power of ten.
_ONE_DIRECTION = 0.6
# Of a film without any structure; in squared grey levels.
_LEAST = 0.05


def is_smeared(view: FilmView) -> bool:
    """Whether one direction has less than a quarter of the fine structures of the other.

    By itself that says little: a grid leaves lines of one direction. In a film that is not very
    sharp either, it is motion.

    Args:
        view: The film.
    """
    film = view.focus.astype(np.float32)
    if min(film.shape) < 3:
        return False
    across = _energy(cv2.filter2D(film, cv2.CV_32F, _SECOND_DIFFERENCE))
    down = _energy(cv2.filter2D(film, cv2.CV_32F, _SECOND_DIFFERENCE.T))
    return abs(math.log10(across / down)) > _ONE_DIRECTION


def _energy(detail: NDArray[Any]) -> float:
    within = detail[1:-1, 1:-1]
    return float(cv2.norm(within, cv2.NORM_L2)) ** 2 / within.size + _LEAST
