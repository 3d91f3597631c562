import numpy as np
from scipy.special import expit

from app.core.bundles.decision_rule import Calibration
from app.core.statistics.recalibration import calibrated, recalibrated


def test_calibrated_by_hand():
    logits = [[0.0, 2.0], [0.0, -4.0]]
    plain = Calibration(method="temperature", temperature=2.0, fitted_on="validation")
    shifted = Calibration(
        method="temperature_and_offset", temperature=2.0, offset=(0.0, 0.5), fitted_on="validation"
    )

    np.testing.assert_allclose(calibrated(logits, plain)[:, 1], expit([1.0, -2.0]))
    np.testing.assert_allclose(calibrated(logits, shifted)[:, 1], expit([1.5, -1.5]))
    np.testing.assert_allclose(calibrated(logits[0], shifted), [1 - expit(1.5), expit(1.5)])


def test_recalibrated_probabilities_are_those_of_the_logits():
    logits = np.random.default_rng(0).normal(0, 3, (50, 3))
    before = Calibration(
        method="temperature_and_offset", temperature=1.7, offset=(0.0, 1.0, -2.0), fitted_on="x"
    )
    after = Calibration(method="temperature", temperature=0.8, fitted_on="y")

    found = recalibrated(calibrated(logits, before), before=before, after=after)

    np.testing.assert_allclose(found, calibrated(logits, after), rtol=1e-9)
