"""Straight lines across a film: seams between films, and frames drawn around them."""

from __future__ import annotations

import math
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from app.core.gate.film_view import FilmView
from app.core.images.borders import inside_border

# Neighbouring pixels that differ by this much lie on the two sides of an edge.
_EDGE = 12
# A line is uniform if its grey levels differ by no more: JPEG rings.
_UNIFORM = 16
# Pixels of a line that are looked at first.
_LOOKED_AT = 16
# Seams are looked for in the middle half of a film, frames in the outer fifth.
_MIDDLE = 0.25
_OUTER = 0.2
# An edge is one or two lines wide, and is compared with those three to eight lines away.
_BESIDE = np.array([1] * 6 + [0] * 5 + [1] * 6, np.float32) / 12
_FAR = len(_BESIDE) // 2
# A uniform line separates two films only within the middle of what is shown.
_AWAY_FROM_ENDS = 0.2
_HALVES_SIDE = 32
# Two films have contrast both: of a film that is burnt out below, only the upper half has.
_EQUAL_ENERGY = 0.15
# A border leaves at least a third of each side; more is a small thing on a uniform ground.
_LEAST_INSIDE = 1 / 3


class Lines(NamedTuple):
    """How much of a film its straight lines span.

    Attributes:
        line: Longest edge across the middle of the film, as a share of the side beyond those of
            the lines beside it.
        frame: The same in the outer part, the weakest of the four sides.
    """

    line: float
    frame: float


def lines(view: FilmView) -> Lines:
    """Straight edges that span a film; see `Lines`."""
    film = view.small
    if min(film.shape) < 2:
        return Lines(0.0, 0.0)
    upright = _spans(view.steps_across, along=0)
    level = _spans(view.steps_down, along=1)
    # Both in one row, each with none around it: one pass over few numbers takes as long as one
    # over twice as many.
    spans = np.zeros(len(upright) + len(level) + 2 * _FAR, np.float32)
    starts = 0, len(upright) + _FAR
    lengths = len(upright), len(level)
    for part, start in zip((upright, level), starts, strict=True):
        spans[start : start + len(part)] = part
    alone = _alone(spans, starts, lengths)
    middle = _strongest(alone, starts, lengths, ((_MIDDLE, 1 - _MIDDLE),))
    outer = _strongest(spans, starts, lengths, ((0.0, _OUTER), (1 - _OUTER, 1.0)))
    return Lines(float(middle.max()), float(outer.min()))


def parts(view: FilmView) -> float:
    """How alike the two halves of a film are where a uniform line parts them, in [0, 1].

    The correlation of the halves at low resolution; 0 if no such line crosses the film.
    """
    is_beside = _is_parted(view.small)
    is_above = _is_parted(np.asarray(cv2.transpose(view.small), np.uint8))
    if not is_beside and not is_above:
        return 0.0
    halves = cv2.resize(
        view.focus, (_HALVES_SIDE, _HALVES_SIDE), interpolation=cv2.INTER_LINEAR
    ).astype(np.float32)
    half = _HALVES_SIDE // 2
    beside = _correlation(halves[:, :half], halves[:, half:]) if is_beside else 0.0
    above = _correlation(halves[:half], halves[half:]) if is_above else 0.0
    return max(0.0, beside, above)


def border(view: FilmView) -> float:
    """Share of a film that is a uniform border with a straight edge, in [0, 1]."""
    rows, columns = view.focus.shape
    inside = inside_border(view.focus)
    if inside.rows < _LEAST_INSIDE * rows or inside.columns < _LEAST_INSIDE * columns:
        return 0.0
    return 1.0 - (inside.rows * inside.columns) / float(rows * columns)


def _spans(steps: NDArray[np.uint8], *, along: int) -> NDArray[np.float32]:
    """Share of each column (`along` 0) or row (1) at which there is an edge."""
    edges = cv2.threshold(steps, _EDGE - 1, 1, cv2.THRESH_BINARY)[1]
    spans = cv2.reduce(edges, along, cv2.REDUCE_AVG, None, cv2.CV_32F)
    return np.asarray(spans.ravel(), np.float32)


def _alone(
    spans: NDArray[np.float32], starts: tuple[int, ...], lengths: tuple[int, ...]
) -> NDArray[np.float32]:
    """How far each span exceeds those around it: bones and texture have edges side by side.

    Args:
        spans: All spans, `(num_spans,)`.
        starts: Where those of each direction begin.
        lengths: How many there are; too few have none around them.
    """
    beside = cv2.filter2D(
        spans[np.newaxis], cv2.CV_32F, _BESIDE[np.newaxis], borderType=cv2.BORDER_CONSTANT
    )[0]
    for start, length in zip(starts, lengths, strict=True):
        if length < len(_BESIDE):
            beside[start : start + length] = 0
    return np.asarray(spans - beside, np.float32)


def _strongest(
    spans: NDArray[np.float32],
    starts: tuple[int, ...],
    lengths: tuple[int, ...],
    parts_: tuple[tuple[float, float], ...],
) -> NDArray[np.float32]:
    """The strongest span in each part of each direction, `(num_directions * num_parts,)`.

    Args:
        spans: All spans, `(num_spans,)`.
        starts: Where those of each direction begin.
        lengths: How many there are, 1 or more.
        parts_: Where each part begins and ends, as shares of the length.
    """
    ends: list[int] = []
    for first, length in zip(starts, lengths, strict=True):
        for start, end in parts_:
            ends += first + int(length * start), first + max(int(length * end), 1)
    return np.asarray(np.maximum.reduceat(spans, ends)[::2], np.float32)


def _is_parted(film: NDArray[np.uint8]) -> bool:
    """Whether a uniform column parts what is shown."""
    # Few pixels of each line tell that most are not uniform, so few films are looked at wholly.
    step = max(1, film.shape[0] // _LOOKED_AT)
    if not _may_be_parted(_are_uniform(film[::step])):
        return False
    is_uniform = _are_uniform(film)
    shown = np.flatnonzero(~is_uniform)
    if not shown.size:
        return False
    first, length = int(shown[0]), int(shown[-1] - shown[0] + 1)
    away = int(length * _AWAY_FROM_ENDS)
    return bool(is_uniform[first + away : first + length - away].any())


def _may_be_parted(may_be_uniform: NDArray[np.bool_]) -> bool:
    """Whether a line that may be uniform lies where it could part what is shown.

    What is shown begins at the first line that is not uniform or before it, and ends at the last
    or beyond it.
    """
    if not may_be_uniform.any():
        return False
    num_lines = len(may_be_uniform)
    shown = np.flatnonzero(~may_be_uniform)
    first, last = (int(shown[0]), int(shown[-1])) if shown.size else (num_lines, -1)
    start = int((last + 1) * _AWAY_FROM_ENDS)
    end = num_lines - int((num_lines - first) * _AWAY_FROM_ENDS)
    return bool(may_be_uniform[start:end].any())


def _are_uniform(film: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Whether each column has about one grey level."""
    return np.asarray(film.max(axis=0) - film.min(axis=0) <= _UNIFORM)


def _correlation(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    one, other = one - one.mean(), other - other.mean()
    energies = float(np.vdot(one, one)), float(np.vdot(other, other))
    if min(energies) <= _EQUAL_ENERGY * max(energies):
        return 0.0
    return float(np.vdot(one, other)) / math.sqrt(energies[0] * energies[1])
