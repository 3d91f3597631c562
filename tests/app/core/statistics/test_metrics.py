import math
from dataclasses import FrozenInstanceError

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest
from sklearn import metrics as sklearn_metrics

from app.core.statistics.labels import binary_probabilities
from app.core.statistics.metrics import (
    F1,
    OperatingPoint,
    Proportion,
    confusion_matrix,
    operating_point,
)


def test_counts_keep_their_denominators():
    y_true = [1, 1, 1, 1, 0, 0, 0, 0, 0, 0]
    y_score = [0.9, 0.8, 0.6, 0.2, 0.7, 0.6, 0.4, 0.3, 0.2, 0.1]
    point = operating_point(y_true, y_score, threshold=0.5)

    assert point == OperatingPoint(threshold=0.5, tp=3, fp=2, fn=1, tn=4)
    assert point.accuracy == Proportion(7, 10)
    assert point.sensitivity == Proportion(3, 4)
    assert point.specificity == Proportion(4, 6)
    assert point.ppv == Proportion(3, 5)


def test_score_equal_to_threshold_is_positive():
    assert operating_point([1], [0.5], threshold=0.5).sensitivity.value == 1.0


@pytest.mark.parametrize(("threshold", "positives"), [(0.0, 4), (1.0, 1)])
def test_threshold_at_either_end(threshold, positives):
    point = operating_point([0, 1, 0, 1], [0.0, 0.3, 0.6, 1.0], threshold=threshold)

    assert point.tp + point.fp == positives


@pytest.mark.parametrize(
    ("successes", "total", "expected"),
    [
        (8, 10, (0.4902, 0.9433)),  # worked by hand from Wilson (1927)
        (0, 10, (0.0, 0.2775)),
        (10, 10, (0.7225, 1.0)),
    ],
)
def test_wilson_interval(successes, total, expected):
    assert Proportion(successes, total).interval() == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("total", [1, 2, 7, 99, 624, 5216])
def test_wilson_interval_agrees_with_scipy(total):
    for successes in {0, 1, total // 3, total - 1, total}:
        reference = binomtest(successes, total).proportion_ci(method="wilson")
        low, high = Proportion(successes, total).interval()

        assert (low, high) == pytest.approx((reference.low, reference.high), abs=1e-12)
        assert 0 <= low <= successes / total <= high <= 1


def test_wilson_interval_touches_the_ends_exactly():
    assert all(Proportion(0, total).interval()[0] == 0.0 for total in range(1, 300))
    assert all(Proportion(total, total).interval()[1] == 1.0 for total in range(1, 300))


def test_without_cases_a_proportion_is_nan_not_a_crash():
    assert math.isnan(Proportion(0, 0).value)
    assert all(math.isnan(end) for end in Proportion(0, 0).interval())
    assert math.isnan(operating_point([0, 0], [0.1, 0.9], threshold=0.5).sensitivity.value)
    assert math.isnan(operating_point([], [], threshold=0.5).accuracy.value)


@pytest.mark.parametrize(("successes", "total"), [(3, 2), (-1, 2), (0, -1)])
def test_proportion_refuses_impossible_counts(successes, total):
    with pytest.raises(ValueError, match=f"successes={successes}, total={total}"):
        Proportion(successes, total)


def test_f1_by_hand():
    f1 = F1(Proportion(6, 12))  # 6 true positives, 2 false, 4 missed: PPV 6/8, sensitivity 6/10

    assert f1.value == pytest.approx(2 * 0.75 * 0.6 / 1.35)
    low, high = Proportion(6, 12).interval()
    assert f1.interval() == pytest.approx((2 * low / (1 + low), 2 * high / (1 + high)))


def test_f1_edges():
    assert F1(Proportion(0, 5)).value == 0.0
    assert F1(Proportion(0, 5)).interval()[0] == 0.0
    assert F1(Proportion(4, 4)).interval()[1] == 1.0
    assert math.isnan(F1(Proportion(0, 0)).value)
    assert all(math.isnan(end) for end in F1(Proportion(0, 0)).interval())


def test_f1_interval_covers_the_true_f1():
    # 60 positives of 150, found with sensitivity 0.8 at specificity 0.9.
    random = np.random.default_rng(3)
    true_f1 = 2 * 48 / (2 * 48 + 9 + 12)
    tp = random.binomial(60, 0.8, size=1000)
    fp = random.binomial(90, 0.1, size=1000)
    intervals = [
        F1(Proportion(int(a), 60 + int(b))).interval() for a, b in zip(tp, fp, strict=True)
    ]

    covered = np.mean([low <= true_f1 <= high for low, high in intervals])
    assert 0.93 <= covered <= 0.985


@pytest.mark.parametrize("seed", range(5))
def test_counts_and_f1_agree_with_scikit_learn(seed):
    random = np.random.default_rng(seed)
    y_true = random.integers(0, 2, 200)
    y_score = random.integers(0, 11, 200) / 10
    point = operating_point(y_true, y_score, threshold=0.4)
    y_pred = y_score >= 0.4

    tn, fp, fn, tp = sklearn_metrics.confusion_matrix(y_true, y_pred).ravel()
    assert (point.tn, point.fp, point.fn, point.tp) == (tn, fp, fn, tp)
    f1 = F1(Proportion(int(tp), int(tp + fp + fn)))
    assert f1.value == pytest.approx(sklearn_metrics.f1_score(y_true, y_pred))


def test_confusion_matrix_rows_are_truth():
    pairs = confusion_matrix([0, 0, 1, 2, 2, 2], [0, 1, 1, 0, 2, 2], num_classes=4)

    assert pairs.tolist() == [[1, 1, 0, 0], [0, 1, 0, 0], [1, 0, 2, 0], [0, 0, 0, 0]]
    assert pairs.dtype.kind == "i"


def test_confusion_matrix_agrees_with_scikit_learn():
    y_true, y_pred = np.random.default_rng(0).integers(0, 4, (2, 300))

    np.testing.assert_array_equal(
        confusion_matrix(y_true, y_pred, num_classes=4),
        sklearn_metrics.confusion_matrix(y_true, y_pred),
    )


@pytest.mark.parametrize("kind", [list, tuple, np.array, pd.Series])
@pytest.mark.parametrize("label_type", [int, bool, float])
def test_labels_of_any_kind_count_alike(kind, label_type):
    labels = kind([label_type(label) for label in (1, 0, 1)])

    point = operating_point(labels, kind([0.9, 0.8, 0.1]), threshold=0.5)
    assert (point.tp, point.fp, point.fn, point.tn) == (1, 1, 1, 0)


def test_results_are_frozen_plain_numbers():
    point = operating_point(np.array([1]), np.array([0.5]), threshold=np.float64(0.5))

    assert type(point.tp) is int
    assert type(point.threshold) is float
    with pytest.raises(FrozenInstanceError):
        point.tp = 3


def test_inputs_are_left_alone():
    y_true, y_score = np.array([1, 0, 1]), np.array([0.9, 0.8, 0.1])
    for array in (y_true, y_score):
        array.flags.writeable = False

    operating_point(y_true, y_score, threshold=0.5)
    confusion_matrix(y_true, y_true, num_classes=2)


@pytest.mark.parametrize(
    ("y_true", "y_score", "message"),
    [
        ([1, 0], [0.5], r"shapes \(2,\) and \(1,\)"),
        ([[1, 0]], [[0.5, 0.5]], r"1-D .* shapes \(1, 2\)"),
        ([1, 2], [0.5, 0.5], r"labels \[1, 2\]"),
        (["1", "0"], [0.5, 0.5], "type <U1"),
        ([1, None], [0.5, 0.5], "type object"),
        ([1, 0], [0.5, float("nan")], "1 NaN"),
        ([1, 0], [0.5, float("inf")], "1 infinite"),
        (range(12), [0.5] * 12, r"\[0, 1, 2, 3, 4, 5, 6, 7\] and 4 more"),
    ],
)
def test_rejects_malformed_input(y_true, y_score, message):
    with pytest.raises(ValueError, match=message):
        operating_point(y_true, y_score, threshold=0.5)


def test_scores_need_not_be_probabilities():
    point = operating_point([0, 1, 1], [-2.5, 3.0, 71.0], threshold=3.0)

    assert (point.tp, point.fp, point.fn, point.tn) == (2, 0, 0, 1)


@pytest.mark.parametrize("threshold", [-math.inf, math.inf, math.nan])
def test_rejects_a_threshold_that_is_no_number(threshold):
    with pytest.raises(ValueError, match=f"threshold={threshold}"):
        operating_point([1], [0.5], threshold=threshold)


@pytest.mark.parametrize(
    ("y_true", "y_pred", "message"),
    [
        ([0, 3], [0, 1], r"`y_true` must hold only integers from 0 to 2. Received labels \[0, 3\]"),
        ([0, 1], [0, -1], r"`y_pred`.*labels \[-1, 0\]"),
        ([0, 1], [0, 1.5], r"`y_pred`.*1\.5"),
        ([0, 1], [0], r"shapes \(2,\) and \(1,\)"),
        ([[0]], [[0]], r"`y_true` must be 1-D. Received shape \(1, 1\)"),
    ],
)
def test_confusion_matrix_rejects_malformed_input(y_true, y_pred, message):
    with pytest.raises(ValueError, match=message):
        confusion_matrix(y_true, y_pred, num_classes=3)


def test_confusion_matrix_rejects_a_single_class():
    with pytest.raises(ValueError, match="num_classes=1"):
        confusion_matrix([0], [0], num_classes=1)


def test_a_message_names_the_argument_that_is_wrong():
    with pytest.raises(ValueError, match="`confidence` must hold probabilities"):
        binary_probabilities([1], [1.5], name="confidence")
