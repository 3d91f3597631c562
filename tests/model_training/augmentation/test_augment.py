from dataclasses import replace

import numpy as np
import pytest

from model_training.augmentation.augment import augment, mix
from model_training.augmentation.sets import AUGMENTATIONS, Augmentation, choose, parse_changes

SETS = [name for name in AUGMENTATIONS if name != "none"]


@pytest.fixture(scope="module")
def film():
    return np.random.default_rng(0).integers(30, 220, (40, 32, 1)).astype(np.uint8)


def generator(seed=0):
    return np.random.default_rng(seed)


def repeated(film, options, count=24):
    source = generator()
    return np.stack([augment(film, options, source) for _ in range(count)])


def test_none_leaves_the_film_as_it_is(film):
    changed = augment(film, AUGMENTATIONS["none"], generator())

    assert changed.dtype == np.float32
    np.testing.assert_array_equal(changed, film)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("value", [None, 0, 255])
@pytest.mark.parametrize("name", SETS)
def test_films_stay_films(film, name, channels, value):
    film = np.repeat(film if value is None else np.full_like(film, value), channels, axis=-1)
    before = film.copy()

    changed = repeated(film, AUGMENTATIONS[name])

    assert changed.shape == (24, *film.shape)
    assert changed.dtype == np.float32
    assert changed.min() >= 0.0
    assert changed.max() <= 255.0
    assert np.isfinite(changed).all()
    np.testing.assert_array_equal(film, before)


@pytest.mark.parametrize("name", SETS)
def test_a_seed_gives_the_same_film_again_and_another_another(film, name):
    options = AUGMENTATIONS[name]

    first, again, other = (augment(film, options, generator(seed)) for seed in (5, 5, 6))

    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).mean() > 1


def test_options_that_are_off_do_not_move_what_others_draw(film):
    """So that a study of one option changes nothing else."""
    both = augment(film, Augmentation(gamma=0.5, noise=0.0, sharpness=0.5), generator(3))
    plain = augment(film, Augmentation(gamma=0.5), generator(3))

    assert np.corrcoef(both.ravel(), plain.ravel())[0, 1] > 0.9


def test_the_mirror_is_exact_and_tossed_for_each_film(film):
    changed = repeated(film, Augmentation(flip=1.0))

    mirrored = np.array([np.array_equal(one, film[:, ::-1]) for one in changed])
    same = np.array([np.array_equal(one, film) for one in changed])
    assert (mirrored | same).all()
    assert 6 <= mirrored.sum() <= 18


def test_a_shift_moves_by_at_most_its_share():
    film = np.zeros((40, 40, 1), np.uint8)
    film[20, 20] = 255

    for changed in repeated(film, Augmentation(shift=0.1)):
        row, column = np.array(np.unravel_index(changed.argmax(), changed.shape))[:2]
        assert max(abs(row - 20), abs(column - 20)) <= 5


def test_a_turn_and_a_zoom_keep_the_middle():
    film = np.zeros((41, 41, 1), np.uint8)
    film[18:23, 18:23] = 255

    for changed in repeated(film, Augmentation(rotation=30, zoom=0.3)):
        assert changed[20, 20, 0] == 255
    assert np.ptp(repeated(film, Augmentation(zoom=0.3)).sum(axis=(1, 2, 3))) > 255


def test_gamma_is_one_power_of_a_film():
    ramp = np.arange(1, 255, dtype=np.uint8)[:, None, None]

    for changed in repeated(ramp, Augmentation(gamma=0.6)):
        powers = np.log(changed / 255) / np.log(ramp / 255)
        assert np.ptp(powers) < 1e-3
        assert abs(np.log(powers.mean())) <= 0.6


def test_noise_is_at_most_as_strong_as_it_says():
    grey = np.full((64, 64, 1), 128, np.uint8)

    deviations = repeated(grey, Augmentation(noise=8.0)).std(axis=(1, 2, 3))

    assert 4 < deviations.max() < 8.0 * 1.05
    assert np.ptp(deviations) > 2


def test_sharpness_keeps_the_mean_and_changes_the_edges():
    board = (np.indices((32, 32)).sum(axis=0) % 2 * 100 + 60).astype(np.uint8)[..., None]

    changed = repeated(board, Augmentation(sharpness=0.8))
    contrast = changed[:, 8:24, 8:24].std(axis=(1, 2, 3)) / board[8:24, 8:24].std()

    np.testing.assert_allclose(changed[:, 8:24, 8:24].mean(axis=(1, 2, 3)), 110, atol=1)
    assert contrast.min() < 0.8
    assert contrast.max() > 1.1


def test_a_patch_covers_between_two_and_ten_hundredths():
    white = np.full((100, 100, 1), 255, np.uint8)

    covered = 1 - repeated(white, Augmentation(occlusion=1.0)).mean(axis=(1, 2, 3)) / 255

    assert 0.015 < covered.min() < covered.max() < 0.105
    assert not repeated(white, Augmentation(occlusion=0.0)).std()


@pytest.mark.parametrize("name", ["mixup", "cutmix"])
def test_mixed_targets_are_the_shares_of_the_images(name):
    """Each image is a grey of its own, so that its mean says what it was mixed from."""
    greys = np.array([0, 100, 200, 255], np.float32)
    images = np.broadcast_to(greys[:, None, None, None], (4, 20, 20, 1)).copy()
    before = images.copy()
    options = replace(Augmentation(), **{name: 1.0})

    for seed in range(8):
        mixed, targets = mix(images, np.eye(4, dtype=np.float32), options, generator(seed))

        assert mixed.dtype == targets.dtype == np.float32
        np.testing.assert_allclose(targets.sum(axis=1), 1, rtol=1e-6)
        np.testing.assert_allclose(mixed.mean(axis=(1, 2, 3)), targets @ greys, rtol=1e-4)
    np.testing.assert_array_equal(images, before)


def test_without_mixing_a_batch_is_left_alone():
    images, targets = np.ones((2, 4, 4, 1), np.float32), np.eye(2, dtype=np.float32)

    mixed = mix(images, targets, AUGMENTATIONS["medical"], generator())

    assert mixed[0] is images
    assert mixed[1] is targets


def test_a_set_can_be_changed_by_its_options():
    options = choose("medical", parse_changes("rotation=5, noise=0,"))

    assert (options.rotation, options.noise) == (5.0, 0.0)
    assert options.gamma == AUGMENTATIONS["medical"].gamma


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        ("medicla", "", "Did you mean 'medical'"),
        ("none", "rotaton=5", "Did you mean 'rotation'"),
        ("none", "rotation=-1", "between 0 and 180. Received rotation=-1"),
        ("none", "noise", "OPTION=NUMBER, such as rotation=5. Received 'noise'"),
        ("none", "noise=much", "Received 'noise=much'"),
        ("none", "shift=nan", "between 0 and 0.5. Received shift=nan"),
    ],
)
def test_a_wrong_set_or_option_is_named(name, changes, message):
    with pytest.raises(ValueError, match=message):
        choose(name, parse_changes(changes))
