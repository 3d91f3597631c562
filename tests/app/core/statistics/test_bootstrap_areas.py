import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from app.core.statistics.bootstrap import bootstrap_interval
from app.core.statistics.bootstrap_areas import (
    area_intervals,
    auc_interval,
    auc_intervals,
)
from app.core.statistics.curves import average_precision, macro_auc, roc_auc


def findings(seed, *, missing):
    """Labels and scores of three findings of 120 films of 40 patients, some labels missing."""
    random = np.random.default_rng(seed)
    labels = (random.random((120, 3)) < 0.4).astype(float)
    scores = np.round(labels + random.normal(0, 1, labels.shape), 2)
    labels[random.random(labels.shape) < missing] = np.nan
    return labels, scores, np.repeat(np.arange(40), 3)


@pytest.mark.parametrize("missing", [0.0, 0.3])
def test_mean_auc_equals_scikit_learn_on_labelled_cases(missing):
    labels, scores, patients = findings(1, missing=missing)

    interval, each = auc_intervals(labels, scores, groups=patients, num_resamples=10)

    by_finding = [
        roc_auc_score(labels[known, k], scores[known, k])
        for k, known in enumerate((~np.isnan(labels)).T)
    ]
    assert interval.value == pytest.approx(np.mean(by_finding), abs=1e-12)
    assert [one.value for one in each] == pytest.approx(by_finding, abs=1e-12)
    assert (interval.num_cases, interval.num_groups) == (120, 40)


def test_the_interval_of_a_mean_auc_equals_resampling_all_findings_of_a_patient():
    labels, scores, patients = findings(2, missing=0.2)

    def mean(rows, _):
        drawn = rows.astype(int)
        known = ~np.isnan(labels[drawn])
        return np.mean(
            [roc_auc(labels[drawn, k][known[:, k]], scores[drawn, k][known[:, k]])
             for k in range(3)]
        )  # fmt: skip

    fast, _ = auc_intervals(labels, scores, groups=patients, num_resamples=200, seed=5)
    rows = np.arange(len(labels))
    # Constant classes, so that the slow one skips a resample only where its mean is undefined.
    slow = bootstrap_interval(
        lambda _, drawn: mean(drawn, None), np.zeros(len(rows)), rows.astype(float),
        groups=patients, num_resamples=200, seed=5,
    )  # fmt: skip

    assert fast.low == pytest.approx(slow.low, abs=1e-12)
    assert fast.high == pytest.approx(slow.high, abs=1e-12)
    assert fast.low < fast.value < fast.high


def test_mean_auc_of_one_finding_is_its_auc():
    labels, scores, patients = findings(3, missing=0.0)

    one, _ = auc_intervals(labels[:, :1], scores[:, :1], groups=patients, num_resamples=100)

    assert one == auc_interval(labels[:, 0], scores[:, 0], groups=patients, num_resamples=100)


def test_mean_auc_refuses_other_shapes():
    with pytest.raises(ValueError, match="a column for each finding"):
        auc_intervals([0, 1], [0.1, 0.2], groups=["a", "b"])


def sample(seed, *, num_cases=300, num_patients=120):
    random = np.random.default_rng(seed)
    truth = random.integers(0, 2, num_cases)
    score = np.round(random.normal(truth, 1.0), 1)  # with ties
    return truth, score, random.integers(0, num_patients, num_cases)


def limits(interval):
    return pytest.approx((interval.value, interval.low, interval.high), abs=1e-12)


def test_areas_are_those_of_the_slower_ways():
    truth, score, patients = sample(3)

    auc, precision = area_intervals(truth, score, groups=patients, num_resamples=200)

    assert auc == auc_interval(truth, score, groups=patients, num_resamples=200)
    slow = bootstrap_interval(average_precision, truth, score, groups=patients, num_resamples=200)
    assert (precision.value, precision.low, precision.high) == limits(slow)
    assert precision.num_resamples == slow.num_resamples == 200


def test_areas_skip_resamples_of_one_class_as_the_slower_ways_do():
    truth, score, patients = [1, 0, 0, 1], [0.9, 0.2, 0.7, 0.6], ["a", "b", "c", "d"]

    auc, precision = area_intervals(truth, score, groups=patients, num_resamples=100)

    slow = bootstrap_interval(average_precision, truth, score, groups=patients, num_resamples=100)
    assert auc.num_skipped == precision.num_skipped == slow.num_skipped > 0
    one_class = area_intervals([1, 1], [0.1, 0.2], groups=["a", "b"], num_resamples=10)
    assert np.isnan(one_class[0].value)
    assert (one_class[1].value, one_class[1].num_skipped) == (1.0, 0)


def test_areas_of_classes_are_those_of_each_class_and_of_their_mean():
    random = np.random.default_rng(4)
    truth = random.integers(0, 3, 150)
    score = np.round(np.eye(3)[truth] + random.normal(0, 1, (150, 3)), 1)
    patients = random.integers(0, 60, 150)

    mean, each = auc_intervals(np.eye(3)[truth], score, groups=patients, num_resamples=100)

    slow = bootstrap_interval(macro_auc, truth, score, groups=patients, num_resamples=100)
    assert (mean.value, mean.low, mean.high) == limits(slow)
    for label, one in enumerate(each):
        alone = auc_interval(truth == label, score[:, label], groups=patients, num_resamples=100)
        assert one == alone
