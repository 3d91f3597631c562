"""Faults that are made of a film, and that the remedies of the app undo."""

import numpy as np
import pytest

from app.core.gate.fault_probes import REMEDY_OF
from app.core.images import remedies
from app.core.images.film import Film
from model_training.reference.faults import CROPPED, FAULTS, PADDED, faulty


def film(rows=40, columns=60):
    return np.random.default_rng(0).integers(40, 200, (rows, columns)).astype(np.uint8)


@pytest.mark.parametrize("fault", [name for name in REMEDY_OF if name != "framed"])
def test_the_remedy_undoes_the_fault(fault):
    wrong = faulty(fault, film(), film(), np.random.default_rng(1))

    assert wrong.tolist() != film().tolist()
    assert remedies.apply(Film(wrong), REMEDY_OF[fault]).pixels.tolist() == film().tolist()


@pytest.mark.parametrize("fault", [*FAULTS, *CROPPED, *PADDED])
@pytest.mark.parametrize("shape", [(40, 60), (40, 60, 3), (1, 1)])
def test_makes_a_film_of_the_same_kind_and_leaves_the_first_unchanged(fault, shape):
    pixels = np.random.default_rng(2).integers(0, 256, shape).astype(np.uint8)
    before = pixels.copy()

    wrong = faulty(fault, pixels, pixels, np.random.default_rng(3))

    assert wrong.dtype == np.uint8
    assert wrong.shape[2:] == pixels.shape[2:]
    assert min(wrong.shape[:2]) > 0
    assert (pixels == before).all()


def test_a_cropped_film_is_a_part_that_lacks_a_side():
    losses = []
    for seed in range(40):
        part = faulty("cropped", film(100, 100), film(), np.random.default_rng(seed))
        rows, columns = part.shape
        assert 100 in (rows, columns)
        losses.append(100 - min(rows, columns))

    assert min(losses) >= 15
    assert max(losses) <= 50


def test_a_padded_film_is_whole_in_the_middle_of_a_black_one():
    whole = film(100, 100)
    padded = faulty("padded", whole, film(), np.random.default_rng(4))
    width = (len(padded) - 100) // 2

    assert 5 <= width <= 15
    assert padded[width:-width, width:-width].tolist() == whole.tolist()
    assert padded.sum() == whole.sum()


@pytest.mark.parametrize("side", ["top", "bottom", "left", "right"])
def test_one_side_is_cropped_and_the_other_three_are_kept(side):
    whole = film(100, 100)
    part = faulty(f"cropped_{side}", whole, film(), np.random.default_rng(0))
    rows, columns = part.shape
    top, left = 100 - rows if side == "top" else 0, 100 - columns if side == "left" else 0

    assert part.tolist() == whole[top : top + rows, left : left + columns].tolist()
    assert part.shape == ((rows, 100) if side in ("top", "bottom") else (100, columns))
    assert 50 <= rows * columns / 100 <= 85


def test_the_middle_of_a_film_lacks_all_four_sides():
    whole = film(100, 100)
    for seed in range(20):
        part = faulty("cropped_around", whole, film(), np.random.default_rng(seed))
        rows, columns = part.shape
        inside = np.lib.stride_tricks.sliding_window_view(whole, part.shape)[1:-1, 1:-1]

        assert rows == columns
        assert 50 <= rows <= 75
        assert (inside == part).all(axis=(2, 3)).any()


def test_two_films_stand_side_by_side_or_one_above_the_other():
    shapes = {
        faulty("side_by_side", film(), film(10, 10), np.random.default_rng(seed)).shape
        for seed in range(10)
    }

    assert shapes == {(40, 120), (80, 60)}
