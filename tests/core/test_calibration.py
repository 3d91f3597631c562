import math

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import expit
from scipy.special import softmax as scipy_softmax
from sklearn import metrics as sklearn_metrics

from app.core.calibration import (
    brier_score,
    expected_calibration_error,
    fit_temperature,
    reliability_bins,
    sigmoid,
    softmax,
)
from app.core.metrics import Proportion


def draw_binary(seed, *, temperature, num_cases=4000):
    """Logits that are `temperature` times too large for the labels drawn from them."""
    random = np.random.default_rng(seed)
    honest = random.normal(0, 2, num_cases)
    return honest * temperature, (random.random(num_cases) < expit(honest)).astype(int)


def draw_multi_class(seed, *, temperature, num_cases=3000):
    random = np.random.default_rng(seed)
    honest = random.normal(0, 1.5, (num_cases, 4))
    cumulative = scipy_softmax(honest, axis=1).cumsum(axis=1)
    labels = (random.random((num_cases, 1)) > cumulative).sum(axis=1).clip(0, 3)
    return honest * temperature, labels


def test_sigmoid_and_softmax_agree_with_scipy():
    logits = np.random.default_rng(0).normal(0, 20, (50, 3))

    np.testing.assert_allclose(sigmoid(logits), expit(logits), rtol=1e-14)
    np.testing.assert_allclose(softmax(logits), scipy_softmax(logits, axis=-1), rtol=1e-12)


def test_extreme_logits_do_not_overflow():
    assert sigmoid([-1e4, 0.0, 1e4]).tolist() == [0.0, 0.5, 1.0]
    assert softmax([[1e4, 0.0], [-1e4, 0.0]]).tolist() == [[1.0, 0.0], [0.0, 1.0]]


def test_reliability_bins_by_hand():
    bins = reliability_bins([0, 1, 1, 1], [0.0, 0.2, 0.5, 1.0], num_bins=2)

    assert [(part.low, part.high) for part in bins] == [(0.0, 0.5), (0.5, 1.0)]
    assert [part.observed for part in bins] == [Proportion(1, 2), Proportion(2, 2)]
    assert [part.mean_probability for part in bins] == pytest.approx([0.1, 0.75])


def test_each_tenth_falls_into_the_bin_it_opens():
    bins = reliability_bins([0] * 11, [k / 10 for k in range(11)])

    assert [part.observed.total for part in bins] == [1] * 9 + [2]


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
    share, truth = random.random(500), random.integers(0, 2, 500)
    error = 0.0
    for low in np.arange(10) / 10:
        inside = (share >= low) & (share < low + 0.1)
        error += inside.mean() * abs(share[inside].mean() - truth[inside].mean())

    assert expected_calibration_error(truth, share) == pytest.approx(error)


def test_brier_score():
    assert brier_score([1, 0], [0.8, 0.3]) == pytest.approx((0.04 + 0.09) / 2)
    random = np.random.default_rng(4)
    truth, share = random.integers(0, 2, 100), random.random(100)
    assert brier_score(truth, share) == pytest.approx(
        sklearn_metrics.brier_score_loss(truth, share)
    )


def test_a_single_class_has_calibration_and_no_cases_have_none():
    assert brier_score([1, 1], [1.0, 0.5]) == 0.125
    assert expected_calibration_error([0, 0], [0.0, 0.0]) == 0.0
    assert math.isnan(brier_score([], []))
    assert math.isnan(expected_calibration_error([], []))


@pytest.mark.parametrize("temperature", [0.2, 1.0, 3.0])
def test_binary_temperature_is_recovered_and_optimal(temperature):
    logits, y_true = draw_binary(1, temperature=temperature)

    def loss(log_temperature):
        share = expit(logits / math.exp(log_temperature)).clip(1e-300, 1 - 1e-16)
        return sklearn_metrics.log_loss(y_true, share)

    fitted = fit_temperature(logits, y_true)
    best = minimize_scalar(loss, bounds=(-3, 3), method="bounded", options={"xatol": 1e-9})
    assert fitted == pytest.approx(temperature, rel=0.08)
    assert fitted == pytest.approx(math.exp(best.x), rel=1e-5)


@pytest.mark.parametrize("temperature", [0.5, 2.5])
def test_multi_class_temperature_is_recovered_and_optimal(temperature):
    logits, y_true = draw_multi_class(1, temperature=temperature)

    def loss(log_temperature):
        return sklearn_metrics.log_loss(
            y_true, scipy_softmax(logits / math.exp(log_temperature), axis=1)
        )

    fitted = fit_temperature(logits, y_true)
    best = minimize_scalar(loss, bounds=(-3, 3), method="bounded", options={"xatol": 1e-9})
    assert fitted == pytest.approx(temperature, rel=0.08)
    assert fitted == pytest.approx(math.exp(best.x), rel=1e-5)


def test_two_columns_fit_as_one_logit_does():
    logits, y_true = draw_binary(3, temperature=2.0, num_cases=300)
    columns = np.stack([np.full(300, 5.0), logits + 5.0], axis=1)

    assert fit_temperature(columns, y_true) == pytest.approx(fit_temperature(logits, y_true))


def test_dividing_by_the_temperature_improves_calibration():
    logits, y_true = draw_binary(5, temperature=4.0)
    scaled = sigmoid(logits / fit_temperature(logits, y_true))

    before = expected_calibration_error(y_true, sigmoid(logits))
    assert expected_calibration_error(y_true, scaled) < 0.03 < before


@pytest.mark.parametrize(
    ("logits", "expected"),
    [
        ([-2.0, -1.0, 1.0, 2.0], 0.05),  # separated: no certainty is too much
        ([-800.0, -900.0, 700.0, 800.0], 0.05),
        ([2.0, 1.0, -1.0, -2.0], 20.0),  # the wrong way round: none is little enough
        ([0.0, 0.0, 0.0, 0.0], 1.0),  # nothing to learn from
    ],
)
def test_temperature_stays_in_its_range(logits, expected):
    assert fit_temperature(logits, [0, 0, 1, 1]) == expected


def test_a_confident_miss_asks_for_more_doubt():
    assert fit_temperature([-30.0, 40.0, 30.0, 35.0], [0, 0, 1, 1]) == pytest.approx(
        minimum_by_grid([-30.0, 40.0, 30.0, 35.0], [0, 0, 1, 1]), rel=1e-2
    )


def minimum_by_grid(logits, y_true):
    grid = np.geomspace(0.05, 20, 4000)
    signed = np.where(np.array(y_true) == 1, 1, -1) * np.array(logits)
    loss = np.logaddexp(0, -signed[:, None] / grid).sum(axis=0)
    return grid[loss.argmin()]


@pytest.mark.parametrize(
    ("logits", "y_true", "message"),
    [
        ([1.0, 2.0], [1, 1], r"at least two classes. Received labels \[1\]"),
        ([[1.0, 2.0]] * 2, [1, 1], "at least two classes"),
        ([], [], r"at least two classes. Received labels \[\]"),
        ([[1.0], [2.0]], [0, 1], r"shapes \(2, 1\) and \(2,\)"),
        ([[1.0, 2.0]], [0, 1], r"shapes \(1, 2\) and \(2,\)"),
        ([1.0], [0, 1], r"`logits` must be 1-D .* shapes \(2,\) and \(1,\)"),
        ([math.inf, 1.0], [0, 1], "`logits` must be finite. Received 0 NaN and 1 infinite"),
        ([[math.nan, 1.0], [1.0, 0.0]], [0, 1], "`logits` must be finite. Received 1 NaN"),
        ([[1.0, 0.0], [1.0, 0.0]], [0, 2], r"labels \[0, 2\]"),
    ],
)
def test_temperature_rejects_malformed_input(logits, y_true, message):
    with pytest.raises(ValueError, match=message):
        fit_temperature(logits, y_true)


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
    logits, y_true = draw_binary(0, temperature=1.0, num_cases=30)
    columns, labels = draw_multi_class(0, temperature=1.0, num_cases=30)
    share = expit(logits)
    for array in (logits, y_true, columns, labels, share):
        array.flags.writeable = False

    fit_temperature(logits, y_true)
    fit_temperature(columns, labels)
    expected_calibration_error(y_true, share)
    brier_score(y_true, share)
    softmax(columns)
