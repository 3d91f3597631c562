import numpy as np
import pytest

from model_training import augment
from model_training.config import AUGMENTATIONS

SHIFTING = [name for name in AUGMENTATIONS if name != "none"]


@pytest.fixture(scope="module")
def films():
    """Noise, a black and a white film: the edges of the range."""
    films = np.random.default_rng(0).uniform(0, 255, (16, 24, 24, 1)).astype(np.float32)
    films[0], films[1] = 0.0, 255.0
    return films


def test_none_is_none():
    assert augment.build("none", seed=0) is None


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(ValueError, match="'classic', 'medical'"):
        augment.build("strong", seed=0)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("name", SHIFTING)
def test_films_stay_films(films, name, channels):
    films = np.repeat(films, channels, axis=-1)
    before = films.copy()
    layers = augment.build(name, seed=2**32 - 1)

    for _ in range(3):
        changed = np.asarray(layers(films, training=True))
        assert changed.shape == films.shape
        assert changed.dtype == np.float32
        assert changed.min() >= 0.0
        assert changed.max() <= 255.0
        assert np.isfinite(changed).all()
        assert np.abs(changed - films).mean() > 1
    np.testing.assert_array_equal(films, before)


@pytest.mark.parametrize("name", SHIFTING)
def test_a_seed_gives_the_same_films_again_and_each_batch_is_new(films, name):
    first, second = augment.build(name, seed=5), augment.build(name, seed=5)
    other = augment.build(name, seed=6)

    batches = [np.asarray(layers(films, training=True)) for layers in (first, second, other)]
    np.testing.assert_array_equal(batches[0], batches[1])
    assert np.abs(batches[0] - batches[2]).mean() > 1
    assert np.abs(np.asarray(first(films, training=True)) - batches[0]).mean() > 1


@pytest.mark.parametrize("name", SHIFTING)
def test_the_films_of_a_batch_are_changed_differently(films, name):
    same = np.repeat(films[2:3], 16, axis=0)

    changed = np.asarray(augment.build(name, seed=0)(same, training=True))

    assert len(np.unique(changed.reshape(16, -1), axis=0)) == 16


def test_gamma_is_one_power_of_a_film():
    ramp = np.broadcast_to(np.linspace(1, 255, 64, dtype=np.float32)[:, None, None], (4, 64, 1, 1))

    changed = np.asarray(augment.RandomGamma(0.6, seed=0)(ramp))

    powers = np.log(changed[:, :-1] / 255) / np.log(ramp[:, :-1] / 255)
    assert np.ptp(powers, axis=1).max() < 1e-3
    assert np.abs(np.log(powers)).max() <= 0.6 + 1e-4
    assert np.ptp(powers.mean(axis=1)) > 0.05


def test_noise_is_at_most_as_strong_as_it_says():
    grey = np.full((32, 64, 64, 1), 128, np.float32)

    deviations = np.asarray(augment.RandomNoise(8.0, seed=0)(grey)).std(axis=(1, 2, 3))

    assert deviations.max() < 8.0 * 1.05
    assert deviations.max() > 4.0
    assert np.ptp(deviations) > 2.0


def test_softness_keeps_the_mean_and_changes_the_edges():
    board = np.indices((32, 32)).sum(axis=0) % 2 * 100.0 + 60
    films = np.broadcast_to(board[None, :, :, None], (16, 32, 32, 1)).astype(np.float32)

    changed = np.asarray(augment.RandomSoftness(0.8, seed=1)(films))
    contrast = changed[:, 8:24, 8:24].std(axis=(1, 2, 3)) / films[0, 8:24, 8:24].std()

    np.testing.assert_allclose(changed[:, 8:24, 8:24].mean(axis=(1, 2, 3)), 110, atol=3)
    assert contrast.min() < 0.8
    assert contrast.max() > 1.1
