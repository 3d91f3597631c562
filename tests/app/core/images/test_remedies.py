"""Each remedy undoes its fault exactly."""

import cv2
import numpy as np
import pytest

from app.core.errors import REMEDIES
from app.core.images.film import Film
from app.core.images.remedies import DONE, apply


@pytest.fixture
def film():
    rng = np.random.default_rng(0)
    return Film(rng.integers(0, 256, (48, 64), np.uint8), modality="DX")


@pytest.mark.parametrize(
    ("remedy", "fault"),
    [
        ("invert", lambda pixels: 255 - pixels),
        ("turn_90", lambda pixels: cv2.rotate(pixels, cv2.ROTATE_90_COUNTERCLOCKWISE)),
        ("turn_180", lambda pixels: cv2.rotate(pixels, cv2.ROTATE_180)),
        ("turn_270", lambda pixels: cv2.rotate(pixels, cv2.ROTATE_90_CLOCKWISE)),
        ("mirror", lambda pixels: cv2.flip(pixels, 1)),
        ("remove_border", lambda pixels: np.pad(pixels, 10, constant_values=255)),
    ],
)
def test_a_remedy_undoes_its_fault(film, remedy, fault):
    faulty = Film(fault(film.pixels), modality="DX")
    before = faulty.pixels.copy()

    mended = apply(faulty, remedy)

    assert np.array_equal(mended.pixels, film.pixels)
    assert mended.pixels.flags["C_CONTIGUOUS"]
    assert mended.modality == "DX"
    assert np.array_equal(faulty.pixels, before)


def test_turning_twice_by_90_is_180(film):
    assert np.array_equal(
        apply(apply(film, "turn_90"), "turn_90").pixels, apply(film, "turn_180").pixels
    )


def test_a_film_in_colour_is_turned(film):
    colour = np.stack([film.pixels, film.pixels // 2, film.pixels // 3], axis=-1)

    turned = apply(Film(colour), "turn_90").pixels

    assert np.array_equal(turned[..., 1], apply(Film(colour[..., 1]), "turn_90").pixels)


def test_every_remedy_is_described():
    assert tuple(DONE) == REMEDIES


def test_an_unknown_remedy_is_refused(film):
    with pytest.raises(ValueError, match="turn_45"):
        apply(film, "turn_45")
