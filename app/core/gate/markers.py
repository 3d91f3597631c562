"""Finds the letter R of a side marker, and tells it from its mirror image.

An R has no symmetry: neither turned nor upside down is it its mirror image. An L lying on its
side is much like a mirrored one, and markers of lead lie at any angle, so L is not read.
"""

from __future__ import annotations

import string
from collections.abc import Iterator
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from app.core.gate.film_view import FilmView
from app.core.gate.pieces import pieces_of

# Strokes are narrower than this, in pixels of the small film, and stand out by so many levels.
_STROKE = 9
_KERNEL = np.ones((_STROKE, _STROKE), np.uint8)
_CONTRAST = 90
# Height of a letter in pixels of the small film, its width relative to that, and the part of its
# box that it fills.
_HEIGHT = (5, 26)
_WIDTH = (0.45, 1.1)
_FULL = (0.25, 0.85)
# Rows and columns at which letters are compared.
_ROWS, _COLUMNS = 28, 20
# Correlation with a mirrored R from which on a letter is one, and by how much it must exceed that
# with every letter as it is written: a 9 is much like a mirrored R.
_ALIKE = 0.65
_MORE_ALIKE = 0.1
# What may be written on a film, and fonts and thickness of it; markers are without serifs.
_WRITTEN = string.ascii_letters + string.digits
_FONTS = (
    (cv2.FONT_HERSHEY_SIMPLEX, 3),
    (cv2.FONT_HERSHEY_SIMPLEX, 5),
    (cv2.FONT_HERSHEY_DUPLEX, 4),
)
_CANVAS = 120


def has_mirrored_marker(view: FilmView) -> bool:
    """Whether there is a mirrored R in the right half of a picture, and nowhere an R as written.

    There it stands in a film whose left and right are swapped. A marker of lead that lay the
    wrong way up is mirrored too, but in the left half, as the patient's right side is.
    """
    half = view.small.shape[1] // 2
    if not any(_is_mirrored_r(letter) for letter in _letters(view, half)):
        return False
    return not any(_is_r(letter) for letter in _letters(view, 0))


def has_marker(view: FilmView) -> bool:
    """Whether an R can be read anywhere in a film, as it is written or mirrored."""
    return any(_is_r(letter) or _is_mirrored_r(letter) for letter in _letters(view, 0))


def _is_mirrored_r(letter: NDArray[np.float32]) -> bool:
    written, mirrored = _templates()
    alike = float((letter @ mirrored).max())
    # Few pieces are alike at all, and there are sixty times as many templates as written.
    return alike >= _ALIKE and alike - float((letter @ written).max()) >= _MORE_ALIKE


def _is_r(letter: NDArray[np.float32]) -> bool:
    by_letter = letter @ _templates()[0]
    alike = float(by_letter.max()) >= _ALIKE
    return alike and _WRITTEN[int(by_letter.argmax()) // len(_FONTS)] == "R"


def _letters(view: FilmView, start: int) -> Iterator[NDArray[np.float32]]:
    """What may be a letter beyond a column of the small film, as `_shape` gives it."""
    part = np.ascontiguousarray(view.small[:, start:])
    if min(part.shape) < _STROKE:
        return
    strokes = cv2.morphologyEx(part, cv2.MORPH_TOPHAT, _KERNEL)
    mask = cv2.threshold(strokes, _CONTRAST - 1, 1, cv2.THRESH_BINARY)[1]
    for left, top, width, height, area in pieces_of(np.asarray(mask, np.uint8)).tolist():
        if not _may_be_letter(width, height, area):
            continue
        first_row, first_column = max(0, top - 1), max(0, left - 1)
        found = _shape(part[first_row : top + height + 1, first_column : left + width + 1])
        if found is not None:
            yield found


def _may_be_letter(width: int, height: int, area: int) -> bool:
    """Whether a piece has the size and shape of a letter."""
    return (
        _HEIGHT[0] <= height <= _HEIGHT[1]
        and _WIDTH[0] * height <= width <= _WIDTH[1] * height
        and _FULL[0] * width * height <= area <= _FULL[1] * width * height
    )


def _shape(pixels: NDArray[np.uint8]) -> NDArray[np.float32] | None:
    """The largest bright piece of a part of a film, if it may be a letter.

    Returns:
        Its shape at the size of the templates, of mean 0 and length 1, `(_ROWS * _COLUMNS,)`.
    """
    bright = cv2.threshold(np.ascontiguousarray(pixels), 0, 1, cv2.THRESH_OTSU)[1]
    _, numbers, pieces, _ = cv2.connectedComponentsWithStats(bright, connectivity=8)
    if len(pieces) < 2:
        return None
    largest = 1 + int(pieces[1:, cv2.CC_STAT_AREA].argmax())
    left, top, width, height, _ = pieces[largest].tolist()
    if not _WIDTH[0] * height <= width <= _WIDTH[1] * height:
        return None
    box = numbers[top : top + height, left : left + width]
    return _normalised(np.asarray(cv2.inRange(box, np.array(largest), np.array(largest)), np.uint8))


def _normalised(letter: NDArray[np.uint8]) -> NDArray[np.float32]:
    smaller = letter.shape[0] >= _ROWS
    method = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    scaled = cv2.resize(letter, (_COLUMNS, _ROWS), interpolation=method).astype(np.float32)
    soft = cv2.GaussianBlur(scaled, (3, 3), 0)
    centred = (soft - np.float32(cv2.mean(soft)[0])).ravel()
    return np.asarray(centred / max(cv2.norm(centred), 1e-6), np.float32)


def _drawn(letter: str, font: int, thickness: int) -> NDArray[np.uint8]:
    """A letter, cut to its box."""
    canvas = np.zeros((_CANVAS, _CANVAS), np.uint8)
    foot = _CANVAS // 4, _CANVAS * 3 // 4
    cv2.putText(canvas, letter, foot, font, _CANVAS / 48, 255, thickness, cv2.LINE_AA)
    left, top, width, height = cv2.boundingRect(canvas)
    return canvas[top : top + height, left : left + width]


@cache
def _templates() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Letters as they are written, in all fonts each, and the R mirrored, in all fonts.

    Returns:
        Each `(_ROWS * _COLUMNS, num_letters * num_fonts)`.
    """
    written = [_drawn(letter, *font) for letter in _WRITTEN for font in _FONTS]
    mirrored = [np.ascontiguousarray(_drawn("R", *font)[:, ::-1]) for font in _FONTS]
    first, second = (
        np.stack([_normalised(letter) for letter in letters], axis=1)
        for letters in (written, mirrored)
    )
    return first, second
