"""Bars are found to the pixel; a surround that belongs to the film is left alone."""

import cv2
import numpy as np
import pytest

from app.core.images.borders import Inside, cut_border, inside_border


@pytest.fixture
def film():
    rng = np.random.default_rng(0)
    smooth = cv2.GaussianBlur(rng.uniform(0, 255, (120, 100)).astype(np.float32), (0, 0), 3.0)
    return np.uint8(cv2.normalize(smooth, None, 40, 215, cv2.NORM_MINMAX))


def padded(film, top, bottom, left, right, level):
    return cv2.copyMakeBorder(
        film, top, bottom, left, right, cv2.BORDER_CONSTANT, value=(level,) * 3
    )


def test_a_film_without_a_border_is_whole(film):
    assert inside_border(film) == Inside(0, 0, 120, 100)


@pytest.mark.parametrize("level", [0, 255])
@pytest.mark.parametrize("sides", [(12, 12, 12, 12), (0, 20, 0, 0), (0, 0, 9, 17), (5, 6, 7, 8)])
def test_bars_are_found(film, level, sides):
    top, _, left, _ = sides

    assert inside_border(padded(film, *sides, level)) == Inside(top, left, 120, 100)


def test_a_frame_of_white_around_black(film):
    framed = padded(padded(film, 6, 6, 6, 6, 0), 4, 4, 4, 4, 255)

    assert inside_border(framed) == Inside(10, 10, 120, 100)


def test_a_few_letters_on_a_bar_do_not_hide_it(film):
    framed = padded(film, 20, 0, 0, 0, 0)
    framed[8:14, 4:7] = 255

    assert inside_border(framed) == Inside(20, 0, 120, 100)


def test_a_border_survives_a_jpeg(film):
    framed = padded(film, 16, 16, 16, 16, 255)
    coded = cv2.imdecode(cv2.imencode(".jpg", framed, [cv2.IMWRITE_JPEG_QUALITY, 75])[1], 0)

    found = inside_border(coded)

    assert np.abs(np.subtract(found, (16, 16, 120, 100))).max() <= 2


def test_a_round_head_on_black_has_no_border():
    head = np.zeros((200, 200), np.uint8)
    cv2.ellipse(head, (100, 100), (60, 80), 0, 0, 360, 180, -1)

    assert inside_border(head) == Inside(0, 0, 200, 200)


def test_a_uniform_film_is_left_whole():
    assert inside_border(np.full((50, 60), 9, np.uint8)) == Inside(0, 0, 50, 60)


def test_a_film_in_colour_is_cut(film):
    colour = np.repeat(film[..., np.newaxis], 3, axis=2)

    assert np.array_equal(cut_border(padded(colour, 12, 12, 12, 12, 0)), colour)


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (40, 1), (2, 2)])
def test_the_smallest_films_are_left_whole(shape):
    pixels = np.random.default_rng(0).integers(0, 256, shape, np.uint8)

    assert inside_border(pixels)[2:] == shape
