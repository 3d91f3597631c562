import numpy as np
import pytest
from scipy.stats import binom, binomtest

from app.core.statistics.exact_tests import errors_allowed, smallest_sample, upper_bound


def test_errors_allowed_by_hand():
    # 0.95 ** 58 = 0.0510 and 0.95 ** 59 = 0.0485.
    assert errors_allowed([0, 1, 58, 59], rate=0.05, level=0.05).tolist() == [-1, -1, -1, 0]
    # 0.9 ** 54 + 54 * 0.1 * 0.9 ** 53 = 0.0034 + 0.0203 = 0.0237; with 53, 0.0258.
    assert errors_allowed([53, 54], rate=0.1, level=0.025).tolist() == [0, 1]


@pytest.mark.parametrize(("rate", "level"), [(0.05, 0.025), (0.1, 0.0125), (0.5, 0.025)])
def test_errors_allowed_against_the_quantiles_of_scipy(rate, level):
    sizes = np.arange(1, 1200)
    quantile = binom.ppf(level, sizes, rate)
    expected = np.where(binom.cdf(quantile, sizes, rate) <= level, quantile, quantile - 1)

    assert (errors_allowed(sizes, rate=rate, level=level) == expected).all()


def test_a_passing_sample_is_one_that_binomtest_rejects():
    for size in (59, 93, 200):
        allowed = int(errors_allowed(size, rate=0.05, level=0.05))
        assert binomtest(allowed, size, 0.05, "less").pvalue <= 0.05
        assert binomtest(allowed + 1, size, 0.05, "less").pvalue > 0.05


@pytest.mark.parametrize(("errors", "size"), [(0, 59), (3, 40), (39, 40), (12, 500)])
def test_upper_bound_against_binomtest(errors, size):
    expected = binomtest(errors, size, alternative="less").proportion_ci(0.975, "exact").high

    assert upper_bound(errors, size, level=0.025) == pytest.approx(expected)


def test_nothing_is_bounded_by_1():
    assert upper_bound(0, 0, level=0.05) == 1.0
    assert upper_bound(3, 3, level=0.05) == 1.0


@pytest.mark.parametrize(
    ("rate", "level", "size"),
    [(0.05, 0.05, 59), (0.05, 0.025, 72), (0.1, 0.0125, 42), (0.5, 0.5, 1)],
)
def test_smallest_sample(rate, level, size):
    assert smallest_sample(rate=rate, level=level) == size
    assert errors_allowed([size - 1, size], rate=rate, level=level).tolist() == [-1, 0]


@pytest.mark.parametrize("wrong", [{"rate": 0, "level": 0.1}, {"rate": 0.1, "level": 1}])
def test_rates_and_levels_outside_0_and_1_are_refused(wrong):
    with pytest.raises(ValueError, match="between 0 and 1"):
        errors_allowed([1], **wrong)
    with pytest.raises(ValueError, match="between 0 and 1"):
        smallest_sample(**wrong)


def test_more_errors_than_cases_are_refused():
    with pytest.raises(ValueError, match="errors=3, size=2"):
        upper_bound(3, 2, level=0.05)
