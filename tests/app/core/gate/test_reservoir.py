import sys

import numpy as np
import pytest
from scipy.stats import binomtest

from app.core.gate.observation import Observation
from app.core.gate.reservoir import Answer, Reservoir
from tests.app.core.gate.samples import filled, films


def _observation(number: int) -> Observation:
    return Observation(float(number), np.array([number], np.float16))


def test_a_short_stream_is_kept_as_it_is():
    sample = films(30, seed=0)

    kept = filled(sample).sample()

    assert kept.distances == pytest.approx(sample.distances)
    assert kept.coordinates == pytest.approx(sample.coordinates, abs=5e-3)  # float16
    assert kept.statistics == pytest.approx(sample.statistics)
    assert kept.scores == pytest.approx(sample.scores)
    assert list(kept.answers) == list(sample.answers)


def test_every_film_of_a_long_stream_has_the_same_chance():
    first_half = 0
    for seed in range(40):
        reservoir = Reservoir(50, seed=seed)
        for number in range(1000):
            reservoir.add(_observation(number), Answer(0.5, 0))
        kept = reservoir.sample().distances
        assert len(set(kept)) == 50
        first_half += int((kept < 500).sum())

    assert binomtest(first_half, 2000).pvalue > 0.001


def test_it_is_the_same_for_the_same_stream():
    first, second = Reservoir(20, seed=3), Reservoir(20, seed=3)
    for number in range(300):
        for one in (first, second):
            one.add(_observation(number), Answer(number / 300, number % 2))

    assert list(first.sample().distances) == list(second.sample().distances)


def test_a_hundred_thousand_films_are_counted_and_a_thousand_kept():
    reservoir = Reservoir()
    for number in range(100_000):
        reservoir.add(_observation(number % 7), Answer(0.5, number % 4 == 0))

    assert reservoir.num_seen == reservoir.num_judged == 100_000
    assert reservoir.answers == {1: 25_000, 0: 75_000}
    assert len(reservoir.sample()) == len(reservoir.distances()) == 1000
    assert sys.getsizeof(reservoir._judged.items) < 20_000


def test_refused_images_are_counted_by_reason_and_not_compared():
    reservoir = filled(films(5, seed=0), refused=3)
    reservoir.add_refused("blank")

    assert reservoir.refused == {"unfamiliar": 3, "blank": 1}
    assert (reservoir.num_refused, reservoir.num_judged, reservoir.num_seen) == (4, 5, 9)
    assert len(reservoir.sample()) == 5
    assert sorted(reservoir.distances())[-3:] == [1.5, 1.5, 1.5]


def test_films_judged_without_a_gate_are_counted_only():
    reservoir = Reservoir()
    reservoir.add(None, Answer(0.9, 1))

    assert reservoir.num_judged == 1
    assert reservoir.sample() is None


def test_statistics_that_some_films_lack_are_left_out():
    reservoir = filled(films(2, seed=0))
    reservoir.add(Observation(0.5, np.zeros(40, np.float16)), Answer(0.5, 0))

    assert reservoir.sample().statistics.shape == (3, 0)
