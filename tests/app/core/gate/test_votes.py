"""From how many votes on the nearest films contradict the model."""

from __future__ import annotations

import numpy as np
import pytest

from app.core.gate.votes import choose_votes


def test_the_votes_needed_are_the_fewest_that_are_rare_and_have_reason():
    right = np.array([True] * 1000 + [False] * 20)
    against = np.zeros(1020, int)
    against[:7] = 6  # 0.7 % of the right answers: too many
    against[:3] = 7  # 0.3 %, and 4 of 20 wrong ones
    against[1000:1004] = 8

    # Clopper-Pearson, one-sided 95 %: 7 of 1,000 are at most 1.31 %, 3 of 1,000 at most 0.77 %.
    units = np.arange(1020).astype(str)
    assert choose_votes(against, right, units) == 7
    assert choose_votes(against, right, units, most_right=0.014) == 6
    # 4 of 20 against 3 of 1,000 is 67 times as often.
    assert choose_votes(against, right, units, times_as_often=67) == 8
    # All three of one patient: 1 of 333 is at most 1.42 %.
    units[:3] = "p"
    assert choose_votes(against, right, units) == 8


@pytest.mark.parametrize(("num_right", "needed"), [(298, None), (299, 6)])
def test_it_takes_many_right_answers_to_show_that_few_are_contradicted(num_right, needed):
    """None of 299 is at most 1 - 0.05 ** (1 / 299) = 0.997 %, none of 298 at most 1.0003 %."""
    right = np.array([True] * num_right + [False] * 5)
    against = np.where(right, 0, 11)

    assert choose_votes(against, right, np.arange(len(right)).astype(str)) == needed


def test_films_that_contradict_no_better_than_by_chance_never_may():
    right = np.array([True] * 300 + [False] * 300)
    against = np.zeros(600, int)
    against[[0, 300]] = 11  # one of the right, one of the wrong

    assert choose_votes(against, right, np.arange(600).astype(str)) is None


@pytest.mark.parametrize("num_wrong", [0, 20])
def test_films_that_contradict_nothing_wrong_never_may(num_wrong):
    right = np.array([True] * 300 + [False] * num_wrong)

    assert choose_votes(np.zeros(len(right), int), right, np.arange(len(right)).astype(str)) is None
