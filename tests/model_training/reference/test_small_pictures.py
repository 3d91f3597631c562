"""Small pictures: their size, their colours, and how much they take together."""

import cv2
import numpy as np
import pytest

from app.core.images.film import Film
from model_training.reference.small_pictures import small_picture, within_size


def shown(picture):
    return cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_UNCHANGED)


def test_the_longer_side_is_160_pixels_and_grey_stays_grey():
    film = Film(np.full((400, 800), 90, np.uint8))

    (picture,) = within_size([small_picture(film)])

    assert shown(picture).shape == (80, 160)
    assert shown(picture) == pytest.approx(np.full((80, 160), 90), abs=1)


def test_colours_are_those_of_the_film():
    red = np.zeros((50, 40, 3), np.uint8)
    red[..., 0] = 200

    (picture,) = within_size([small_picture(Film(red))])

    assert shown(picture)[25, 20, ::-1] == pytest.approx([200, 0, 0], abs=4)


def test_pictures_that_take_too_much_are_of_lower_quality():
    rng = np.random.default_rng(0)
    noise = [small_picture(Film(rng.integers(0, 256, (160, 160), np.uint8))) for _ in range(4)]
    best = within_size(noise)
    limit = sum(map(len, best)) - 1

    smaller = within_size(noise, most_bytes=limit)

    assert sum(map(len, smaller)) <= limit
    assert [shown(one).shape for one in smaller] == [(160, 160)] * 4
