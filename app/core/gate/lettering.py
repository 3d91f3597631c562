"""Finds lines of letters in a film: strokes of one height that stand side by side."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from app.core.gate.film_view import FilmView
from app.core.gate.pieces import pieces_of

# Strokes are narrower than this, in pixels of the small film, and stand out by so many levels.
_STROKE = 9
_CONTRAST = 70
_ALL_ROUND, _ACROSS = np.ones((_STROKE, _STROKE), np.uint8), np.ones((1, _STROKE), np.uint8)
# Height of a letter, width relative to its height, and the part of its box that it fills.
_HEIGHT = (4, 26)
_WIDEST = 2.0
_FULL = 0.15
_FEWEST_PIXELS = 5
# Letters of a line: the space between two, and how heights and feet may differ, in heights.
_SPACE = 1.6
_HEIGHTS = 1.7
_FEET = 0.25
# A row of pixels crosses a line of text at least so often; so many rows do.
_FEWEST_LETTERS = 6
_FEWEST_ROWS = 3
# Neighbouring pixels at the edge of a stroke differ by this much, at half of its contrast.
_STEP = 40
# More pieces are the grain of a film; the text in them is not looked for.
_MOST_PIECES = 600


def letters_in_line(view: FilmView) -> int:
    """How many letters the longest line of text in a film has; 0 for lines of fewer than 6.

    Ribs and gyri make lines of up to 5 in films without any text.
    """
    if not _is_worth_looking(view):
        return 0
    return max(_longest_line(view.small, how) for how in (cv2.MORPH_TOPHAT, cv2.MORPH_BLACKHAT))


def _is_worth_looking(view: FilmView) -> bool:
    """Whether some rows have two steps for each of so many strokes, which few films have."""
    if view.steps_across.size == 0:
        return False
    steps = cv2.threshold(view.steps_across, _STEP - 1, 1, cv2.THRESH_BINARY)[1]
    crossings = cv2.reduce(steps, 1, cv2.REDUCE_SUM, None, cv2.CV_32S)
    fewest = _FEWEST_ROWS // 2  # of every other row
    return bool(np.count_nonzero(crossings >= 2 * _FEWEST_LETTERS) >= fewest)


def _longest_line(film: NDArray[np.uint8], how: int) -> int:
    """The most letters in a line of bright (top-hat) or dark (black-hat) strokes."""
    # What is narrow across every other row first: a quarter of the work, and few films have it.
    if not _are_crossed(_strokes(film[::2], how, _ACROSS), _FEWEST_ROWS // 2):
        return 0
    mask = _strokes(film, how, _ALL_ROUND)
    if not _are_crossed(mask, _FEWEST_ROWS):
        return 0
    pieces = pieces_of(mask)
    _, _, width, height, area = pieces.T
    is_letter = (
        (height >= _HEIGHT[0]) & (height <= _HEIGHT[1]) & (width <= _WIDEST * height)
        & (area >= np.maximum(_FEWEST_PIXELS, _FULL * width * height))
    )  # fmt: skip
    letters = pieces[is_letter]
    if not _FEWEST_LETTERS <= len(letters) <= _MOST_PIECES:
        return 0
    longest = _longest_chain(letters[np.argsort(letters[:, 0], kind="stable")])
    return longest if longest >= _FEWEST_LETTERS else 0


def _strokes(film: NDArray[np.uint8], how: int, kernel: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """1 where a film stands out from what is around it, else 0, of the shape of `film`."""
    strokes = cv2.morphologyEx(film, how, kernel)
    return np.asarray(cv2.threshold(strokes, _CONTRAST - 1, 1, cv2.THRESH_BINARY)[1], np.uint8)


def _are_crossed(mask: NDArray[np.uint8], fewest: int) -> bool:
    """Whether so many rows cross nearly as many strokes as a line of text has."""
    edges = cv2.absdiff(mask[:, 1:], mask[:, :-1])
    crossings = cv2.reduce(edges, 1, cv2.REDUCE_SUM, None, cv2.CV_32S)
    return bool(np.count_nonzero(crossings >= 2 * _FEWEST_LETTERS - 2) >= fewest)


def _longest_chain(letters: NDArray[np.int32]) -> int:
    """The most letters of which each follows the one before.

    Args:
        letters: Left, top, width, height and area of each, by their left end, `(num_letters, 5)`.
    """
    left, top, width, height, _ = letters.T
    foot, right = top + height, left + width
    taller = np.maximum(height[:, np.newaxis], height)
    space = left[:, np.newaxis] - right
    follows = (
        (space >= -1) & (space <= _SPACE * taller)
        & (np.abs(foot[:, np.newaxis] - foot) <= _FEET * taller + 0.5)
        & (taller <= _HEIGHTS * np.minimum(height[:, np.newaxis], height))
    )  # fmt: skip
    follows &= np.tri(len(letters), k=-1, dtype=np.bool_)  # only those that begin further left
    length = np.ones(len(letters), np.int64)
    for place in np.flatnonzero(follows.any(axis=1)):
        length[place] += length[follows[place]].max()
    return int(length.max())
