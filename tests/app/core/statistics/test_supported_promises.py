import numpy as np
import pytest

from app.core.statistics.supported_promises import (
    positives_needed,
    strictest_miss_rate,
    strictest_precision,
)
from app.core.statistics.zones import find_zones


# 0.975 = 1 - 0.025; the smallest n with (1 - rate) ** n <= 0.025.
@pytest.mark.parametrize(("rate", "needed"), [(0.05, 72), (0.10, 36), (0.21, 16), (0.25, 13)])
def test_so_many_positives_show_a_miss_rate(rate, needed):
    assert positives_needed(rate) == needed
    assert (1 - rate) ** needed <= 0.025 < (1 - rate) ** (needed - 1)


@pytest.mark.parametrize(
    ("positives", "rate"), [(0, 0.25), (12, 0.25), (13, 0.25), (16, 0.21), (36, 0.1), (500, 0.05)]
)
def test_the_miss_rate_is_the_lowest_whole_per_cent_that_is_shown(positives, rate):
    assert strictest_miss_rate(positives) == rate


def test_looser_than_the_loosest_is_not_proposed():
    assert strictest_miss_rate(5, loosest=0.5) == 0.5
    assert strictest_miss_rate(6, loosest=0.5) == 0.46  # 0.54 ** 6 = 0.0248


@pytest.mark.parametrize("positives", [13, 20, 40, 72])
def test_perfect_scores_get_both_promises(positives):
    labels = np.r_[np.zeros(100, int), np.ones(positives, int)]
    scores = np.r_[np.linspace(0.1, 0.4, 100), np.linspace(0.6, 0.9, positives)]
    precision = strictest_precision(positives, len(labels))
    guarantee = find_zones(
        labels, scores, decision=0.5, miss_rate=strictest_miss_rate(positives), precision=precision
    ).guarantee

    assert guarantee.rule_out.found
    # Below 17 positives no precision of 75 % or more can be shown.
    assert guarantee.rule_in.found == (positives >= 17)


def test_precisions_lie_between_the_lowest_and_the_usual_one():
    found = [strictest_precision(number, 200) for number in range(0, 200, 5)]

    assert found == sorted(found)
    assert (found[0], found[-1]) == (0.75, 0.9)
