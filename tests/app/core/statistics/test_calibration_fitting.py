import math

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import expit
from scipy.special import softmax as scipy_softmax
from sklearn import metrics as sklearn_metrics
from sklearn.linear_model import LogisticRegression

from app.core.statistics.calibration import expected_calibration_error, sigmoid, softmax
from app.core.statistics.calibration_fitting import (
    fit_temperature,
    fit_temperature_and_offsets,
    log_likelihood,
)


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


@pytest.mark.parametrize("temperature", [0.2, 1.0, 3.0])
def test_binary_temperature_is_recovered_and_optimal(temperature):
    logits, y_true = draw_binary(1, temperature=temperature)

    def loss(log_temperature):
        proportion = expit(logits / math.exp(log_temperature)).clip(1e-300, 1 - 1e-16)
        return sklearn_metrics.log_loss(y_true, proportion)

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


def test_a_confident_error_raises_the_temperature():
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


def test_two_classes_are_scaled_as_by_logistic_regression():
    logits, y_true = draw_binary(1, temperature=3.0, num_cases=500)
    leaning = logits - 4.0
    fitted = LogisticRegression(C=np.inf, tol=1e-10).fit(leaning[:, None], y_true)

    temperature, offsets = fit_temperature_and_offsets(
        np.stack([np.zeros(500), leaning], axis=1), y_true
    )

    assert offsets[0] == 0.0
    assert 1 / temperature == pytest.approx(fitted.coef_[0, 0], rel=1e-4)
    assert offsets[1] == pytest.approx(fitted.intercept_[0], rel=1e-4)
    assert offsets[1] == pytest.approx(4 / 3, rel=0.2)


def test_offsets_of_four_classes_are_recovered():
    logits, y_true = draw_multi_class(2, temperature=2.0)
    lean = np.array([0.0, 3.0, -2.0, 1.0])

    temperature, offsets = fit_temperature_and_offsets(logits + 7 - lean, y_true)

    assert temperature == pytest.approx(2.0, rel=0.08)
    assert offsets == pytest.approx(lean / 2, abs=0.15)
    fitted = log_likelihood(softmax((logits - lean) / temperature + offsets), y_true)
    for nudge in 0.05 * np.eye(4):
        other = softmax((logits - lean) / temperature + offsets + nudge)
        assert log_likelihood(other, y_true) < fitted


def test_without_a_bias_the_temperature_is_the_same():
    logits, y_true = draw_binary(2, temperature=2.0, num_cases=20_000)

    temperature, offsets = fit_temperature_and_offsets(
        np.stack([np.zeros_like(logits), logits], axis=1), y_true
    )

    assert temperature == pytest.approx(fit_temperature(logits, y_true), rel=0.01)
    assert offsets[1] == pytest.approx(0.0, abs=0.05)


def test_separated_classes_stay_within_bounds():
    temperature, offsets = fit_temperature_and_offsets([[0.0, 1.0], [0.0, 2.0]], [0, 1])

    assert 0.05 <= temperature <= 20
    assert abs(offsets[1]) <= 50


@pytest.mark.parametrize("logits", [[1.0, 2.0], [[1.0], [2.0]], [[math.nan, 1.0], [1.0, 0.0]]])
def test_offsets_reject_malformed_input(logits):
    with pytest.raises(ValueError, match="logits"):
        fit_temperature_and_offsets(logits, [0, 1])


def test_log_likelihood_agrees_with_scikit_learn():
    logits, y_true = draw_multi_class(0, temperature=1.0, num_cases=100)
    proportions = scipy_softmax(logits, axis=1)

    assert log_likelihood(proportions, y_true) == pytest.approx(
        -sklearn_metrics.log_loss(y_true, proportions, normalize=False)
    )


def test_fitting_leaves_its_inputs_alone():
    logits, y_true = draw_binary(0, temperature=1.0, num_cases=30)
    columns, labels = draw_multi_class(0, temperature=1.0, num_cases=30)
    for array in (logits, y_true, columns, labels):
        array.flags.writeable = False

    fit_temperature(logits, y_true)
    fit_temperature(columns, labels)
    fit_temperature_and_offsets(columns, labels)
