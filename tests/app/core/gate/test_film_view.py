"""A film at the sizes that the gate looks at."""

from __future__ import annotations

import numpy as np
import pytest

from app.core.gate.film_view import SMALL_SIDE, FilmView
from app.core.images.film import Film


@pytest.mark.parametrize("shape", [(700, 520), (601, 767, 3), (700, 2)])
def test_a_film_reduced_by_three_has_the_rounded_mean_of_nine_pixels(shape):
    pixels = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    step = 3
    rows, columns = shape[0] // step, max(1, shape[1] // step)
    whole = pixels[: rows * step, : columns * step]
    wide = whole.shape[1] // columns
    blocks = whole.reshape(rows, step, columns, wide, *shape[2:])

    small = FilmView(Film(pixels)).small_in_colour

    assert max(small.shape[:2]) <= SMALL_SIDE
    np.testing.assert_array_equal(small, np.rint(blocks.mean(axis=(1, 3))).astype(np.uint8))
