"""Films brought to a network's input, and to a screen."""

from functools import partial
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from app.core.images import display, geometry
from app.core.images.film import Film
from tests.pictures import coloured

STRETCH = partial(geometry.fit, how="stretch")
PAD = partial(geometry.fit, how="pad")


# To the network's input.


@pytest.mark.parametrize("fit", [STRETCH, PAD])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("is_grey", [True, False])
def test_fit_gives_the_shape_asked_for(film, fit, channels, is_grey):
    pixels = film if is_grey else coloured(film)
    before = pixels.copy()
    found = fit(Film(pixels), height=50, width=70, channels=channels)
    assert (found.shape, found.dtype) == ((50, 70, channels), np.uint8)
    np.testing.assert_array_equal(pixels, before)


def test_stretch_averages_over_the_covered_area():
    pixels = np.array([[0, 10, 100, 100], [20, 30, 200, 200]], np.uint8)
    found = STRETCH(Film(pixels), height=1, width=2, channels=1)
    assert found[..., 0].tolist() == [[15, 150]]


def test_grey_in_three_channels_is_the_same_thrice(film):
    one = STRETCH(Film(film), height=40, width=40, channels=1)
    three = STRETCH(Film(film), height=40, width=40, channels=3)
    np.testing.assert_array_equal(three, np.repeat(one, 3, axis=-1))


def test_size_that_fits_is_left_alone(film):
    found = STRETCH(Film(film), height=90, width=120, channels=1)
    np.testing.assert_array_equal(found[..., 0], film)


def test_colour_becomes_luminance():
    red = np.zeros((4, 4, 3), np.uint8)
    red[..., 0] = 200
    found = STRETCH(Film(red), height=4, width=4, channels=1)
    assert (found == 60).all()  # 0.299 * 200 = 59.8


def test_side_that_shrinks_does_not_alias_while_the_other_grows():
    stripes = np.tile(np.array([0, 240], np.uint8), (40, 300))  # 40 rows, 600 columns
    found = STRETCH(Film(stripes), height=64, width=40, channels=1)
    assert set(np.unique(found)) == {112, 128}  # 7 or 8 of 15 columns are white


@pytest.mark.parametrize(
    ("film_shape", "box"),
    [
        ((100, 200), (25, 0, 50, 100)),  # twice as wide as high: half of the rows are used
        ((200, 100), (0, 25, 100, 50)),
        ((64, 64), (0, 0, 100, 100)),
        ((3, 1000), (49, 0, 1, 100)),  # 0.3 rows are one
    ],
)
def test_padded_box_worked_by_hand(film_shape, box):
    assert geometry.padded_box(film_shape, height=100, width=100) == box


def test_pad_lays_the_film_on_black(film):
    found = PAD(Film(film), height=60, width=60, channels=1)[..., 0]
    top, left, rows, columns = geometry.padded_box(film.shape, height=60, width=60)
    inner = STRETCH(Film(film), height=rows, width=columns, channels=1)[..., 0]
    np.testing.assert_array_equal(found[top : top + rows, left : left + columns], inner)
    outside = np.ones((60, 60), bool)
    outside[top : top + rows, left : left + columns] = False
    assert not found[outside].any()


@pytest.mark.parametrize("shape", [(32, 100_000), (100_000, 32)])
def test_very_long_film_is_fitted(shape):
    long = np.zeros(shape, np.uint8)
    long[: shape[0] // 2] = 200
    assert PAD(Film(long), height=64, width=64, channels=1).shape == (64, 64, 1)
    assert STRETCH(Film(long), height=64, width=64, channels=1)[0, 0, 0] == 200


# For showing.


def test_shrunk_keeps_the_aspect_and_what_is_small_enough(film):
    whole = Film(film, "CR")
    assert geometry.shrunk(whole, 60).pixels.shape == (45, 60)
    assert geometry.shrunk(whole, 60).modality == "CR"
    assert geometry.shrunk(whole, 120) is whole
    assert geometry.shrunk(Film(np.zeros((1, 900), np.uint8)), 60).pixels.shape == (1, 60)


@pytest.mark.parametrize("is_grey", [True, False])
def test_jpeg_for_showing_keeps_its_colours(film, is_grey):
    pixels = film if is_grey else coloured(film)
    shown = np.asarray(Image.open(BytesIO(display.jpeg(Film(pixels), quality=95))))
    assert shown.shape == pixels.shape
    assert np.abs(shown.astype(int) - pixels).mean() < 4
