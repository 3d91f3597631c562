import numpy as np
import pytest

from model_training.augmentation.augment import augment
from model_training.augmentation.background import add_skull, change_corners, cover_corners
from model_training.augmentation.sets import AUGMENTATIONS, choose

FILM = np.random.default_rng(0).integers(20, 230, (100, 80, 1)).astype(np.uint8)


def slice_of_brain(channels=1):
    """A disc of tissue on a black ground, and how far each pixel lies inside it."""
    rows, columns = np.mgrid[:96, :96]
    depth = 28 - np.hypot(rows - 48, columns - 48)
    tissue = np.random.default_rng(1).integers(80, 160, (96, 96, channels))
    return (tissue * (depth > 0)[..., None]).astype(np.uint8), depth


def in_corners(fraction):
    rows, columns = round(100 * fraction), round(80 * fraction)
    corners = np.ones((100, 80), bool)
    corners[rows : 100 - rows] = corners[:, columns : 80 - columns] = False
    return corners


def test_covered_corners_tell_their_median_and_nothing_else():
    covered = cover_corners(FILM)

    assert (covered[:20, :16] == np.uint8(np.median(FILM[:20, :16]))).all()
    assert (covered[80:, 64:] == np.uint8(np.median(FILM[80:, 64:]))).all()
    np.testing.assert_array_equal(covered[~in_corners(0.2)], FILM[~in_corners(0.2)])


def test_changed_corners_leave_the_middle_as_it_is():
    generator = np.random.default_rng(2)
    changed = [change_corners(FILM, generator) for _ in range(40)]

    for image in changed:
        np.testing.assert_array_equal(image[~in_corners(0.25)], FILM[~in_corners(0.25)])
    # Some corners are flat, some hold the film with letters, some are left.
    first = [image[:10, :8] for image in changed]
    assert any(np.ptp(corner) == 0 for corner in first)
    assert any((corner == FILM[:10, :8]).all() for corner in first)


def test_letters_are_written_into_corners():
    dark = np.zeros((100, 80, 3), np.uint8)

    lit = np.mean([change_corners(dark, np.random.default_rng(n)).any() for n in range(40)])

    assert lit > 0.5


@pytest.mark.parametrize("channels", [1, 3])
def test_a_skull_lies_around_the_brain_and_leaves_it_alone(channels):
    brain, depth = slice_of_brain(channels)
    generator = np.random.default_rng(3)
    drawn = [add_skull(brain, generator) for _ in range(20)]

    for image in drawn:
        # Its soft inner edge may touch the outermost pixels.
        np.testing.assert_array_equal(image[depth > 3], brain[depth > 3])
        assert not image[:6].any()  # near the brain, not at the border of the image
    assert np.mean([(image[depth < -1] > 30).sum() > 100 for image in drawn]) > 0.5


def test_what_is_almost_empty_gets_no_skull():
    empty = np.zeros((64, 64, 1), np.uint8)

    np.testing.assert_array_equal(add_skull(empty, np.random.default_rng(0)), empty)


def test_both_are_left_out_unless_they_are_asked_for():
    brain, _ = slice_of_brain()
    assert all(options.markers == options.skull == 0 for options in AUGMENTATIONS.values())

    plain = augment(brain, choose("none", {}), np.random.default_rng(0))
    changed = augment(brain, choose("none", {"skull": 1.0}), np.random.default_rng(0))

    np.testing.assert_array_equal(plain, brain)
    assert (changed != brain).any()
