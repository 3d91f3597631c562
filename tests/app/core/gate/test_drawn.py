"""What is drawn on a film is measured: borders, seams, text and paper, by hand-made films."""

import math

import cv2
import numpy as np
import pytest

from app.core.gate.drawing import paper, steps
from app.core.gate.film_view import FilmView
from app.core.gate.lettering import letters_in_line
from app.core.gate.lines import border, lines, parts
from app.core.images.film import Film


def view(pixels):
    return FilmView(Film(np.ascontiguousarray(pixels)))


@pytest.fixture
def film():
    rng = np.random.default_rng(0)
    smooth = cv2.GaussianBlur(rng.uniform(0, 255, (200, 200)).astype(np.float32), (0, 0), 8.0)
    return np.uint8(cv2.normalize(smooth, None, 60, 190, cv2.NORM_MINMAX))


def test_a_border_is_its_share_of_the_film(film):
    assert border(view(film)) == 0
    assert border(view(np.pad(film, 25))) == pytest.approx(1 - (200 / 250) ** 2, abs=0.01)


def test_a_small_thing_on_a_uniform_ground_has_no_border(film):
    assert border(view(np.pad(film[:40, :40], 100))) == 0


def test_a_seam_spans_the_film(film):
    two = np.concatenate([film[:, :100], 255 - film[:, :100]], axis=1)

    assert lines(view(film)).line < 0.2
    assert lines(view(two)).line > 0.6
    assert lines(view(two.T)).line > 0.6


def test_a_frame_is_on_all_four_sides(film):
    framed = film.copy()
    cv2.rectangle(framed, (10, 10), (189, 189), 255, 2)
    three = framed.copy()
    three[:20] = film[:20]

    assert lines(view(film)).frame < 0.2
    assert lines(view(framed)).frame == pytest.approx(180 / 200, abs=0.02)
    assert lines(view(three)).frame < 0.3


def test_halves_alike_on_both_sides_of_a_gap():
    rows, columns = np.mgrid[0:200, 0:200]
    film = np.uint8(128 + 60 * np.sin(columns / 60) + 50 * np.cos(rows / 40))
    gap = np.zeros((200, 20), np.uint8)

    assert parts(view(np.concatenate([film, gap, film], axis=1))) > 0.5
    assert parts(view(np.concatenate([film, gap, film], axis=1).T)) > 0.5
    assert parts(view(np.concatenate([film, gap, 255 - film], axis=1))) == 0
    assert parts(view(np.concatenate([film, film], axis=1))) == 0


@pytest.mark.parametrize("grey", [255, 0])
@pytest.mark.parametrize("scale", [0.4, 0.6])
def test_a_line_of_text_is_counted(film, grey, scale):
    text = np.uint8(film * 0.5 + 64)
    cv2.putText(text, "DOE JOHN", (20, 90), cv2.FONT_HERSHEY_SIMPLEX, scale, grey, 1, cv2.LINE_AA)

    assert letters_in_line(view(film)) == 0
    assert 6 <= letters_in_line(view(text)) <= 10  # J and N may be in two pieces


def test_a_marker_is_no_text(film):
    for place, word in (((10, 30), "L"), ((150, 30), "AP"), ((20, 190), "R")):
        cv2.putText(film, word, place, cv2.FONT_HERSHEY_SIMPLEX, 0.7, 255, 2)

    assert letters_in_line(view(film)) == 0


def test_a_line_is_not_uniform_because_a_few_of_its_pixels_are():
    rows, columns = np.mgrid[0:200, 0:201]
    film = np.uint8(128 + 60 * np.sin(columns / 60) + 50 * np.cos(rows / 40))
    both = np.concatenate([film, film], axis=1)[:, ::2]
    both[::12] = 90  # among them all pixels that are looked at first
    gap = both.copy()
    gap[:, 96:104] = 90

    assert parts(view(both)) == 0
    assert parts(view(gap)) > 0.5


@pytest.mark.parametrize(("side", "small"), [(256, 256), (700, 233), (1100, 183), (2000, 250)])
def test_a_large_film_is_reduced_to_the_means_of_its_blocks(side, small):
    film = np.random.default_rng(0).integers(0, 256, (side, side), np.uint8)
    step = side // small
    whole = film[: small * step, : small * step].astype(np.float64)

    means = whole.reshape(small, step, small, step).mean(axis=(1, 3))

    # Each of at most three halvings rounds, upwards where it is in doubt.
    assert np.abs(view(film).small - means).max() <= 1.5


def test_paper_is_the_commonest_shade_unless_black(film):
    half = film.copy()
    half[:100] = 240

    assert paper(view(half)) == pytest.approx(0.5, abs=0.02)
    half[:100] = 0
    assert paper(view(half)) == 0


def test_steps_are_those_of_a_quarter_of_the_range():
    stripes = np.zeros((64, 64), np.uint8)
    stripes[:, 16:32] = 50
    stripes[:, 32:48] = 150

    # Of the three edges, 50, 100 and 150 high, two are of 64 or more.
    assert steps(view(stripes)) == pytest.approx(2 / 3)
    assert steps(view(np.zeros((64, 64), np.uint8))) == 0


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (2, 2), (9, 5)])
def test_the_smallest_films_have_figures(shape):
    looked_at = view(np.random.default_rng(0).integers(0, 256, shape, np.uint8))

    found = [
        border(looked_at), *lines(looked_at), parts(looked_at), letters_in_line(looked_at),
        paper(looked_at), steps(looked_at),
    ]  # fmt: skip
    assert all(math.isfinite(one) for one in found)
