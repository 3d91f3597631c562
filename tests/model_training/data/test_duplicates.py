"""Copies are found however they were made, other films are not, and likeness is passed on."""

import hashlib

import cv2
import numpy as np
import pytest

from app.core.images.film import Film
from model_training.data import duplicates
from model_training.data.duplicates import (
    groups_of,
    near_duplicate_groups,
    near_duplicates,
    thumbnail,
)

NUM_FILMS = 40


def anatomy(number, *, side=224):
    """A film that shares its coarse shades with all others and has details of its own."""
    rows, columns = np.mgrid[0:side, 0:side] / side
    common = 150 - 90 * np.cos(4 * np.pi * columns) * np.sin(np.pi * rows)
    generator = np.random.default_rng(number)
    noise = generator.normal(size=(side, side))
    details = cv2.GaussianBlur(noise, (0, 0), side / 60)
    film = common + 18 * details / details.std()
    return np.clip(film, 20, 235).astype(np.uint8)


def encoded(film, quality):
    return cv2.imdecode(cv2.imencode(".jpg", film, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], 0)


COPIES = {
    "re-encoded": lambda film: encoded(film, 20),
    "smaller": lambda film: cv2.resize(film, None, fx=0.4, fy=0.4, interpolation=cv2.INTER_AREA),
    "larger": lambda film: cv2.resize(film, None, fx=1.7, fy=1.7, interpolation=cv2.INTER_CUBIC),
    "brightened": lambda film: np.clip(film * 1.1 + 12.0, 0, 255).astype(np.uint8),
    "gamma": lambda film: np.rint(255 * (film / 255.0) ** 0.8).astype(np.uint8),
    "mirrored": lambda film: np.ascontiguousarray(film[:, ::-1]),
    "blurred": lambda film: cv2.GaussianBlur(film, (0, 0), 1.5),
    "mirrored and re-encoded": lambda film: encoded(np.ascontiguousarray(film[:, ::-1]), 40),
}


def examined(films):
    thumbnails = np.stack([thumbnail(Film(film)) for film in films])
    return thumbnails, [hashlib.sha256(film.tobytes()).hexdigest() for film in films]


@pytest.fixture(scope="module")
def films():
    return [anatomy(number) for number in range(NUM_FILMS)]


def test_a_thumbnail_is_small_and_grey():
    colour = np.zeros((50, 70, 3), np.uint8)
    colour[..., 1] = 200

    small = thumbnail(Film(colour))

    assert small.shape == (32, 32)
    assert small.dtype == np.uint8
    assert (small == cv2.cvtColor(colour, cv2.COLOR_RGB2GRAY)[0, 0]).all()


def test_films_that_share_their_coarse_shades_are_not_one(films):
    thumbnails, digests = examined(films)
    flat = thumbnails.reshape(NUM_FILMS, -1)

    assert np.corrcoef(flat)[np.triu_indices(NUM_FILMS, 1)].min() > 0.85
    assert len(near_duplicates(thumbnails, digests)) == 0
    assert sorted(near_duplicate_groups(thumbnails, digests)) == list(range(NUM_FILMS))


@pytest.mark.parametrize("how", COPIES)
def test_a_copy_is_found_and_nothing_else(films, how):
    thumbnails, digests = examined([*films, COPIES[how](films[7])])
    before = thumbnails.copy()

    pairs = near_duplicates(thumbnails, digests)

    assert (pairs.first.tolist(), pairs.second.tolist()) == ([7], [NUM_FILMS])
    assert pairs.mirrored.tolist() == [how.startswith("mirrored")]
    assert duplicates.MIN_CORRELATION <= pairs.correlation[0] <= 1.001
    np.testing.assert_array_equal(thumbnails, before)


def test_an_identical_file_is_no_near_duplicate_but_of_its_group(films):
    thumbnails, digests = examined([*films, films[3], films[3]])

    assert len(near_duplicates(thumbnails, digests)) == 0
    groups = near_duplicate_groups(thumbnails, digests)
    assert groups[3] == groups[NUM_FILMS] == groups[NUM_FILMS + 1]
    assert len(set(groups)) == NUM_FILMS


def test_likeness_is_passed_on(films):
    steps = [films[0] * 1.0]
    for number in (1, 2, 3):
        steps.append(0.75 * steps[-1] + 0.25 * films[number])
    thumbnails, digests = examined([*[np.rint(step).astype(np.uint8) for step in steps], films[9]])

    pairs = near_duplicates(thumbnails, digests)
    found = set(zip(pairs.first.tolist(), pairs.second.tolist(), strict=True))

    assert {(0, 1), (1, 2), (2, 3)} <= found
    assert (0, 3) not in found
    groups = groups_of(pairs, digests)
    assert len(set(groups[:4])) == 1
    assert groups[4] != groups[0]


def test_every_pair_is_one_that_a_plain_loop_finds(films, monkeypatch):
    mixed = [
        film if number % 3 else (0.8 * film + 0.2 * films[(number + 1) % NUM_FILMS])
        for number, film in enumerate(films)
    ]
    thumbnails, digests = examined([*films, *(np.rint(film).astype(np.uint8) for film in mixed)])
    # Blocks far smaller than the data, so that pairs across their borders are met.
    monkeypatch.setattr(duplicates, "_BLOCK_ENTRIES", 300)
    monkeypatch.setattr(duplicates, "_CONFIRMED_AT_ONCE", 5)

    pairs = near_duplicates(thumbnails, digests)

    fine = [film - cv2.GaussianBlur(film, (0, 0), 2.0) for film in thumbnails.astype(np.float32)]
    expected = {
        (one, other)
        for one in range(len(fine))
        for other in range(one + 1, len(fine))
        if digests[one] != digests[other]
        and np.corrcoef(fine[one].ravel(), fine[other].ravel())[0, 1] > 0.93
    }
    found = set(zip(pairs.first.tolist(), pairs.second.tolist(), strict=True))
    assert len(expected) >= 10
    assert expected <= found
    assert (pairs.first < pairs.second).all()


def test_films_without_structure_are_left_apart():
    flat = [np.full((64, 64), value, np.uint8) for value in (20, 80, 140)]

    thumbnails, digests = examined(flat)

    assert len(set(near_duplicate_groups(thumbnails, digests))) == 3


def test_one_film_and_none():
    thumbnails, digests = examined([anatomy(0)])

    assert near_duplicate_groups(thumbnails, digests).tolist() == [0]
    assert near_duplicate_groups(thumbnails[:0], []).tolist() == []


def test_thumbnails_and_digests_must_fit():
    with pytest.raises(ValueError, match=r"shape \(2, 32, 32\). Received \(3, 32, 32\)"):
        near_duplicates(np.zeros((3, 32, 32), np.uint8), ["a", "b"])
