import math

import numpy as np
import pytest
from scipy.special import expit
from scipy.special import softmax as scipy_softmax
from sklearn import metrics as sklearn_metrics

from app.core.statistics.calibration import (
    brier_score,
    expected_calibration_error,
    reliability_bins,
    sigmoid,
    softmax,
)
from app.core.statistics.metrics import Proportion


def test_sigmoid_and_softmax_agree_with_scipy():
    logits = np.random.default_rng(0).normal(0, 20, (50, 3))

    np.testing.assert_allclose(sigmoid(logits), expit(logits), rtol=1e-14)
    np.testing.assert_allclose(softmax(logits), scipy_softmax(logits, axis=-1), rtol=1e-12)


def test_extreme_logits_do_not_overflow():
    assert sigmoid([-1e4, 0.0, 1e4]).tolist() == [0.0, 0.5, 1.0]
    assert softmax([[1e4, 0.0], [-1e4, 0.0]]).tolist() == [[1.0, 0.0], [0.0, 1.0]]


def test_reliability_bins_by_hand():
    bins = reliability_bins([0, 1, 1, 1], [0.0, 0.2, 0.5, 1.0], num_bins=2)

    assert [(bin_.low, bin_.high) for bin_ in bins] == [(0.0, 0.5), (0.5, 1.0)]
    assert [bin_.observed for bin_ in bins] == [Proportion(1, 2), Proportion(2, 2)]
    assert [bin_.mean_probability for bin_ in bins] == pytest.approx([0.1, 0.75])


def test_each_tenth_falls_into_the_bin_it_opens():
    bins = reliability_bins([0] * 11, [k / 10 for k in range(11)])

    assert [bin_.observed.total for bin_ in bins] == [1] * 9 + [2]


def test_an_empty_bin_has_no_mean():
    first = reliability_bins([1], [0.9], num_bins=2)[0]

    assert math.isnan(first.mean_probability)
    assert first.observed == Proportion(0, 0)


def test_expected_calibration_error_by_hand():
    # Bins: {0.0, 0.2} promise 0.1, observe 1/2; {0.5, 1.0} promise 0.75, observe 1.
    error = expected_calibration_error([0, 1, 1, 1], [0.0, 0.2, 0.5, 1.0], num_bins=2)

    assert error == pytest.approx(0.5 * 0.4 + 0.5 * 0.25)


def test_expected_calibration_error_against_a_plain_loop():
    random = np.random.default_rng(2)
    proportion, truth = random.random(500), random.integers(0, 2, 500)
    error = 0.0
    for low in np.arange(10) / 10:
        inside = (proportion >= low) & (proportion < low + 0.1)
        error += inside.mean() * abs(proportion[inside].mean() - truth[inside].mean())

    assert expected_calibration_error(truth, proportion) == pytest.approx(error)


def test_brier_score():
    assert brier_score([1, 0], [0.8, 0.3]) == pytest.approx((0.04 + 0.09) / 2)
    random = np.random.default_rng(4)
    truth, proportion = random.integers(0, 2, 100), random.random(100)
    assert brier_score(truth, proportion) == pytest.approx(
        sklearn_metrics.brier_score_loss(truth, proportion)
    )


def test_a_single_class_has_calibration_and_no_cases_have_none():
    assert brier_score([1, 1], [1.0, 0.5]) == 0.125
    assert expected_calibration_error([0, 0], [0.0, 0.0]) == 0.0
    assert math.isnan(brier_score([], []))
    assert math.isnan(expected_calibration_error([], []))


@pytest.mark.parametrize("function", [brier_score, expected_calibration_error, reliability_bins])
@pytest.mark.parametrize(
    ("y_true", "probability", "message"),
    [
        ([1, 0], [0.5], r"`y_true` and `probability` .* shapes \(2,\) and \(1,\)"),
        ([1, 0], [0.5, 1.5], "`probability` must hold probabilities"),
        ([1, 0], [0.5, math.nan], "`probability` must be finite"),
        ([1, 3], [0.5, 0.5], r"labels \[1, 3\]"),
    ],
)
def test_rejects_malformed_input(function, y_true, probability, message):
    with pytest.raises(ValueError, match=message):
        function(y_true, probability)


def test_rejects_no_bins():
    with pytest.raises(ValueError, match="num_bins=0"):
        reliability_bins([1], [0.5], num_bins=0)


def test_inputs_are_left_alone():
    random = np.random.default_rng(0)
    columns, proportion, y_true = (
        random.random((30, 4)),
        random.random(30),
        random.integers(0, 2, 30),
    )
    for array in (columns, proportion, y_true):
        array.flags.writeable = False

    expected_calibration_error(y_true, proportion)
    brier_score(y_true, proportion)
    softmax(columns)
