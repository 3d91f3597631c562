import numpy as np
import pytest
from scipy.spatial.distance import pdist
from scipy.stats import energy_distance, hypergeom

from app.core.gate.two_samples import energy, holm, kolmogorov_smirnov, proportions


def test_the_gap_of_samples_that_do_not_overlap_is_one():
    # Of the C(4, 2) = 6 ways to divide four figures, two are as extreme.
    gap, p = kolmogorov_smirnov(np.array([1.0, 2.0]), np.array([3.0, 4.0]))

    assert gap == 1
    assert p == pytest.approx(2 / 6)


def test_the_gap_of_samples_worked_by_hand():
    # Below 2: three quarters of the first, a quarter of the second.
    gap, _ = kolmogorov_smirnov(np.array([0.0, 1, 1, 3]), np.array([1.5, 2, 3, 4]))

    assert gap == 0.75


def test_energy_worked_by_hand():
    # Distances across: 10, 12, 8, 10, mean 10; within: 2 each. (20 - 2 - 2) / 20.
    apart, p = energy(np.array([[0.0], [2.0]]), np.array([[10.0], [12.0]]))

    assert apart == pytest.approx(0.8)
    # With six ways to divide four points, all are tried, and two are as far apart.
    assert p == pytest.approx(2 / 6)


def test_energy_agrees_with_the_distance_of_scipy_on_a_line():
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=60), rng.normal(1.5, 2, size=45)
    across = np.abs(first[:, None] - second).mean()
    # SciPy's takes in the distance of each point to itself, and the root.
    squared = 2 * energy_distance(first, second) ** 2 / 2
    within = [2 * pdist(one[:, None]).sum() / len(one) ** 2 for one in (first, second)]
    unbiased = squared + sum(
        mean - mean * len(one) / (len(one) - 1)
        for one, mean in zip((first, second), within, strict=True)
    )

    apart, p = energy(first[:, None], second[:, None])

    assert apart == pytest.approx(unbiased / (2 * across))
    assert p == pytest.approx(1 / 2000)


def test_energy_of_points_in_one_place_is_none():
    assert energy(np.ones((5, 2)), np.ones((6, 2))) == (0.0, 1.0)


def test_energy_alarms_no_more_often_than_chance():
    rng = np.random.default_rng(1)
    p_values = [energy(rng.normal(size=(20, 3)), rng.normal(size=(15, 3)))[1] for _ in range(60)]

    # 3 of 60 are expected below 0.05; more than 9 happen once in 2,000 times.
    assert sum(p <= 0.05 for p in p_values) <= 9
    assert np.mean(p_values) == pytest.approx(0.5, abs=0.15)


def test_two_proportions_are_compared_exactly():
    # 9 of 10 against 2 of 10, as in a table of 20 with 11 positive.
    moved, p = proportions((1, 9), (8, 2))
    chances = hypergeom(20, 11, 10).pmf(np.arange(11))

    assert moved == pytest.approx(0.7)
    assert p == pytest.approx(chances[chances <= chances[9] * (1 + 1e-9)].sum())


def test_more_than_two_proportions():
    # Half of the folder is of the third kind, none of the reference: a half must be moved.
    moved, p = proportions((25, 25, 50), (50, 50, 0))

    assert moved == pytest.approx(0.5)
    assert p < 1e-10


@pytest.mark.parametrize("counts", [((10, 0), (30, 0)), ((0, 0), (30, 5))])
def test_proportions_of_one_kind_or_of_nothing_do_not_differ(counts):
    assert proportions(*counts) == (0.0, 1.0)


def test_holm_multiplies_the_smallest_p_most():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.6, 0.9]) == [1.0, 1.0]
    assert holm([]) == []
