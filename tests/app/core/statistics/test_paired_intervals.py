import numpy as np
import pytest

from app.core.statistics import paired_intervals
from app.core.statistics.curves import macro_auc
from app.core.statistics.paired_intervals import mean_auc_difference, mean_differences
from app.core.statistics.paired_tests import paired_difference
from tests.app.core.statistics.test_paired_tests import draw


def test_mean_differences_are_the_paired_bootstrap_of_means():
    y_true, first, second, patient = draw(4, num_patients=30, films_each=3)
    right = [(score > 0.7) == y_true for score in (first, second)]
    among = [y_true == 1, y_true >= 0]

    found = mean_differences(*(np.stack([one, one]) for one in right), among=among, groups=patient)

    for interval, which in zip(found, (1, 0), strict=True):
        slow = paired_difference(
            lambda truth, is_right, least=which: is_right[truth >= least].mean(),
            y_true,
            *right,
            groups=patient,
        )
        assert (interval.value, interval.low, interval.high) == pytest.approx(
            (slow.value, slow.low, slow.high)
        )
        assert interval.num_groups == 30
    assert [one.num_cases for one in found] == [int(y_true.sum()), 90]


def test_mean_differences_reject_malformed_input():
    with pytest.raises(ValueError, match=r"\(1, 2\), \(1, 2\) and \(1, 1\)"):
        mean_differences([[1, 1]], [[1, 1]], among=[[True]], groups=["a", "b"])
    with pytest.raises(ValueError, match="1 missing of 2"):
        mean_differences([[1, 1]], [[1, 1]], among=[[True, True]], groups=["a", ""])


def classes(seed, *, num_cases=120):
    """The classes, the scores of two models, and the patients of cases."""
    random = np.random.default_rng(seed)
    truth = random.integers(0, 3, num_cases)
    scores = [
        np.round(skill * np.eye(3)[truth] + random.normal(0, 1, (num_cases, 3)), 1)
        for skill in (0.6, 1.2)
    ]
    return truth, *scores, random.integers(0, num_cases // 2, num_cases)


def test_mean_auc_difference_is_the_paired_bootstrap():
    truth, first, second, patients = classes(1)

    earlier, later, found = mean_auc_difference(truth, first, second, groups=patients)

    slow = paired_difference(macro_auc, truth, first, second, groups=patients)
    assert (earlier, later) == (macro_auc(truth, first), macro_auc(truth, second))
    assert (found.value, found.low, found.high) == pytest.approx(
        (slow.value, slow.low, slow.high), abs=1e-12
    )


def test_differences_of_a_large_sample_are_those_of_the_bootstrap(monkeypatch):
    truth, first, second, patients = classes(2, num_cases=4000)
    right = [np.equal(score.argmax(axis=1), truth) for score in (first, second)]
    among = [np.ones(len(truth), bool)]

    def found():
        mean = mean_auc_difference(truth, first, second, groups=patients)[2]
        return mean, *mean_differences([right[0]], [right[1]], among=among, groups=patients)

    drawn = found()
    monkeypatch.setattr(paired_intervals, "MANY_CASES", 4000)

    for slow, fast in zip(drawn, found(), strict=True):
        assert fast.value == pytest.approx(slow.value, abs=1e-12)
        assert fast.num_resamples == 0 < slow.num_resamples
        width = slow.high - slow.low
        assert (fast.low, fast.high) == pytest.approx((slow.low, slow.high), abs=0.1 * width)
