"""Whether a film consists of the blocks of a compression."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from app.core.gate.film_view import FilmView

_BLOCK = 8
_FEWEST_BLOCKS = 4
# Steps at the borders of most blocks relative to those within.
_STRONGER = 1.5
_LEAST_STEP = 0.05


def has_blocks(view: FilmView) -> bool:
    """Whether there is a step at the borders of most blocks in both directions.

    A single edge, such as that of a gap between two films, may lie on a block border too.

    Args:
        view: The film.
    """
    if min(view.shape) < _BLOCK * _FEWEST_BLOCKS:
        return False
    return _are_at_most_borders(view.middle_steps_across, 0) and _are_at_most_borders(
        view.middle_steps_down, 1
    )


def _are_at_most_borders(steps: NDArray[np.uint8], along: int) -> bool:
    """Whether at one of the eight positions the median step is larger than elsewhere.

    Args:
        steps: Differences of neighbouring pixels, uint8 `(rows, columns)`.
        along: Axis along which a block border runs: 0 for differences across a row, else 1.
    """
    profile = cv2.reduce(steps, along, cv2.REDUCE_AVG, None, cv2.CV_32F).ravel()
    num_blocks = len(profile) // _BLOCK
    by_position = np.median(profile[: num_blocks * _BLOCK].reshape(num_blocks, _BLOCK), axis=0)
    return bool(by_position.max() > _STRONGER * (np.median(by_position) + _LEAST_STEP))
