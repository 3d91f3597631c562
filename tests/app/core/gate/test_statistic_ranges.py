"""Ranges from films: quantiles by hand, what lies outside, and a round trip through a file."""

import numpy as np
import pytest

from app.core.gate.image_statistics import NAMES
from app.core.gate.statistic_ranges import StatisticRanges

MEAN = NAMES.index("mean")
SIZE = NAMES.index("size")


@pytest.fixture
def rows():
    """201 films whose mean runs from 0.2 to 0.8, everything else equal."""
    found = np.full((201, len(NAMES)), 0.25, np.float32)
    found[:, MEAN] = np.linspace(0.2, 0.8, 201)
    found[:, SIZE] = 8
    return found


def test_a_range_is_the_quantiles_widened_by_half(rows):
    low, high = StatisticRanges.from_films(rows).range_of("mean")

    # Quantiles 0.203 and 0.797; half of their distance is 0.297.
    assert low == pytest.approx(0.203 - 0.297, abs=1e-4)
    assert high == pytest.approx(0.797 + 0.297, abs=1e-4)


def test_films_of_one_size_leave_room_for_a_factor_of_two(rows):
    assert StatisticRanges.from_films(rows).range_of("size") == (7, 9)


def test_what_lies_outside_is_named_with_its_side(rows):
    ranges = StatisticRanges.from_films(rows)
    film = rows[0].copy()
    film[SIZE] = 10

    assert ranges.check(rows[0]) == {}
    assert ranges.check(film) == {"size": pytest.approx(0.5)}
    assert ranges.is_above("size", 10)
    assert ranges.is_below("size", 6.9)
    assert not ranges.is_below("size", 7)
    assert not ranges.is_above("size", 9)


def test_a_single_odd_film_of_many_does_not_stretch_the_range(rows):
    many = np.repeat(rows, 5, axis=0)
    odd = many.copy()
    odd[0, SIZE] = 14

    assert StatisticRanges.from_films(odd).range_of("size") == (7, 9)


def test_ranges_pass_through_a_file(rows, tmp_path):
    ranges = StatisticRanges.from_films(rows)
    np.savez(tmp_path / "ranges.npz", **ranges.arrays())

    with np.load(tmp_path / "ranges.npz", allow_pickle=False) as stored:
        found = StatisticRanges.from_arrays(stored)

    assert np.array_equal(found.low, ranges.low)
    assert np.array_equal(found.high, ranges.high)
    assert found.num_films == 201


def test_a_file_of_another_version_limits_what_both_know(rows):
    arrays = StatisticRanges.from_films(rows).arrays()
    arrays["names"] = np.array([{"noise": "gone"}.get(name, name) for name in NAMES])

    found = StatisticRanges.from_arrays(arrays)

    assert found.range_of("noise") == (-np.inf, np.inf)
    assert found.range_of("size") == (7, 9)
    assert found.check(rows[0]) == {}


@pytest.mark.parametrize(
    ("key", "value"), [("low", np.zeros(3)), ("high", np.full(len(NAMES), np.nan)), ("names", None)]
)
def test_damaged_ranges_are_refused(rows, key, value):
    arrays = StatisticRanges.from_films(rows).arrays()
    if value is None:
        del arrays[key]
    else:
        arrays[key] = value

    with pytest.raises(ValueError, match=key):
        StatisticRanges.from_arrays(arrays)


def test_too_few_films_have_no_range(rows):
    with pytest.raises(ValueError, match="30"):
        StatisticRanges.from_films(rows[:29])


def test_statistics_that_are_not_numbers_are_refused(rows):
    rows[3, MEAN] = np.nan

    with pytest.raises(ValueError, match="finite"):
        StatisticRanges.from_films(rows)


@pytest.mark.parametrize(
    ("figure", "is_held"), [(0.2, True), (0.5, True), (0.1, False), (0.6, False), (np.nan, False)]
)
def test_a_film_is_held_if_no_figure_is_beyond_its_range(figure, is_held):
    low, high = (np.full(len(NAMES), end, np.float32) for end in (0.2, 0.5))
    figures = np.full(len(NAMES), 0.3, np.float32)
    figures[MEAN] = figure

    assert StatisticRanges(low, high, 100).hold(figures) is is_held
