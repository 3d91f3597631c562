"""A mirrored marker R is found where it tells that the film is mirrored, and nothing else is."""

import cv2
import numpy as np
import pytest

from app.core.errors import RefusedImageError
from app.core.gate.film_view import FilmView
from app.core.gate.markers import has_marker, has_mirrored_marker
from app.core.gate.rules.mirrored import check_mirrored
from app.core.images.decoding import decode
from app.core.images.film import Film


def marked(text, *, side=256, share=0.08, at=0.1, font=cv2.FONT_HERSHEY_SIMPLEX):
    """A dim, uneven film with letters at a share of its width."""
    rng = np.random.default_rng(0)
    coarse = rng.uniform(40, 110, (6, 6)).astype(np.float32)
    pixels = cv2.resize(coarse, (side, side), interpolation=cv2.INTER_CUBIC)
    pixels = np.clip(pixels + rng.normal(0, 3, pixels.shape), 0, 160).astype(np.uint8)
    scale = side * share / 21
    thickness = max(1, round(scale * 2))
    place = (round(at * side), round(0.2 * side))
    cv2.putText(pixels, text, place, font, scale, 240, thickness, cv2.LINE_AA)
    return pixels


def is_mirrored(pixels):
    return has_mirrored_marker(FilmView(Film(np.ascontiguousarray(pixels))))


@pytest.mark.parametrize("side", [224, 1000])
@pytest.mark.parametrize("font", [cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX])
def test_a_film_with_an_r_is_known_when_it_is_mirrored(side, font):
    film = marked("R", side=side, font=font)

    assert is_mirrored(film[:, ::-1])
    assert not is_mirrored(film)
    assert is_mirrored(np.repeat(film[:, ::-1, np.newaxis], 3, axis=2))


@pytest.mark.parametrize(("text", "expected"), [("R", True), ("L", False), ("", False)])
def test_a_marker_can_be_read_as_it_is_and_mirrored(text, expected):
    film = marked(text)

    for pixels in (film, np.ascontiguousarray(film[:, ::-1])):
        assert has_marker(FilmView(Film(pixels))) is expected


@pytest.mark.parametrize("text", [*"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", "AP 19:49", ""])
def test_nothing_that_is_written_is_a_mirrored_r(text):
    assert not is_mirrored(marked(text, at=0.55))


@pytest.mark.parametrize("text", ["L", "A", "D", "J", "8"])
def test_other_mirrored_letters_do_not_tell(text):
    assert not is_mirrored(marked(text)[:, ::-1])


def test_a_marker_of_lead_that_lay_the_wrong_way_up_does_not_tell():
    """It is mirrored on the patient's right side, which is on the left."""
    assert not is_mirrored(marked("R", at=0.8)[:, ::-1])


@pytest.mark.parametrize("at", [0.1, 0.6])
def test_a_film_with_an_r_as_it_is_written_is_not_called_mirrored(at):
    """Somebody wrote it after the film was taken, or the other one was no letter."""
    both = np.maximum(marked("R")[:, ::-1], marked("R", at=at))

    assert not is_mirrored(both)


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_turned_r_is_none_that_is_mirrored(quarters):
    assert not is_mirrored(np.rot90(marked("R", at=0.4), quarters))


@pytest.mark.parametrize("shape", [(1, 1), (5, 300), (300, 5), (8, 8)])
def test_films_of_any_size_can_be_looked_at(shape):
    assert not is_mirrored(np.full(shape, 200, np.uint8))


def test_a_mirrored_film_is_refused_with_its_remedy():
    film = Film(np.ascontiguousarray(marked("R")[:, ::-1]))

    with pytest.raises(RefusedImageError, match="the letter R") as refused:
        check_mirrored(FilmView(film))

    assert refused.value.code == "mirrored"
    assert refused.value.remedy == "mirror"


@pytest.mark.slow
def test_real_films_with_markers_are_known_when_they_are_mirrored(real_data):
    """Films in full resolution, two thirds of which have an R beside the shoulder."""
    paths = sorted((real_data / "chest-original").rglob("*.jp*g"))[::8]
    films = [decode(path.read_bytes()).pixels for path in paths]

    assert not any(is_mirrored(film) for film in films)
    assert sum(is_mirrored(film[:, ::-1]) for film in films) >= len(films) / 2
