"""A film at the sizes that its statistics and the rules look at, each made once."""

from __future__ import annotations

from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from app.core.images.film import Film

# Longest side of the small film. It is reduced by a whole number, which OpenCV does ten times as
# fast as by any other, and by two six times as fast as by more.
SMALL_SIDE = 256
# Longest side at which sharpness is compared, so that films of different resolution can be.
FOCUS_SIDE = 128
_JPEG_BLOCK = 8
# Films reduced by more are reduced by an even number, of which the first pass is by two.
_LARGEST_ODD_STEP = 3


class FilmView:
    """A film at several sizes, in grey.

    Attributes:
        pixels: The film, uint8 `(rows, columns)` in grey or `(rows, columns, 3)` in RGB.
    """

    def __init__(self, film: Film) -> None:
        """Looks at a film; nothing is worked out before it is asked for."""
        self.pixels = film.pixels

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the film."""
        return self.pixels.shape[0], self.pixels.shape[1]

    @cached_property
    def small_in_colour(self) -> NDArray[np.uint8]:
        """The film, at most `SMALL_SIDE` long; grey `(rows, columns)`, or RGB with 3 channels."""
        film, step = self.pixels, self._step
        while step % 2 == 0:
            film, step = _reduced(film, 2), step // 2
        return _reduced(film, step)

    @cached_property
    def small(self) -> NDArray[np.uint8]:
        """The same in grey, `(rows, columns)`."""
        return _grey(self.small_in_colour)

    @cached_property
    def steps_across(self) -> NDArray[np.uint8]:
        """Differences of neighbours in a row of the small film, grey, `(rows, columns - 1)`."""
        return _steps_across(self.small)

    @cached_property
    def steps_down(self) -> NDArray[np.uint8]:
        """Differences of neighbours in a column of the small film, grey, `(rows - 1, columns)`."""
        return _steps_down(self.small)

    @cached_property
    def focus(self) -> NDArray[np.uint8]:
        """The film in grey, at most `FOCUS_SIDE` long, `(rows, columns)`."""
        rows, columns = self.small.shape
        scale = FOCUS_SIDE / max(rows, columns)
        if scale >= 1:
            return self.small
        size = max(1, round(columns * scale)), max(1, round(rows * scale))
        # Bilinear: at half the size or more it averages what it should, in a quarter of the time.
        return np.asarray(cv2.resize(self.small, size, interpolation=cv2.INTER_LINEAR), np.uint8)

    @cached_property
    def sampled(self) -> NDArray[np.uint8]:
        """Single pixels of the film, at most `SMALL_SIDE` a side, in grey, `(rows, columns)`.

        They have the grey levels of the film, which reducing it would mix.
        """
        step = self._step
        if step == 1:
            return self.small
        return _grey(np.ascontiguousarray(self.pixels[::step, ::step]))

    @cached_property
    def levels(self) -> NDArray[np.float32]:
        """Share of the sampled pixels at each of the 256 grey levels, `(256,)`."""
        counts = cv2.calcHist([self.sampled], [0], None, [256], [0, 256]).ravel()
        return np.asarray(counts / self.sampled.size, np.float32)

    @cached_property
    def middle(self) -> NDArray[np.uint8]:
        """The middle of the film at full resolution, at most `SMALL_SIDE` a side, in grey.

        `(rows, columns)`. It begins at a multiple of eight, as the blocks of a JPEG do.
        """
        if self._step == 1:
            return self.small
        top, left = (
            max(0, side - SMALL_SIDE) // 2 // _JPEG_BLOCK * _JPEG_BLOCK for side in self.shape
        )
        part = self.pixels[top : top + SMALL_SIDE, left : left + SMALL_SIDE]
        return _grey(np.ascontiguousarray(part))

    @cached_property
    def middle_steps_across(self) -> NDArray[np.uint8]:
        """Differences of neighbours in a row of the middle, grey, `(rows, columns - 1)`."""
        return self.steps_across if self._step == 1 else _steps_across(self.middle)

    @cached_property
    def middle_steps_down(self) -> NDArray[np.uint8]:
        """Differences of neighbours in a column of the middle, grey, `(rows - 1, columns)`."""
        return self.steps_down if self._step == 1 else _steps_down(self.middle)

    @property
    def _step(self) -> int:
        step = -(-max(self.shape) // SMALL_SIDE)
        return step + 1 if step > _LARGEST_ODD_STEP and step % 2 else step


def _reduced(pixels: NDArray[np.uint8], step: int) -> NDArray[np.uint8]:
    """The film with one pixel, the mean, for each `step * step` of them.

    Args:
        pixels: uint8 `(rows, columns)` or `(rows, columns, 3)`; those left over are left out.
        step: By how much it is reduced.
    """
    if step == 1:
        return pixels
    rows, columns = (max(1, side // step) for side in pixels.shape[:2])
    whole = pixels[: rows * step, : columns * step]
    return np.asarray(cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA), np.uint8)


def _steps_across(film: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if film.shape[1] < 2:
        return np.zeros((film.shape[0], 0), np.uint8)
    return np.asarray(cv2.absdiff(film[:, 1:], film[:, :-1]), np.uint8)


def _steps_down(film: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if film.shape[0] < 2:
        return np.zeros((0, film.shape[1]), np.uint8)
    return np.asarray(cv2.absdiff(film[1:], film[:-1]), np.uint8)


def _grey(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if pixels.ndim == 2:
        return pixels
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)
