"""Probes on points."""

import numpy as np
import pytest

from model_training.reference.probes import Elsewhere, fit_kinds, fit_probes

SHIFTS = {
    "inverted": np.array([4, 0, 0, 0, 0]),
    "turned_90": np.array([0, 4, 0, 0, 0]),
    "cropped": np.array([0, 0, 0.1, 0, 0]),  # hardly differs from a right film
}


NOTHING = np.zeros((0, 5), np.float32)
ONLY_HERE = Elsewhere(NOTHING, {}, NOTHING)


def right(number, seed):
    return np.random.default_rng(seed).normal(size=(number, 5)).astype(np.float32)


def faulty(number, seed):
    return {
        name: (right(number, seed + place) + shift).astype(np.float32)
        for place, (name, shift) in enumerate(SHIFTS.items(), start=1)
    }


@pytest.fixture(scope="module")
def probes():
    return fit_probes(
        right(600, 10),
        faulty(300, 20),
        validation=right(1_000, 30),
        elsewhere=ONLY_HERE,
        faulty_validation=faulty(200, 40),
        distances={name: np.linspace(0, 2, 200) for name in SHIFTS},
    )


def test_a_fault_that_cannot_be_told_is_not_named(probes):
    assert probes.names == ("inverted", "turned_90")


def test_faults_are_told_and_right_films_are_left_alone(probes):
    for name, films in faulty(300, 50).items():
        found = [probes.name(film, 0.0) for film in films]
        if name in probes.names:
            assert np.mean([one == name for one in found]) > 0.75
    alarms = np.mean([probes.name(film, 0.0) != "" for film in right(2_000, 60)])
    assert alarms < 0.02


def test_a_fault_is_named_only_as_far_out_as_films_with_it_lie(probes):
    film = np.array([4, 0, 0, 0, 0], np.float32)

    assert probes.reach == pytest.approx([1.96, 1.96], abs=0.01)
    assert probes.name(film, 1.9) == "inverted"
    assert probes.name(film, 2.0) == ""


def test_what_differs_between_places_is_no_missing_side():
    """A side is missing along 0 and 1; between places, films differ along 1 alone."""

    def missing(number, seed):
        return right(number, seed) + np.float32([3, 3, 0, 0, 0])

    def of_places(films, seed):
        where = np.random.default_rng(seed).normal(0, 4, len(films))
        return films + np.outer(where, np.float32([0, 1, 0, 0, 0])).astype(np.float32)

    elsewhere = Elsewhere(
        of_places(right(600, 11), 1),
        {"cropped_top": of_places(missing(300, 12), 2)},
        of_places(right(600, 13), 3),
    )
    found = {}
    for name, of in (("here", ONLY_HERE), ("anywhere", elsewhere)):
        probes = fit_probes(
            right(600, 14),
            {"cropped_top": missing(300, 15)},
            validation=right(600, 16),
            elsewhere=of,
            faulty_validation={"cropped_top": missing(300, 17)},
            distances={"cropped_top": np.ones(300)},
        )
        seen = (of_places(right(600, 18), 4), missing(300, 19))
        found[name] = [np.mean(probes.scores(films) > 0) for films in seen]

    (false_here, true_here), (false_anywhere, true_anywhere) = found["here"], found["anywhere"]
    assert false_here > 0.15
    assert false_anywhere < 0.04
    assert min(true_here, true_anywhere) > 0.75


@pytest.mark.parametrize(("still_refusable", "most"), [(-0.01, 10), (0.004, 10), (0.02, 20)])
def test_right_films_are_seldom_taken_for_cropped_however_few_varied_ones_are(
    still_refusable, most
):
    missing, films = right(300, 81) + np.float32([0, 2, 0, 0, 0]), right(1_000, 82)
    # None of the varied films is ever taken for cropped, so all alarms would be of right ones.
    elsewhere = Elsewhere(
        right(600, 83) - np.float32([0, 9, 0, 0, 0]),
        {},
        right(1_000, 84) - np.float32([0, 9, 0, 0, 0]),
    )
    probes = fit_probes(
        right(600, 85),
        {"cropped_top": missing},
        validation=films,
        elsewhere=elsewhere,
        faulty_validation={"cropped_top": missing},
        distances={"cropped_top": np.ones(300)},
        still_refusable=still_refusable,
    )

    assert most / 2 <= np.sum(probes.scores(films) > 0) <= most


def test_what_differs_between_places_is_no_other_kind():
    """Kinds differ along 0; between places, films differ along 1, where the kind was found too."""

    def taken(films, where):
        return films + np.outer(where, np.float32([0, 1, 0, 0, 0])).astype(np.float32)

    def anywhere(films, seed):
        places = np.random.default_rng(seed).normal(0, 4, len(films))
        return np.concatenate([films, taken(films, places)])

    knees = taken(right(300, 71) + np.float32([5, 0, 0, 0, 0]), np.full(300, 2))
    elsewhere = taken(right(500, 72), np.full(500, 2))
    probes = {
        shown: fit_kinds(
            seen(right(600, 73), 1),
            {"a knee": seen(knees, 2)},
            validation=seen(right(600, 74), 3),
            distances={"a knee": np.linspace(0, 2, 300)},
        )
        for shown, seen in (("here", lambda films, seed: films), ("anywhere", anywhere))
    }

    told = {shown: np.mean(one.scores(elsewhere) > 0) for shown, one in probes.items()}
    assert told["here"] > 0.03
    assert told["anywhere"] < 0.02
    held_out = taken(right(300, 75) + np.float32([5, 0, 0, 0, 0]), np.full(300, 2))
    assert np.mean(probes["anywhere"].scores(held_out) > 0) > 0.9
    assert probes["anywhere"].name(held_out[0], 1.9) == "a knee"
    assert probes["anywhere"].name(held_out[0], 2.0) == ""
