import numpy as np
from scipy.special import expit

from app.core.bundles.manifest import Calibration
from app.core.statistics.recalibration import calibrated


def test_calibrated_by_hand():
    logits = [[0.0, 2.0], [0.0, -4.0]]
    plain = Calibration(method="temperature", temperature=2.0, fitted_on="validation")
    shifted = Calibration(
        method="temperature_and_offset", temperature=2.0, offset=(0.0, 0.5), fitted_on="validation"
    )

    np.testing.assert_allclose(calibrated(logits, plain)[:, 1], expit([1.0, -2.0]))
    np.testing.assert_allclose(calibrated(logits, shifted)[:, 1], expit([1.5, -1.5]))
    np.testing.assert_allclose(calibrated(logits[0], shifted), [1 - expit(1.5), expit(1.5)])
