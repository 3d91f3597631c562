import numpy as np
import pytest
from scipy.spatial.distance import cdist

from app.core.gate.home_folders import (
    draw,
    largest_effects,
    largest_energy,
    largest_gap,
    largest_move,
)
from app.core.gate.two_samples import energy, kolmogorov_smirnov, proportions
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
