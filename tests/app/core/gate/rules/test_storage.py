"""Noise is no frame, and the blocks of a compression are no seam."""

import cv2
import numpy as np
import pytest

from app.core.bundles.network_input import Input
from app.core.errors import RefusedImageError
from app.core.gate.film_view import FilmView
from app.core.gate.image_statistics import image_statistics, view_statistics
from app.core.gate.rules.check import check_look
from app.core.gate.rules.look import Look
from app.core.gate.statistic_ranges import StatisticRanges
from app.core.images.film import Film

SIDE = 224


def film(seed: int) -> np.ndarray:
    """A smooth picture with many grey levels, as a radiograph is."""
    rng = np.random.default_rng(seed)
    coarse = rng.uniform(40, 200, (6, 6)).astype(np.float32)
    smooth = cv2.resize(coarse, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
    return np.clip(smooth + rng.normal(0, 2, smooth.shape), 0, 255).astype(np.uint8)


def compressed(pixels: np.ndarray) -> np.ndarray:
    content = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 3])[1]
    return np.asarray(cv2.imdecode(content, cv2.IMREAD_GRAYSCALE), np.uint8)


def noisy(pixels: np.ndarray) -> np.ndarray:
    noise = np.random.default_rng(1).normal(0, 45, pixels.shape)
    return np.clip(pixels + noise, 0, 255).astype(np.uint8)


def black_and_white(pixels: np.ndarray) -> np.ndarray:
    return np.where(pixels > 120, 200, 90).astype(np.uint8)


def side_by_side(pixels: np.ndarray) -> np.ndarray:
    return np.concatenate([pixels, 255 - film(99)], axis=1)


def four_with_gaps(pixels: np.ndarray) -> np.ndarray:
    """Parts of four films with white gaps, whose edges lie where JPEG blocks would begin."""
    half = SIDE // 2
    joined = pixels.copy()
    joined[:half, half:], joined[half:, :half] = film(98)[:half, half:], film(99)[half:, :half]
    joined[:, half : half + 8] = joined[half : half + 8] = 255
    return joined


def code_of(pixels: np.ndarray) -> str:
    ranges = StatisticRanges.from_films([image_statistics(Film(film(seed))) for seed in range(80)])
    size = Input(height=96, width=96, channels=1, fit="stretch")
    view = FilmView(Film(pixels))
    try:
        check_look(Look(pixels.shape[:2], view_statistics(view), ranges, size, view))
    except RefusedImageError as error:
        return error.code
    return ""


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (compressed, "compressed"),
        (noisy, "noisy"),
        (black_and_white, "few_grey_levels"),
        (side_by_side, "several_films"),
        (four_with_gaps, "several_films"),
    ],
)
def test_a_film_is_refused_for_what_is_wrong_with_it(change, code):
    assert code_of(film(100)) == ""

    assert code_of(change(film(100))) == code
