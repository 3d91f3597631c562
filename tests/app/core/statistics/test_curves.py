import math

import numpy as np
import pytest
from scipy.stats import mannwhitneyu
from sklearn import metrics as sklearn_metrics

from app.core.statistics.curves import (
    average_precision,
    class_aucs,
    macro_auc,
    precision_recall_curve,
    roc_auc,
    roc_curve,
)
from app.core.statistics.metrics import operating_point


def draw(seed, *, num_cases=300, levels=None):
    """Labels and overlapping scores, on few levels where ties are wanted."""
    random = np.random.default_rng(seed)
    y_true = random.integers(0, 2, num_cases)
    y_score = 1 / (1 + np.exp(-(2 * y_true - 1 + random.normal(0, 1.5, num_cases))))
    return y_true, np.round(y_score * levels) / levels if levels else y_score


def test_auc_by_hand():
    # Pairs (positive, negative): 0.8 beats 0.6 and 0.2; 0.6 ties with 0.6 and beats 0.2.
    assert roc_auc([1, 1, 0, 0], [0.8, 0.6, 0.6, 0.2]) == 3.5 / 4


@pytest.mark.parametrize(
    ("y_score", "area"), [([0.1, 0.2, 0.8], 1.0), ([0.9, 0.8, 0.1], 0.0), ([0.5] * 3, 0.5)]
)
def test_auc_of_perfect_inverted_and_useless_scores(y_score, area):
    assert roc_auc([0, 0, 1], y_score) == area


@pytest.mark.parametrize("levels", [None, 20, 3])
@pytest.mark.parametrize("seed", range(4))
def test_areas_agree_with_scikit_learn_and_scipy(seed, levels):
    y_true, y_score = draw(seed, levels=levels)
    pairs_won = mannwhitneyu(y_score[y_true == 1], y_score[y_true == 0]).statistic
    num_pairs = y_true.sum() * (1 - y_true).sum()

    assert roc_auc(y_true, y_score) == pytest.approx(
        sklearn_metrics.roc_auc_score(y_true, y_score), abs=1e-12
    )
    assert roc_auc(y_true, y_score) == pytest.approx(pairs_won / num_pairs, abs=1e-12)
    assert average_precision(y_true, y_score) == pytest.approx(
        sklearn_metrics.average_precision_score(y_true, y_score), abs=1e-12
    )


def test_area_depends_on_the_order_alone():
    y_true, y_score = draw(1)
    logits = np.log(y_score / (1 - y_score))

    assert roc_auc(y_true, 40 * logits - 3) == roc_auc(y_true, y_score)
    assert roc_auc(y_true[::-1], y_score[::-1]) == roc_auc(y_true, y_score)


def test_area_of_a_hundred_thousand_cases_is_exact():
    # 5e4 positives times 5e4 negatives overflow 32 bits.
    y_true = np.arange(100_000) % 2

    assert roc_auc(y_true, np.arange(100_000) / 1e5) == (50_000 * 50_001 / 2) / 2.5e9


def test_roc_curve_by_hand():
    curve = roc_curve([1, 1, 0, 0], [0.8, 0.6, 0.6, 0.2])

    assert curve.thresholds.tolist() == [math.inf, 0.8, 0.6, 0.2]
    assert curve.tpr.tolist() == [0.0, 0.5, 1.0, 1.0]
    assert curve.fpr.tolist() == [0.0, 0.0, 0.5, 1.0]


def test_precision_recall_curve_by_hand():
    curve = precision_recall_curve([1, 1, 0, 0], [0.8, 0.6, 0.6, 0.2])

    assert curve.thresholds.tolist() == [math.inf, 0.8, 0.6, 0.2]
    assert curve.recall.tolist() == [0.0, 0.5, 1.0, 1.0]
    assert curve.precision.tolist() == pytest.approx([1.0, 1.0, 2 / 3, 0.5])


@pytest.mark.parametrize("levels", [None, 10])
def test_curves_agree_with_scikit_learn(levels):
    y_true, y_score = draw(7, levels=levels)
    roc, recall = roc_curve(y_true, y_score), precision_recall_curve(y_true, y_score)

    reference = sklearn_metrics.roc_curve(y_true, y_score, drop_intermediate=False)
    for ours, theirs in zip((roc.fpr, roc.tpr, roc.thresholds), reference, strict=True):
        np.testing.assert_allclose(ours, theirs)
    precision, share_found, thresholds = sklearn_metrics.precision_recall_curve(y_true, y_score)
    np.testing.assert_allclose(recall.precision[::-1], precision)
    np.testing.assert_allclose(recall.recall[::-1], share_found)
    np.testing.assert_allclose(recall.thresholds[:0:-1], thresholds)
    assert np.trapezoid(roc.tpr, roc.fpr) == pytest.approx(roc_auc(y_true, y_score))


def test_every_point_of_a_curve_is_an_operating_point():
    y_true, y_score = draw(2, num_cases=60, levels=15)
    roc, recall = roc_curve(y_true, y_score), precision_recall_curve(y_true, y_score)

    for index in range(1, len(roc.thresholds)):
        point = operating_point(y_true, y_score, threshold=roc.thresholds[index])
        assert roc.tpr[index] == pytest.approx(point.sensitivity.value)
        assert roc.fpr[index] == pytest.approx(1 - point.specificity.value)
        assert recall.precision[index] == pytest.approx(point.ppv.value)


@pytest.mark.parametrize("label", [0, 1])
def test_undefined_values_of_a_single_class_are_nan(label):
    roc = roc_curve([label] * 3, [0.1, 0.5, 0.9])

    assert math.isnan(roc_auc([label] * 3, [0.1, 0.5, 0.9]))
    assert np.isnan(roc.tpr if label == 0 else roc.fpr).all()
    assert not np.isnan(roc.fpr if label == 0 else roc.tpr).any()
    assert math.isnan(average_precision([0] * 3, [0.1, 0.5, 0.9]))
    assert average_precision([1] * 3, [0.1, 0.5, 0.9]) == 1.0


def test_without_cases_all_is_nan():
    assert math.isnan(roc_auc([], []))
    assert math.isnan(average_precision([], []))
    assert np.isnan(roc_curve([], []).tpr).all()


def test_class_aucs_agree_with_scikit_learn():
    random = np.random.default_rng(5)
    y_true = random.integers(0, 3, 200)
    y_score = np.round(random.dirichlet(np.ones(3), 200) + np.eye(3)[y_true] / 4, 2)
    y_score /= y_score.sum(axis=1, keepdims=True)

    each = [sklearn_metrics.roc_auc_score(y_true == k, y_score[:, k]) for k in range(3)]
    np.testing.assert_allclose(class_aucs(y_true, y_score), each)
    assert macro_auc(y_true, y_score) == pytest.approx(
        sklearn_metrics.roc_auc_score(y_true, y_score, multi_class="ovr")
    )


def test_a_class_without_cases_leaves_the_mean_undefined():
    y_score = [[0.7, 0.2, 0.1], [0.2, 0.7, 0.1]]

    np.testing.assert_array_equal(class_aucs([0, 1], y_score), [1.0, 1.0, math.nan])
    assert math.isnan(macro_auc([0, 1], y_score))


@pytest.mark.parametrize("function", [roc_auc, roc_curve, average_precision, macro_auc])
def test_inputs_are_left_alone(function):
    y_true, y_score = draw(0, num_cases=20)
    if function is macro_auc:
        y_score = np.stack([1 - y_score, y_score], axis=1)
    for array in (y_true, y_score):
        array.flags.writeable = False

    function(y_true, y_score)


@pytest.mark.parametrize(
    "function", [roc_auc, roc_curve, average_precision, precision_recall_curve]
)
@pytest.mark.parametrize(
    ("y_true", "y_score", "message"),
    [
        ([1, 0], [0.5], r"shapes \(2,\) and \(1,\)"),
        ([1, -1], [0.5, 0.5], r"labels \[-1, 1\]"),
        ([1, 0], [0.5, math.nan], "1 NaN"),
    ],
)
def test_rejects_malformed_input(function, y_true, y_score, message):
    with pytest.raises(ValueError, match=message):
        function(y_true, y_score)


@pytest.mark.parametrize(
    ("y_true", "y_score", "message"),
    [
        ([0, 1], [0.5, 0.5], r"shapes \(2,\) and \(2,\)"),
        ([0, 1, 1], [[0.5, 0.5]] * 2, r"shapes \(3,\) and \(2, 2\)"),
        ([0, 0], [[1.0], [1.0]], "two or more classes"),
        ([0, 2], [[0.5, 0.5]] * 2, r"labels \[0, 2\]"),
        ([0, 1], [[0.5, 0.5], [math.nan, 0.5]], "1 NaN"),
    ],
)
def test_class_aucs_reject_malformed_input(y_true, y_score, message):
    with pytest.raises(ValueError, match=message):
        class_aucs(y_true, y_score)
