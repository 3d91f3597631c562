"""Changes of recording, processing and storage, each on an image whose result is known."""

import cv2
import numpy as np
import pytest

from model_training.augmentation import appearance
from model_training.augmentation.augment import augment
from model_training.augmentation.sets import Augmentation

OPTIONS = {"tone": 0.7, "shading": 0.2, "resampling": 0.5, "compression": 1.0}


@pytest.fixture(scope="module")
def film():
    return np.random.default_rng(0).integers(30, 220, (40, 32, 1)).astype(np.uint8)


def generator(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("value", [None, 0, 255])
@pytest.mark.parametrize("option", OPTIONS)
def test_films_stay_films(film, option, channels, value):
    film = np.repeat(film if value is None else np.full_like(film, value), channels, axis=-1)
    before = film.copy()

    for seed in range(8):
        changed = augment(film, Augmentation(**{option: OPTIONS[option]}), generator(seed))

        assert changed.shape == film.shape
        assert changed.dtype == np.float32
        assert changed.min() >= 0.0
        assert changed.max() <= 255.0
    np.testing.assert_array_equal(film, before)


@pytest.mark.parametrize("option", OPTIONS)
def test_a_seed_gives_the_same_film_again_and_another_another(film, option):
    options = Augmentation(**{option: OPTIONS[option]})

    first, again, other = (augment(film, options, generator(seed)) for seed in (5, 5, 6))

    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).mean() > 0.5


def test_what_is_off_draws_nothing(film):
    """So that runs of before these options are repeated to the last bit."""
    source = generator()

    before = source.bit_generator.state
    augment(film, Augmentation(), source)
    drawn = generator()
    for _ in range(2):  # skull and markers
        drawn.random()
    drawn.random()  # mirror
    drawn.uniform(-1, 1)
    drawn.uniform(-1, 1, 2)
    drawn.uniform(-1, 1, 2)
    for _ in range(5):  # gamma, contrast, brightness, sharpness, noise
        drawn.uniform(-1, 1)
    drawn.random()  # occlusion

    assert source.bit_generator.state == drawn.bit_generator.state != before


def test_a_tone_curve_rises_and_is_one_for_the_whole_film():
    ramp = np.tile(np.arange(256, dtype=np.float32)[None, :, None], (3, 1, 1))

    for seed in range(8):
        changed = appearance.change_tone(ramp, 1.0, generator(seed))

        assert (np.diff(changed[0, :, 0]) >= 0).all()
        np.testing.assert_array_equal(changed[0], changed[2])
        assert changed[0, -1, 0] == pytest.approx(255, abs=1e-3)


def test_a_tone_of_little_strength_changes_little(film):
    image = film.astype(np.float32)

    weak, strong = (
        np.abs(appearance.change_tone(image, share, generator(2)) - image).max()
        for share in (0.05, 1.0)
    )

    assert weak <= 0.05 * 255
    assert strong == pytest.approx(weak * 20, rel=1e-3)


def test_shading_is_smooth_and_within_its_amplitude():
    grey = np.full((64, 64, 1), 128, np.float32)

    fields = [appearance.shade(grey, 0.2, generator(seed)) - 128 for seed in range(12)]

    assert max(np.abs(field).max() for field in fields) <= 0.2 * 255
    assert max(np.ptp(field) for field in fields) > 20
    assert max(np.abs(np.diff(field[..., 0], axis=0)).max() for field in fields) < 16


def test_resampling_takes_fine_detail_and_leaves_coarse():
    board = (np.indices((64, 64)).sum(axis=0) % 2 * 200).astype(np.float32)[..., None]
    halves = np.repeat([[50.0, 200.0]], 64, axis=0).repeat(32, axis=1)[..., None]

    lost = [appearance.resample(board, 0.6, generator(seed)).std() for seed in range(16)]
    kept = [
        appearance.resample(halves.astype(np.float32), 0.6, generator(seed)) for seed in range(16)
    ]

    assert min(lost) < 50 < board.std()
    for one in kept:
        np.testing.assert_allclose(one[:, :26], 50, atol=2)
        np.testing.assert_allclose(one[:, 38:], 200, atol=2)


def test_compression_is_a_jpeg_of_one_of_the_qualities(film):
    smooth = cv2.GaussianBlur(film, (0, 0), 2.0)[..., None].astype(np.float32)
    copies = [
        cv2.imdecode(
            cv2.imencode(".jpg", smooth.round().astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, q])[1],
            cv2.IMREAD_UNCHANGED,
        )
        for q in range(20, 91)
    ]

    for seed in range(4):
        changed = appearance.compress(smooth, generator(seed))

        assert any(np.array_equal(changed[..., 0], copy) for copy in copies)


def test_a_share_of_the_films_is_compressed(film):
    source = generator()
    options = Augmentation(compression=0.5)

    same = [np.array_equal(augment(film, options, source), film) for _ in range(40)]

    assert 10 <= sum(same) <= 30
