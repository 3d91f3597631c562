"""The calibration error: against the folded normal distribution, and its coverage by simulation."""

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import expit, logit
from scipy.stats import foldnorm

from app.core.statistics.bootstrap import Interval
from app.core.statistics.calibration import expected_calibration_error
from app.core.statistics.calibration_error import (
    CalibrationError,
    calibration_error,
    error_difference,
)


def test_a_large_gap_in_one_bin_has_the_interval_worked_by_hand():
    """70 of 100 where 50 were predicted: 0.2, less and plus 1.96 × sqrt(0.5 × 0.5 / 100)."""
    found = calibration_error([1] * 70 + [0] * 30, [0.5] * 100, groups=range(100))

    assert found.counted == pytest.approx(0.2)
    assert found.corrected.value == pytest.approx(0.2)
    assert found.corrected.low == pytest.approx(0.102, abs=0.004)
    assert found.corrected.high == pytest.approx(0.298, abs=0.004)
    assert (found.corrected.num_cases, found.corrected.num_groups) == (100, 100)


@pytest.mark.parametrize("positives", [55, 58, 62])
def test_the_size_of_one_gap_is_a_folded_normal_variable(positives):
    """What is added by chance has a closed form in one bin: the gap's size, in its deviations."""
    found = calibration_error(
        [1] * positives + [0] * (100 - positives), [0.5] * 100, groups=range(100)
    )
    gap = (positives - 50) / 100 / 0.05

    def error_where(share):
        if foldnorm.cdf(gap, 0) <= share:
            return 0.0
        return 0.05 * brentq(lambda error: foldnorm.cdf(gap, error) - share, 0, 9)

    assert found.corrected.low == pytest.approx(error_where(0.975), abs=0.004)
    assert found.corrected.value == pytest.approx(error_where(0.5), abs=0.004)
    assert found.corrected.high == pytest.approx(error_where(0.025), abs=0.004)


def sample(true_probability, *, seed, num_patients=200, films=2):
    """Films of patients; one patient's films share the prediction and, half the time, the luck."""
    random = np.random.default_rng(seed)
    predicted = random.beta(0.5, 0.8, num_patients).repeat(films)
    luck = random.random(num_patients).repeat(films)
    own = random.random(len(luck)) < 0.5
    luck[own] = random.random(own.sum())
    return luck < true_probability(predicted), predicted, np.arange(num_patients).repeat(films)


@pytest.mark.parametrize(
    "true_probability",
    [lambda share: share, lambda share: expit(logit(share) / 2), lambda share: share**1.5],
    ids=["calibrated", "too confident", "too high"],
)
def test_the_interval_holds_the_true_error_in_about_95_percent_of_samples(true_probability):
    _, predicted, _ = sample(true_probability, seed=0, num_patients=200_000, films=1)
    bins = np.minimum((predicted * 10).astype(int), 9)
    gap = np.bincount(bins, true_probability(predicted) - predicted) / len(predicted)
    true_error = np.abs(gap).sum()

    found = []
    for seed in range(100):
        outcome, share, patients = sample(true_probability, seed=seed)
        error = calibration_error(outcome, share, groups=patients)
        assert error.counted == pytest.approx(expected_calibration_error(outcome, share))
        found.append(error.corrected)

    assert sum(one.low <= true_error + 1e-9 <= one.high + 1e-9 for one in found) >= 90
    assert all(one.low <= one.value <= one.high for one in found)
    assert np.median([one.value for one in found]) == pytest.approx(true_error, abs=0.015)


def test_films_of_one_patient_count_as_less_than_films_of_many():
    outcome, predicted, patients = sample(lambda share: share**1.5, seed=1, films=6)

    alone = calibration_error(outcome, predicted, groups=np.arange(len(outcome))).corrected
    together = calibration_error(outcome, predicted, groups=patients).corrected

    assert together.high - together.low > 1.2 * (alone.high - alone.low)


@pytest.mark.parametrize(
    ("outcome", "predicted", "groups"),
    [([], [], []), ([1, 0], [0.3, 0.4], ["a", "a"]), ([1, 0], [1.0, 0.0], ["a", "b"])],
    ids=["no case", "one patient", "certain and right"],
)
def test_where_chance_cannot_be_judged_there_is_no_interval(outcome, predicted, groups):
    found = calibration_error(outcome, predicted, groups=groups)

    assert found.corrected.value == pytest.approx(found.counted, nan_ok=True)
    assert np.isnan([found.corrected.low, found.corrected.high]).all()


def test_a_difference_has_the_limits_of_both_errors():
    first, second = (
        CalibrationError(0.2, Interval(value, low, high, 90, 80, 0, 0))
        for value, low, high in ((0.04, 0.01, 0.08), (0.10, 0.07, 0.15))
    )

    found = error_difference(first, second)

    # The square roots of 0.03² + 0.04² and of 0.05² + 0.03².
    assert found.value == pytest.approx(0.06)
    assert found.low == pytest.approx(0.01)
    assert found.high == pytest.approx(0.06 + 0.0583095)


def test_probabilities_are_checked():
    with pytest.raises(ValueError, match="in \\[0, 1\\]"):
        calibration_error([1, 0], [1.2, 0.1], groups=["a", "b"])
    with pytest.raises(ValueError, match="at least 1"):
        calibration_error([1, 0], [0.2, 0.1], groups=["a", "b"], num_bins=0)
