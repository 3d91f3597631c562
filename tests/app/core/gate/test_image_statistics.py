"""Each figure on films whose value is worked out by hand, and on real ones."""

import math
import weakref

import cv2
import numpy as np
import pytest

from app.core.gate.film_view import FilmView
from app.core.gate.image_statistics import NAMES, image_statistics, view_statistics
from app.core.images.film import Film


def statistics(pixels):
    return dict(zip(NAMES, image_statistics(Film(pixels)).tolist(), strict=True))


def shades(rows=64, columns=128, low=0, high=255):
    ramp = np.linspace(low, high, columns)
    return np.repeat(np.uint8(np.rint(ramp))[np.newaxis], rows, axis=0)


def test_a_film_half_black_half_white():
    film = np.zeros((64, 128), np.uint8)
    film[:, 64:] = 255

    found = statistics(film)

    assert found["size"] == pytest.approx(math.log2(math.sqrt(64 * 128)))
    assert found["aspect"] == pytest.approx(1)
    assert found["mean"] == pytest.approx(0.5)
    assert found["contrast"] == pytest.approx(0.5)
    assert found["entropy"] == pytest.approx(1)
    assert found["levels"] == pytest.approx(1 / 256)
    assert found["black"] == pytest.approx(0.5)
    assert found["white"] == pytest.approx(0.5)
    assert found["surround"] == pytest.approx(0.5)
    assert found["symmetry"] == pytest.approx(-1)
    assert found["colour"] == 0


def test_the_surround_is_the_outermost_part_only():
    film = np.full((64, 64), 255, np.uint8)
    film[2:-2, 2:-2] = 0

    assert statistics(film)["surround"] == pytest.approx(1)


def test_colour_is_the_strongest_minus_the_weakest():
    film = np.zeros((40, 40, 3), np.uint8)
    film[..., 0], film[..., 2] = 204, 51
    film[::2] = 128

    assert statistics(film)["colour"] == pytest.approx(0.4, abs=0.001)


def test_blur_lowers_sharpness_and_exposure_does_not_change_it():
    rng = np.random.default_rng(0)
    film = np.uint8(cv2.GaussianBlur(rng.uniform(0, 255, (128, 128)), (0, 0), 1.0))
    darker = np.uint8(film * 0.5)

    sharp, blurred = statistics(film), statistics(cv2.GaussianBlur(film, (0, 0), 3.0))

    assert blurred["sharpness"] < sharp["sharpness"] - 1
    assert statistics(darker)["sharpness"] == pytest.approx(sharp["sharpness"], abs=0.03)


@pytest.mark.parametrize("sigma", [2.0, 8.0])
def test_noise_is_its_standard_deviation(sigma):
    rng = np.random.default_rng(0)
    film = np.uint8(np.clip(np.rint(rng.normal(128, sigma, (256, 256))), 0, 255))

    assert statistics(film)["noise"] == pytest.approx(math.log2(sigma), abs=0.08)


@pytest.mark.parametrize("shift", [0, 3])
def test_blocks_of_a_jpeg_are_found_wherever_they_begin(shift):
    rng = np.random.default_rng(0)
    film = np.uint8(cv2.GaussianBlur(rng.uniform(0, 255, (256, 256)), (0, 0), 4.0))
    coded = cv2.imdecode(cv2.imencode(".jpg", film, [cv2.IMWRITE_JPEG_QUALITY, 10])[1], 0)

    assert statistics(film)["blockiness"] < 0.5
    assert statistics(coded[shift:, shift:])["blockiness"] > 1


def test_a_film_in_another_resolution_has_the_same_brightness_and_sharpness():
    rng = np.random.default_rng(0)
    film = np.uint8(cv2.GaussianBlur(rng.uniform(0, 255, (1024, 1024)), (0, 0), 20.0))
    quarter = cv2.resize(film, (256, 256), interpolation=cv2.INTER_AREA)

    large, small = statistics(film), statistics(quarter)

    assert large["size"] - small["size"] == pytest.approx(2)
    for name in ("mean", "contrast", "entropy", "surround", "symmetry"):
        assert large[name] == pytest.approx(small[name], abs=0.02), name
    assert large["sharpness"] == pytest.approx(small["sharpness"], abs=0.05)


@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (500, 1), (3, 3), (16, 16, 3), (17, 4000)])
def test_every_shape_has_finite_figures(shape):
    film = np.random.default_rng(0).integers(0, 256, shape, np.uint8)

    found = image_statistics(Film(film))

    assert found.shape == (len(NAMES),)
    assert found.dtype == np.float32
    assert np.isfinite(found).all()


def test_a_film_without_contrast_has_finite_figures():
    assert np.isfinite(image_statistics(Film(np.full((50, 50), 7, np.uint8)))).all()


def test_symmetry_is_the_correlation_with_the_mirror_image():
    film = np.random.default_rng(0).integers(0, 256, (64, 64), np.uint8)
    film[:, 32:] = film[:, 31::-1] // 2
    expected = np.corrcoef(film.ravel(), film[:, ::-1].ravel())[0, 1]

    assert statistics(film)["symmetry"] == pytest.approx(expected, abs=1e-5)


def test_every_figure_is_described():
    from app.core.gate import image_statistics as module

    described = [line.split("`")[1] for line in module.__doc__.splitlines() if "| `" in line]

    assert tuple(described) == NAMES


def test_the_film_is_not_changed():
    film = shades()
    before = film.copy()

    image_statistics(Film(film))

    assert np.array_equal(film, before)


@pytest.mark.parametrize("shape", [(1, 1), (200, 300), (512, 512), (700, 901), (600, 1024, 3)])
def test_a_film_is_let_go_before_its_figures_are_worked_out(shape):
    film = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    expected = image_statistics(Film(film))
    kept = weakref.ref(film)
    view = FilmView(Film(film))

    view.let_go()
    del film

    assert kept() is None or max(shape) <= 256  # a small film is what is looked at
    assert np.array_equal(view_statistics(view), expected)


# Four times and three times as long as is looked at; only of the first it is a whole number.
@pytest.mark.parametrize("columns", [1024, 900])
def test_grey_levels_are_counted_of_every_so_many_pixels(columns):
    film = np.random.default_rng(0).integers(0, 99, (1024, columns), np.uint8)

    levels = FilmView(Film(film)).levels

    sampled = film[::8, ::8]
    expected = np.bincount(sampled.ravel(), minlength=256) / sampled.size
    assert levels == pytest.approx(expected, abs=1e-7)


def test_sharpness_and_noise_are_those_of_whole_numbers():
    film = np.random.default_rng(0).integers(0, 256, (128, 100), np.uint8)
    padded = np.pad(film.astype(int), 1, mode="reflect")
    centre, above, below = padded[1:-1, 1:-1], padded[:-2, 1:-1], padded[2:, 1:-1]
    laplacian = above + below + padded[1:-1, :-2] + padded[1:-1, 2:] - 4 * centre
    across = padded[:, 2:] + padded[:, :-2] - 2 * padded[:, 1:-1]
    twice = across[2:] + across[:-2] - 2 * across[1:-1]

    found = statistics(film)

    assert found["sharpness"] == pytest.approx(
        math.log10((laplacian**2).mean() / film.var()), abs=1e-6
    )
    strength = np.abs(twice).mean() * math.sqrt(math.pi / 2) / 6
    assert found["noise"] == pytest.approx(math.log2(strength + 0.01), abs=1e-6)
