"""Whether steps in a film lie at the borders of the blocks of a compression."""

from __future__ import annotations

import math
from statistics import median

import cv2
import numpy as np
from numpy.typing import NDArray

from app.core.gate.film_view import FilmView

_BLOCK = 8
# Blocks of a side that a film must have for its block borders to be told from its content.
_FEWEST_BLOCKS = 4
# A twentieth of a grey level, added so that a film without steps has none at block borders.
_LEAST_STEP = 0.05
# Steps at the borders of most blocks relative to those within.
_STRONGER = 1.5


def blockiness(view: FilmView) -> float:
    """Steps at block borders relative to those within, log2; the mean of both directions.

    Args:
        view: The film; 0 for one of too few blocks.
    """
    if _has_few_blocks(view):
        return 0.0
    return (_strongest(view.middle_steps_across, 0) + _strongest(view.middle_steps_down, 1)) / 2


def has_blocks(view: FilmView) -> bool:
    """Whether there is a step at the borders of most blocks in both directions.

    A single edge, such as that of a gap between two films, may lie on a block border too.

    Args:
        view: The film.
    """
    if _has_few_blocks(view):
        return False
    return _are_at_most_borders(view.middle_steps_across, 0) and _are_at_most_borders(
        view.middle_steps_down, 1
    )


def _has_few_blocks(view: FilmView) -> bool:
    return min(view.shape) < _BLOCK * _FEWEST_BLOCKS


def _strongest(steps: NDArray[np.uint8], along: int) -> float:
    """The strongest of the eight positions of block borders relative to the median of all."""
    by_position = cv2.reduce(_by_block(steps, along), 0, cv2.REDUCE_AVG).ravel().tolist()
    return math.log2((max(by_position) + _LEAST_STEP) / (median(by_position) + _LEAST_STEP))


def _are_at_most_borders(steps: NDArray[np.uint8], along: int) -> bool:
    """Whether at one of the eight positions the median step is larger than elsewhere."""
    by_position = np.median(_by_block(steps, along), axis=0)
    return bool(by_position.max() > _STRONGER * (np.median(by_position) + _LEAST_STEP))


def _by_block(steps: NDArray[np.uint8], along: int) -> NDArray[np.float32]:
    """The mean step at each of the eight positions in each block, `(num_blocks, 8)`.

    Args:
        steps: Differences of neighbouring pixels, uint8 `(rows, columns)`.
        along: Axis along which a block border runs: 0 for differences across a row, else 1.
    """
    profile = cv2.reduce(steps, along, cv2.REDUCE_AVG, None, cv2.CV_32F).ravel()
    num_blocks = len(profile) // _BLOCK
    return np.asarray(profile[: num_blocks * _BLOCK].reshape(num_blocks, _BLOCK), np.float32)
