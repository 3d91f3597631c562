import numpy as np
import pytest
from scipy.spatial.distance import cdist

from app.core.gate.home_folders import (
    draw,
    largest_effects,
    largest_energy,
    largest_gap,
    largest_move,
    refused_by_chance,
)
from app.core.gate.two_samples import energy, kolmogorov_smirnov, proportions
from app.core.statistics.metrics import Proportion
from tests.app.core.gate.samples import films


def test_folders_hold_whole_patients_but_for_the_last():
    groups = (np.arange(120) // 4).astype(np.str_)

    folders = draw(groups, 30, seed=0)

    of_each_patient = folders.reshape(len(folders), 30, 4).sum(axis=2)
    assert (folders.sum(axis=1) == 30).all()
    assert ((of_each_patient == 4).sum(axis=1) == 7).all()
    assert ((of_each_patient == 2).sum(axis=1) == 1).all()
    assert of_each_patient.max(axis=0) == pytest.approx(4)  # every patient is drawn


def test_a_folder_holds_no_more_than_half_of_the_films():
    assert (draw(np.arange(41).astype(np.str_), 1000, seed=0).sum(axis=1) == 20).all()


def test_too_few_patients_give_no_folder_and_no_effect():
    few = films(90, seed=0, a_patient=10)

    assert len(draw(few.groups, 30, seed=0)) == 0
    assert set(largest_effects(few, {"distance": few.distances}, {}, num=30).values()) == {0.0}


def test_effects_are_those_of_the_tests():
    """Each is the largest over the folders of what the test says of folder and other films."""
    home = films(60, seed=3)
    figures = np.round(home.distances, 1)  # with ties
    folders = draw(home.groups, 20, seed=0)
    pairs = [(folder, ~folder) for folder in folders[:25]]

    gaps = [kolmogorov_smirnov(figures[one], figures[other])[0] for one, other in pairs]
    apart = [energy(home.coordinates[o], home.coordinates[one])[0] for one, o in pairs[:3]]
    moved = [
        proportions(*(np.bincount(home.answers[one], minlength=2) for one in pair))[0]
        for pair in pairs
    ]

    between = cdist(home.coordinates.astype(float), home.coordinates.astype(float))
    assert largest_gap(figures, folders[:25]) == pytest.approx(max(gaps))
    assert largest_move(home.answers, folders[:25]) == pytest.approx(max(moved))
    assert max(0, largest_energy(between, folders[:3])) == pytest.approx(max(apart))


def test_folders_of_few_patients_differ_more():
    own, shared = films(400, seed=1), films(400, seed=1, a_patient=20)

    one, other = (
        largest_effects(home, {"distance": home.distances}, {"features": home.coordinates}, num=60)
        for home in (own, shared)
    )

    assert other["features"] > 5 * one["features"]
    assert other["distance"] > 2 * one["distance"]


def test_the_chance_of_refusals_is_that_of_drawing_their_patients():
    """Of 20 patients with 5 films each, 2 are refused whole; a folder holds 4 patients.

    Both are in it with 4 * 3 / (20 * 19), at least one with 1 - 16 * 15 / (20 * 19).
    """
    groups = (np.arange(100) // 5).astype(np.str_)
    is_refused = np.arange(100) < 10

    by_refused = {
        refused: refused_by_chance(is_refused, groups, Proportion(refused, 20), seed=0)
        for refused in (0, 1, 5, 6, 10, 11)
    }

    one, both = 1 - 16 * 15 / (20 * 19), 4 * 3 / (20 * 19)
    expected = {0: 1, 1: one, 5: one, 6: both, 10: both, 11: 1 / 2000}
    assert {refused: p for refused, (_, p) in by_refused.items()} == pytest.approx(
        expected, abs=0.03
    )
    assert by_refused[11][1] == 1 / 2000
    # At most both: half of the folder, and none of the other films.
    assert by_refused[0][0] == pytest.approx(10 / 20 - 0 / 80)


def test_of_too_few_patients_nothing_is_said_of_refusals():
    groups = (np.arange(90) // 10).astype(np.str_)

    assert refused_by_chance(np.arange(90) < 10, groups, Proportion(9, 20), seed=0) == (0.0, 0.0)
