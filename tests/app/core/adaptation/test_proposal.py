import numpy as np
import pytest

from app.core.adaptation.proposal import propose


def test_one_film_of_each_range_of_scores():
    scores = np.random.default_rng(0).random(100)

    chosen = propose(scores, 10, seed=1)

    ranks = np.argsort(np.argsort(scores))[chosen]
    assert sorted(rank // 10 for rank in ranks) == list(range(10))


def test_the_order_says_nothing_of_the_score():
    ranks = propose(np.arange(1000.0), 100, seed=0)

    assert abs(np.corrcoef(np.arange(100), ranks)[0, 1]) < 0.3


def test_every_film_has_the_same_chance():
    drawn = np.zeros(7)
    for seed in range(3000):
        drawn[propose(np.linspace(0, 1, 7), 3, seed=seed)] += 1

    # 3 of 7 in each draw: 1286 of 3000, with a standard deviation of 27.
    assert np.abs(drawn - 3000 * 3 / 7).max() < 5 * 27


def test_the_seed_decides():
    scores = np.random.default_rng(0).random(50)

    assert propose(scores, 5, seed=3).tolist() == propose(scores, 5, seed=3).tolist()
    assert propose(scores, 5, seed=3).tolist() != propose(scores, 5, seed=4).tolist()


def test_more_than_there_are_gives_all():
    assert sorted(propose([0.5, 0.5, 0.1], 10)) == [0, 1, 2]


def test_none_is_no_number():
    with pytest.raises(ValueError, match="number=0"):
        propose([0.5], 0)
