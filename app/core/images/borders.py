"""Finds a border around a film: uniform bars with a straight edge, or a frame drawn around it.

A dark surround that is part of a film is none: the air beside a patient or around a head ends
where the patient begins, not along a straight line.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

# A pixel belongs to a bar if it is within this of the bar's grey level: JPEG rings around edges.
_TOLERANCE = 12
# Share of a line that belongs to the bar: a few letters may be written on it.
_OF_A_BAR = 0.97
# For most lines, one pixel in so many is enough to tell that they are not part of a bar.
_ONE_OF = 8
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
    bars = _bars(pixels)
    if not any(bar.depth for bar in bars):
        return Inside(0, 0, rows, columns)
    top, bottom, left, right = (bar.depth for bar in bars)
    if top + bottom >= rows or left + right >= columns:
        return Inside(0, 0, rows, columns)  # all of it is uniform
    across, down = slice(left, columns - right), slice(top, rows - bottom)
    beyond = pixels[:, across], pixels[::-1, across], pixels.T[:, down], pixels.T[::-1, down]
    top, bottom, left, right = (
        bar.depth if _is_straight(lines, bar) else 0
        for lines, bar in zip(beyond, bars, strict=True)
    )
    return Inside(top, left, rows - top - bottom, columns - left - right)


class _Bar(NamedTuple):
    """Lines of one grey level at an end of a film."""

    depth: int
    level: int


_NO_BAR = _Bar(0, 0)


def _bars(pixels: NDArray[np.uint8]) -> list[_Bar]:
    """The bars at the top, the bottom, the left and the right, of depth 0 where there is none."""
    others: dict[tuple[int, int], NDArray[np.intp]] = {}
    masks: dict[int, NDArray[np.uint8]] = {}
    bars = []
    ends = ((pixels[0], 1, False), (pixels[-1], 1, True), (pixels[:, 0], 0, False),
            (pixels[:, -1], 0, True))  # fmt: skip
    for first, axis, is_last in ends:
        level = _level_of_bar(first)
        if level is None:
            bars.append(_NO_BAR)
            continue
        if level not in masks:
            masks[level] = _belongs(pixels, level)
        if (level, axis) not in others:
            sums = cv2.reduce(masks[level], axis, cv2.REDUCE_SUM, None, cv2.CV_32S).ravel()
            others[level, axis] = np.flatnonzero(sums < 255 * _OF_A_BAR * pixels.shape[axis])
        bars.append(_Bar(_depth(others[level, axis], pixels.shape[1 - axis], is_last), level))
    return bars


def _depth(others: NDArray[np.intp], num_lines: int, is_last: bool) -> int:
    """How many lines, from the first or the last, come before one that is not part of the bar."""
    if not len(others):
        return num_lines
    return int(num_lines - 1 - others[-1] if is_last else others[0])


def _level_of_bar(line: NDArray[np.uint8]) -> int | None:
    """The grey level of a bar that has such a line; None if no bar has."""
    most_others = int((1 - _OF_A_BAR) * len(line))
    few = sorted(line[::_ONE_OF].tolist())
    if few[-1 - most_others] - few[most_others] > 2 * _TOLERANCE:
        return None
    ordered = np.sort(line).tobytes()
    level = ordered[len(ordered) // 2]
    low = bisect_left(ordered, level - _TOLERANCE)
    num_belonging = bisect_right(ordered, level + _TOLERANCE) - low
    return level if num_belonging >= _OF_A_BAR * len(line) else None


def _belongs(pixels: NDArray[np.uint8], level: int) -> NDArray[np.uint8]:
    """255 where a pixel belongs to a bar of that level, else 0, of the shape of `pixels`."""
    low, high = level - _TOLERANCE, level + _TOLERANCE
    pixels = np.ascontiguousarray(pixels)
    if low <= 0:  # as in most films; a threshold takes a third of the time
        mask = cv2.threshold(pixels, high, 255, cv2.THRESH_BINARY_INV)[1]
    else:
        mask = cv2.inRange(pixels, np.array(low), np.array(high))
    return np.asarray(mask, np.uint8)


def _is_straight(lines: NDArray[np.uint8], bar: _Bar) -> bool:
    """Whether what is beyond a bar begins along a straight line.

    Args:
        lines: The film with this end first, without the bars at the ends of its lines, grey.
        bar: The bar.
    """
    if bar.depth == 0:
        return False
    first = bar.depth + max(1, round(len(lines) * _BLUR))
    beyond = lines[first - 1 : first + 1]
    if not beyond.size:
        return False
    belonging = cv2.countNonZero(_belongs(beyond, bar.level))
    return bool(belonging <= (1 - _STRAIGHT) * beyond.size)
