"""Small pictures: their size, their colours, and how much they take together."""

import cv2
import numpy as np
import pytest

from app.core.images.film import Film
from model_training.reference.small_pictures import small_pixels, within_size


def shown(film):
    (picture,) = within_size({"a": small_pixels(film)}).values()
    return cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_UNCHANGED)


def test_the_longer_side_is_160_pixels_and_grey_stays_grey():
    picture = shown(Film(np.full((400, 800), 90, np.uint8)))

    assert picture.shape == (80, 160, 3)
    assert picture == pytest.approx(np.full((80, 160, 3), 90), abs=1)


def test_colours_are_those_of_the_film():
    red = np.zeros((50, 40, 3), np.uint8)
    red[..., 0] = 200

    assert shown(Film(red))[25, 20, ::-1] == pytest.approx([200, 0, 0], abs=4)


def test_pictures_that_take_too_much_are_of_lower_quality():
    rng = np.random.default_rng(0)
    noise = {f"{number}": rng.integers(0, 256, (160, 160)).astype(np.uint8) for number in range(4)}
    best = within_size(noise)
    limit = sum(map(len, best.values())) - 1

    smaller = within_size(noise, most_bytes=limit)

    assert sum(map(len, smaller.values())) <= limit
    assert list(smaller) == list(noise)
