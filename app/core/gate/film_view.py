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
# Longest side at which most is compared, so that films of different resolution can be, and side of
# the part that is looked at in full resolution.
FOCUS_SIDE = 128
_JPEG_BLOCK = 8
# Films reduced by more are reduced by an even number, of which the first pass is by two.
_LARGEST_ODD_STEP = 3


class FilmView:
    """A film at several sizes, in grey.

    Attributes:
        shape: Rows and columns of the film.
    """

    def __init__(self, film: Film) -> None:
        """Looks at a film; nothing is worked out before it is asked for."""
        self._film: NDArray[np.uint8] | None = film.pixels
        self.shape: tuple[int, int] = (film.pixels.shape[0], film.pixels.shape[1])

    def let_go(self) -> None:
        """Works out what needs the film itself, and keeps only that, whatever the film's size."""
        _ = self.small_in_colour
        if self._step > 1:
            _ = self._sampled, self.middle
        self._film = None

    @property
    def _pixels(self) -> NDArray[np.uint8]:
        """The film, uint8 `(rows, columns)` in grey or `(rows, columns, 3)` in RGB.

        Raises:
            ValueError: If the view has let go of it.
        """
        if self._film is None:
            raise ValueError("The view has let go of its film.")
        return self._film

    @cached_property
    def small_in_colour(self) -> NDArray[np.uint8]:
        """The film, at most `SMALL_SIDE` long; grey `(rows, columns)`, or RGB with 3 channels."""
        film, step = self._pixels, self._step
        while step % 2 == 0:
            film, step = _reduced(film, 2), step // 2
        return _reduced(film, step)

    @cached_property
    def small(self) -> NDArray[np.uint8]:
        """The same in grey, `(rows, columns)`."""
        return _grey(self.small_in_colour)

    @cached_property
    def steps_across(self) -> NDArray[np.uint8]:
        """Differences of neighbours in every other row of the small film, in grey.

        `(ceil(rows / 2), columns - 1)`.
        """
        return _steps_across(self.small[::2])

    @cached_property
    def steps_down(self) -> NDArray[np.uint8]:
        """Differences of neighbours in every other column of the small film, in grey.

        `(rows - 1, max(1, columns // 2))`.
        """
        rows, columns = self.small.shape
        if columns < 2:
            return _steps_down(self.small)
        # Pairs of columns as channels: as fast as a copy of single ones is slow.
        pairs = self.small[:, : columns // 2 * 2].reshape(rows, columns // 2, 2)
        return _steps_down(np.asarray(cv2.extractChannel(pairs, 0), np.uint8))

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
    def levels(self) -> NDArray[np.float32]:
        """Share of single pixels at each of the 256 grey levels, `(256,)`.

        At most `FOCUS_SIDE` pixels a side. They have the grey levels of the film, which reducing
        it would mix.
        """
        counts = cv2.calcHist([self._sampled], [0], None, [256], [0, 256]).ravel()
        return np.asarray(counts / self._sampled.size, np.float32)

    @cached_property
    def _sampled(self) -> NDArray[np.uint8]:
        """Every so many pixels of the film in grey, `(rows, columns)`."""
        step = self._step * (2 if max(self.shape) > FOCUS_SIDE else 1)
        film = self.small if self._step == 1 else self._pixels
        return _grey(np.ascontiguousarray(film[::step, ::step]))

    @cached_property
    def middle(self) -> NDArray[np.uint8]:
        """The middle of the film at full resolution, at most `FOCUS_SIDE` a side, in grey.

        `(rows, columns)`. It begins at a multiple of eight, as the blocks of a JPEG do.
        """
        top, left = (
            max(0, side - FOCUS_SIDE) // 2 // _JPEG_BLOCK * _JPEG_BLOCK for side in self.shape
        )
        film = self.small if self._step == 1 else self._pixels
        part = film[top : top + FOCUS_SIDE, left : left + FOCUS_SIDE]
        return _grey(np.ascontiguousarray(part))

    @cached_property
    def middle_steps_across(self) -> NDArray[np.uint8]:
        """Differences of neighbours in a row of the middle, grey, `(rows, columns - 1)`."""
        return _steps_across(self.middle)

    @cached_property
    def middle_steps_down(self) -> NDArray[np.uint8]:
        """Differences of neighbours in a column of the middle, grey, `(rows - 1, columns)`."""
        return _steps_down(self.middle)

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
    if step % 2 == 0 or whole.shape[:2] != (rows * step, columns * step):
        smaller = cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA)
        return np.asarray(smaller, np.uint8)
    # All means, of which few are taken, take less than half the time of those few. They are the
    # same: no mean of an odd number of pixels lies halfway between two grey levels.
    means = cv2.blur(whole, (step, step))
    return np.ascontiguousarray(means[step // 2 :: step, step // 2 :: step])


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
