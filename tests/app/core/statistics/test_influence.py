import math

import numpy as np
import pytest

from app.core.statistics.bootstrap import Interval, bootstrap_interval
from app.core.statistics.curves import average_precision, roc_auc
from app.core.statistics.influence import (
    Influence,
    areas_influence,
    auc_influence,
    brier_influence,
    difference_by_influence,
    interval_by_influence,
    mean_influence,
    mean_of,
)
from app.core.statistics.paired_tests import auc_test


def sample(seed, *, num_cases=60, decimals=1, num_patients=25):
    random = np.random.default_rng(seed)
    truth = (random.random(num_cases) < 0.3).astype(int)
    score = np.round(random.normal(truth, 1.0), decimals)  # with ties
    return truth, score, random.integers(0, num_patients, num_cases)


def moved(statistic, truth, score, case, times=1000):
    """The derivative by the weight of a case, measured: every other case occurs so many times."""
    weights = np.full(len(truth), times)
    weights[case] += 1
    drawn = np.arange(len(truth)).repeat(weights)
    return times * (statistic(truth[drawn], score[drawn]) - statistic(truth, score))


@pytest.mark.parametrize(("place", "statistic"), [(0, roc_auc), (1, average_precision)])
def test_influence_is_how_far_a_case_moves_an_area(place, statistic):
    truth, score, _ = sample(1)

    found = areas_influence(truth, score)[place]

    assert found.value == pytest.approx(statistic(truth, score), abs=1e-12)
    assert found.of_cases.sum() == pytest.approx(0, abs=1e-12)
    for case in range(len(truth)):
        measured = moved(statistic, truth, score, case)
        assert found.of_cases[case] == pytest.approx(measured, abs=2e-4)


def test_the_variance_of_an_auc_is_obuchowskis():
    truth, score, patients = sample(2, num_cases=4000, num_patients=1500, decimals=2)

    # Against scores that tell nothing and do not vary, the test is about one AUC alone.
    tested = auc_test(truth, np.zeros(len(truth)), score, groups=patients)
    alone = difference_by_influence(
        Influence(0.5, np.zeros(len(truth))), auc_influence(truth, score), groups=patients
    )

    # Its degrees of freedom are those of each class.
    assert alone.value == pytest.approx(tested.difference, abs=1e-12)
    assert (alone.low, alone.high) == pytest.approx((tested.low, tested.high), abs=5e-5)


def test_a_mean_by_hand():
    # Of 1, 2 and 6 the mean is 3; of patients a and b the deviations -3 and 3 are thirds: 2 times
    # (1 + 1) is the variance.
    found = mean_of([1.0, 2.0, 6.0], among=[True, True, True])
    interval = difference_by_influence(
        mean_of(np.zeros(3), among=np.ones(3, bool)), found, groups=["a", "a", "b"]
    )

    assert found.of_cases.tolist() == pytest.approx([-2 / 3, -1 / 3, 1])
    half = 1.959964 * math.sqrt(2 * 2)
    assert (interval.low, interval.high) == pytest.approx((3 - half, 3 + half), abs=1e-5)
    assert math.isnan(mean_of([1.0], among=[False]).value)


def test_limits_agree_with_the_bootstrap_over_patients():
    truth, score, patients = sample(3, num_cases=3000, num_patients=800)
    share = 1 / (1 + np.exp(-score))
    brier = lambda label, one: float(np.mean((one - label) ** 2))  # noqa: E731
    areas = areas_influence(truth, share)

    for figure, statistic in (
        (areas[0], roc_auc),
        (areas[1], average_precision),
        (brier_influence(truth, share), brier),
    ):
        fast = interval_by_influence(figure, groups=patients)
        slow = bootstrap_interval(statistic, truth, share, groups=patients)
        width = slow.high - slow.low
        assert fast.value == pytest.approx(slow.value, abs=1e-12)
        assert (fast.low, fast.high) == pytest.approx((slow.low, slow.high), abs=0.1 * width)
        assert (fast.num_groups, fast.num_resamples) == (slow.num_groups, 0)


def test_a_mean_of_findings_counts_what_they_share():
    truth, score, patients = sample(4)
    one, everywhere = auc_influence(truth, score), np.ones(len(truth), bool)

    twice = mean_influence([one, one], [everywhere, everywhere])

    assert interval_by_influence(twice, groups=patients) == interval_by_influence(
        one, groups=patients
    )
    half = truth >= 0
    half[::2] = False
    part = mean_influence([auc_influence(truth[half], score[half])], [half])
    assert part.of_cases[::2].tolist() == [0.0] * 30


def test_no_counter_example_has_no_width_and_one_class_no_figure():
    perfect = interval_by_influence(
        auc_influence([0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9]), groups=["a", "b", "c", "d"]
    )
    assert perfect == Interval(1.0, 1.0, 1.0, 4, 4, 0, 0)
    assert perfect.degenerate
    lone = interval_by_influence(auc_influence([0, 1], [0.1, 0.2]), groups=["a", "a"])
    assert lone.value == 1.0
    assert math.isnan(lone.low)
    none = interval_by_influence(auc_influence([1, 1], [0.1, 0.2]), groups=["a", "b"])
    assert math.isnan(none.value)
    assert math.isnan(none.high)


@pytest.mark.slow
def test_limits_cover_an_area_close_to_1():
    """400 positives of 10,000 cases, where the area is 0.98."""
    random = np.random.default_rng(5)
    shift, covered = 2.9044, 0  # of two normals with this area
    for _ in range(300):
        truth = np.arange(10_000) < 400
        score = random.normal(shift * truth, 1.0)
        interval = interval_by_influence(auc_influence(truth, score), groups=np.arange(10_000))
        covered += interval.low <= 0.98 <= interval.high
    assert covered / 300 >= 0.91
