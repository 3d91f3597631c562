import cv2
import numpy as np
import pytest

from model_training.augmentation.shifts import SHIFTS, shifted

FILMS = np.random.default_rng(0).integers(20, 230, (3, 40, 48, 1)).astype(np.uint8)


@pytest.mark.parametrize("name", SHIFTS)
def test_films_stay_films_and_are_always_changed_alike(name):
    before = FILMS.copy()

    first, second = shifted(FILMS, name), shifted(FILMS, name)

    assert first.shape == FILMS.shape
    assert first.dtype == np.uint8
    np.testing.assert_array_equal(first, second)
    assert np.abs(first.astype(int) - FILMS).mean() > 1
    np.testing.assert_array_equal(FILMS, before)


def test_each_does_what_it_says():
    smooth = cv2.GaussianBlur(FILMS[0], (0, 0), 3)[None, ..., None]

    def by(name, films=FILMS):
        return shifted(films, name).astype(float)

    def edges(films):
        return np.diff(films.astype(float), axis=2).std()

    assert by("darker").mean() < FILMS.mean() < by("lighter").mean()
    assert by("less contrast").std() < FILMS.std() < by("more contrast").std()
    assert edges(by("blurred")) < edges(FILMS)
    assert edges(by("sharpened", smooth)) > edges(smooth)


def test_a_crop_leaves_out_the_edges():
    film = np.zeros((1, 100, 100, 3), np.uint8)
    film[:, :6] = film[:, :, :6] = 255

    assert not shifted(film, "cropped").any()
