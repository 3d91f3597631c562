"""What spoils a film: noise, blur, black and white; closer limits than the other rules have."""

import cv2
import numpy as np
import pytest

from app.core.errors import RefusedImageError
from app.core.gate.film_view import FilmView
from app.core.gate.rules.quality import check_quality
from app.core.images.film import Film
from tests.app.core.gate.rules.looks import look

USUAL = {
    "sharpness": (-2, 0), "noise": (-2, 1), "black": (0, 0.3), "white": (0, 0.05),
    "mean": (0.1, 0.9), "levels": (0.3, 1.1), "colour": (0.01, 0.3),
}  # fmt: skip
FILM = {
    "sharpness": -1,
    "noise": 0,
    "black": 0.1,
    "white": 0.01,
    "mean": 0.5,
    "levels": 0.8,
    "colour": 0.1,
}


def smooth(seed: int = 0) -> np.ndarray:
    """Structures of about three pixels without a direction."""
    noise = np.random.default_rng(seed).normal(size=(128, 128)).astype(np.float32)
    film = cv2.GaussianBlur(noise, (0, 0), 1.5)
    return np.clip(120 + 40 * film / film.std(), 0, 255).astype(np.uint8)


def moved(film: np.ndarray, *, along: int) -> np.ndarray:
    kernel = np.full((1, 9), 1 / 9) if along == 1 else np.full((9, 1), 1 / 9)
    return np.asarray(cv2.filter2D(film, -1, kernel), np.uint8)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"noise": 4.1}, "noisy"),  # all over, whatever the sharpness
        ({"noise": 1.1, "sharpness": 0.1}, "noisy"),  # a fine pattern
        ({"sharpness": -1.8}, "blurred"),  # in the lowest eighth of the range
        ({"black": 0.4}, "too_dark"),
        ({"white": 0.1}, "too_bright"),
        ({"mean": 0.75, "levels": 0.45}, "too_bright"),  # washed out
        ({"colour": 0.0}, "grey_picture"),
    ],
)
def test_a_spoilt_film_is_refused_for_what_spoils_it(change, code):
    with pytest.raises(RefusedImageError) as refused:
        check_quality(look(FILM | change, **USUAL))

    assert refused.value.code == code
    assert refused.value.remedy is None


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"noise": 1.1},
        {"sharpness": 0.1},
        {"sharpness": -1.7},
        {"noise": 3.9},
        {"mean": 0.75},
        {"levels": 0.45},
    ],
)
def test_what_other_places_have_passes(change):
    check_quality(look(FILM | change, **USUAL))


def test_a_reference_without_ranges_has_no_limits():
    check_quality(look({"sharpness": -4.0, "noise": 8.0, "white": 1.0}))


@pytest.mark.parametrize(("along", "sharpness", "is_refused"), [
    (0, -1.6, True), (1, -1.6, True), (0, -1.4, False), (None, -1.6, False),
])  # fmt: skip
def test_motion_is_told_of_films_that_are_also_little_sharp(along, sharpness, is_refused):
    pixels = smooth() if along is None else moved(smooth(), along=along)
    seen = look(FILM | {"sharpness": sharpness}, view=FilmView(Film(pixels)), **USUAL)

    if is_refused:
        with pytest.raises(RefusedImageError, match="blurred"):
            check_quality(seen)
    else:
        check_quality(seen)


def test_a_film_of_one_pixel_has_no_direction():
    seen = look(
        FILM | {"sharpness": -1.6}, view=FilmView(Film(np.zeros((1, 1), np.uint8))), **USUAL
    )

    check_quality(seen)
