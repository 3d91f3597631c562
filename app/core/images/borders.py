"""Finds a border around a film: uniform bars with a straight edge, or a frame drawn around it.

A dark surround that is part of a film is none: the air beside a patient or around a head ends
where the patient begins, not along a straight line.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

# A pixel belongs to a bar if it is within this of the bar's grey level: JPEG rings around edges.
_TOLERANCE = 12
# Share of a line that belongs to the bar: a few letters may be written on it.
_OF_A_BAR = 0.97
# Share of the first lines within a bar that must differ from it, for its edge to be straight.
_STRAIGHT = 0.6
# Lines beyond the edge that are looked at, as a share of the side: reducing a film blurs the edge.
_BLUR = 1 / 64
# A frame may be of several bars around each other, such as white around black.
_MOST_BARS = 3

# Sides of fewer pixels are left as they are: a line of them says little.
_FEWEST_LINES = 16


class Inside(NamedTuple):
    """The part of a film within its border, in pixels."""

    top: int
    left: int
    rows: int
    columns: int


def inside_border(pixels: NDArray[np.uint8]) -> Inside:
    """The part of a film within the bars around it; the whole film if there are none.

    Args:
        pixels: uint8 `(rows, columns)` in [0, 255], grey.
    """
    found = Inside(0, 0, *pixels.shape[:2])
    for _ in range(_MOST_BARS):
        within = _within_bars(_cut(pixels, found))
        if (within.top, within.left, within.rows, within.columns) == (0, 0, *found[2:]):
            break
        found = Inside(
            found.top + within.top, found.left + within.left, within.rows, within.columns
        )
    return found


def cut_border(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The part of a film within its border, the film itself if it has none.

    Args:
        pixels: uint8 `(rows, columns)` in grey or `(rows, columns, 3)` in RGB.

    Returns:
        A copy of the part, uint8 with the same channels.
    """
    grey = pixels if pixels.ndim == 2 else np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY))
    return np.ascontiguousarray(_cut(pixels, inside_border(np.asarray(grey, np.uint8))))


def _cut(pixels: NDArray[np.uint8], part: Inside) -> NDArray[np.uint8]:
    return pixels[part.top : part.top + part.rows, part.left : part.left + part.columns]


def _within_bars(pixels: NDArray[np.uint8]) -> Inside:
    rows, columns = pixels.shape
    if min(rows, columns) < _FEWEST_LINES:
        return Inside(0, 0, rows, columns)
    top, bottom, left, right = _depths(pixels)
    if not (top or bottom or left or right):
        return Inside(0, 0, rows, columns)
    if top + bottom >= rows or left + right >= columns:
        return Inside(0, 0, rows, columns)  # all of it is uniform
    across, down = slice(left, columns - right), slice(top, rows - bottom)
    top = _if_straight(pixels[:, across], top)
    bottom = _if_straight(pixels[::-1, across], bottom)
    left = _if_straight(pixels.T[:, down], left)
    right = _if_straight(pixels.T[::-1, down], right)
    return Inside(top, left, rows - top - bottom, columns - left - right)


def _depths(pixels: NDArray[np.uint8]) -> tuple[int, int, int, int]:
    """How many lines are of one grey level at the top, the bottom, the left and the right."""
    bars: dict[int, NDArray[np.uint8]] = {}
    depths = []
    for first in (pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]):
        level = int(np.partition(first, len(first) // 2)[len(first) // 2])
        if np.count_nonzero(_belongs(first, level)) < _OF_A_BAR * len(first):
            depths.append(0)
            continue
        if level not in bars:
            bars[level] = _belongs(pixels, level).view(np.uint8)
        axis = 1 if len(depths) < 2 else 0
        is_end = len(depths) % 2 == 1
        counts = cv2.reduce(bars[level], axis, cv2.REDUCE_SUM, None, cv2.CV_32S).ravel()
        others = np.flatnonzero(counts < _OF_A_BAR * pixels.shape[axis])
        if not others.size:
            depths.append(len(counts))
        else:
            depths.append(len(counts) - 1 - int(others[-1]) if is_end else int(others[0]))
    top, bottom, left, right = depths
    return top, bottom, left, right


def _belongs(pixels: NDArray[np.uint8], level: int) -> NDArray[np.bool_]:
    low, high = max(0, level - _TOLERANCE), min(255, level + _TOLERANCE)
    return np.ascontiguousarray((pixels >= low) & (pixels <= high))


def _if_straight(lines: NDArray[np.uint8], depth: int) -> int:
    """A depth, or 0 if what is beyond it does not begin along a straight line."""
    if depth == 0:
        return 0
    level = int(np.median(lines[depth - 1]))
    first = depth + max(1, round(len(lines) * _BLUR))
    beyond = lines[first - 1 : first + 1]
    if not beyond.size:
        return 0
    differing = float(np.mean(~_belongs(beyond, level)))
    return depth if differing >= _STRAIGHT else 0
