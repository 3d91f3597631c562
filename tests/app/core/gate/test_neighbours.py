"""The nearest films with known truth: which, how far, whose, and when they contradict the model."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import mahalanobis

from app.core.gate.film_distances import NOT_LABELLED, Distances, Film, measure_distances
from app.core.gate.neighbours import KnownFilms, nearest
from app.core.gate.votes import count_votes, votes_against

SCALE = Distances(same=0.1, typical=1.0, limit=2.0, voters=11.0)


def on_a_line(places, labels, *, votes_needed=None, films=None, num_classes=2) -> KnownFilms:
    """Films at places on a line, each of a patient of its own."""
    films = films or tuple(Film(f"id{number}", f"p{number}") for number in range(len(places)))
    coordinates = np.array([[place, 0.0] for place in places], np.float32)
    return KnownFilms(
        films, np.eye(2), coordinates, np.array(labels), num_classes, SCALE, votes_needed
    )


def at(place: float) -> np.ndarray:
    return np.array([place, 0.0], np.float16)


def test_the_nearest_of_each_class_come_nearest_first_with_their_distance():
    known = on_a_line([5, 1, -2, 3, -0.5, 8], [0, 0, 0, 1, 1, 1])

    found = nearest(at(0), known, film=Film("new"), per_class=2)

    assert [[one.image_id for one in films] for films in found.by_class] == [
        ["id1", "id2"], ["id4", "id3"],
    ]  # fmt: skip
    assert [one.distance for one in found.by_class[0]] == [0.5, 1.0]  # 1 and 2 of the limit 2
    assert [one.closeness for films in found.by_class for one in films] == [
        "close", "usual", "close", "far",
    ]  # fmt: skip
    assert found.nearest is not None
    assert (found.nearest.image_id, found.votes, found.num_left_out) == ("id4", (3, 3), 0)


@pytest.mark.parametrize(
    "film",
    [Film("id0"), Film("new", patient="p0"), Film("new", group="g0")],
    ids=["the same file", "the same patient", "the same group"],
)
def test_a_film_is_not_compared_with_one_of_its_patient_or_group(film):
    known = on_a_line([1, 3], [0, 0], films=(Film("id0", "p0", "g0"), Film("id1", "p1", "g1")))

    found = nearest(at(0), known, film=film)

    assert [one.image_id for one in found.by_class[0]] == ["id1"]
    assert found.num_left_out == 1


def test_the_same_film_in_another_file_is_left_out():
    known = on_a_line([0.05, 3], [0, 0])

    found = nearest(at(0), known, film=Film("new"))

    assert [one.image_id for one in found.by_class[0]] == ["id1"]
    assert found.num_left_out == 1


def test_films_of_unknown_patients_are_not_taken_for_one_patient():
    known = on_a_line([1, 2], [0, 1], films=(Film("id0"), Film("id1")))

    assert nearest(at(0), known, film=Film()).num_left_out == 0


def test_a_class_without_films_is_empty_and_unlabelled_films_have_no_vote():
    known = on_a_line([1, 2], [2, NOT_LABELLED], num_classes=3)

    found = nearest(at(0), known, film=Film("new"))

    assert [len(films) for films in found.by_class] == [0, 0, 1]
    assert (found.votes, found.num_voters) == ((0, 0, 1), 1)


# The eleven nearest of thirteen: eight of class 0, three of class 1.
PLACES = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]
LABELS = [0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 1]


@pytest.mark.parametrize(
    ("predicted", "needed", "expected"),
    [(1, 8, 0), (1, 9, None), (0, 8, None), (None, 8, None), (1, None, None)],
    ids=["enough", "too few", "they agree", "no prediction", "the rule is off"],
)
def test_films_contradict_a_prediction_if_enough_of_eleven_say_otherwise(
    predicted, needed, expected
):
    known = on_a_line(PLACES, LABELS, votes_needed=needed)

    found = nearest(at(0), known, film=Film("new"), predicted=predicted)

    assert found.votes == (8, 3)
    assert found.contradicted_by == expected
    assert found.contradicts == (expected is not None)


def test_films_farther_than_usual_contradict_nothing():
    """Of the eleven nearest, the last is at 11, and at 11.1 from a film at -0.1."""
    known = on_a_line(PLACES, LABELS, votes_needed=6)

    near, far = (nearest(at(place), known, film=Film("new"), predicted=1) for place in (0, -0.1))

    assert (near.votes, far.votes) == ((8, 3), (8, 3))
    assert (near.are_near, near.contradicts) == (True, True)
    assert (far.are_near, far.contradicts) == (False, False)


def test_fewer_than_eleven_films_contradict_nothing():
    known = on_a_line(PLACES[:10], [0] * 10, votes_needed=6)

    assert not nearest(at(0), known, film=Film("new"), predicted=1).contradicts


def test_votes_of_many_films_are_those_of_each():
    known = on_a_line(PLACES, LABELS)
    coordinates = np.array([[0.0, 0.0], [14.0, 0.0]], np.float32)

    votes, are_near = count_votes(coordinates, (Film("new"), Film("id12")), known)

    # Without the last film, the eleven nearest of the second are those at 12 down to 2.
    assert votes.tolist() == [[8, 3], [7, 4]]
    assert are_near.tolist() == [True, False]  # the eleventh is at 11, and at 12 from 14
    assert votes_against(votes, np.array([0, 0])).tolist() == [3, 4]
    assert votes_against(votes, np.array([1, 0])).tolist() == [8, 4]


def test_distances_are_to_the_nearest_film_of_another_patient():
    films = tuple(Film(f"id{number}", patient) for number, patient in enumerate("aabbc"))
    coordinates = np.array([[0, 0], [0.1, 0], [3, 4], [3, 4.1], [0, 10]], np.float32)

    found = measure_distances(coordinates, films, limit_share=0.02)

    by_hand = sorted([np.hypot(2.9, 4), np.hypot(2.9, 4), 5, np.hypot(2.9, 4.1), np.hypot(3, 5.9)])
    assert found.typical == pytest.approx(by_hand[2], rel=1e-6)
    assert found.same == pytest.approx(0.5 * np.quantile(by_hand, 0.01), rel=1e-6)
    assert found.limit == pytest.approx(np.quantile(by_hand, 0.98), rel=1e-6)
    with pytest.raises(ValueError, match="2"):
        measure_distances(coordinates[:2], films[:2], limit_share=0.02)


def test_a_direction_in_which_films_of_a_class_differ_counts_little():
    # Classes 1 apart in the first direction; each film of one is 0.3 and 1.5 from their mean.
    corners = np.array([[-0.3, -1.5], [-0.3, 1.5], [0.3, -1.5], [0.3, 1.5]])
    coordinates = np.concatenate([corners, corners + np.array([1, 0])])
    films = tuple(Film(f"id{number}") for number in range(8))
    labels = np.arange(8) // 4

    known = KnownFilms.of(films, coordinates, labels, num_classes=2, limit_share=0.02)
    found = nearest(np.array([1.0, 0.0]), known, film=Film("new"), per_class=1)

    # Variances 0.09 and 2.25, and 0.05 of their mean: 0.1485 and 2.3085.
    distances = [
        np.sqrt(0.7**2 / 0.1485 + 1.5**2 / 2.3085),
        np.sqrt(0.3**2 / 0.1485 + 1.5**2 / 2.3085),
    ]
    assert [films[0].distance for films in found.by_class] == pytest.approx(
        np.array(distances) / known.distances.limit
    )


def test_neighbours_are_those_of_a_search_by_mahalanobis_distance_within_classes():
    generator = np.random.default_rng(0)
    coordinates = generator.normal(size=(200, 20)).astype(np.float32)
    labels = generator.integers(0, 3, 200)
    films = tuple(Film(f"id{n}", f"p{n // 2}") for n in range(200))
    known = KnownFilms.of(films, coordinates, labels, num_classes=3, limit_share=0.02)
    within = (
        sum(
            np.cov(coordinates[labels == label].T, bias=True) * (labels == label).sum()
            for label in range(3)
        )
        / 200
    )
    shrunk = within + 0.05 * np.trace(within) / 20 * np.eye(20)

    for number in range(0, 200, 17):
        found = nearest(coordinates[number], known, film=films[number])

        away = [
            (mahalanobis(coordinates[number], coordinates[other], np.linalg.inv(shrunk)), other)
            for other in range(200) if films[other].patient != films[number].patient
        ]  # fmt: skip
        away = sorted(one for one in away if one[0] >= known.distances.same)
        for label in range(3):
            expected = [other for _, other in away if labels[other] == label][:3]
            assert [one.image_id for one in found.by_class[label]] == [f"id{n}" for n in expected]
        voters = [labels[other] for _, other in away[:11]]
        assert list(found.votes) == [voters.count(label) for label in range(3)]
