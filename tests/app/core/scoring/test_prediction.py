import numpy as np
import pytest

from app.core.bundles.bundle import Calibration
from app.core.scoring.prediction import read


def test_binary_reading_by_hand(bundle):
    # Temperature 1.25, threshold 0.5, doubtful from 0.4 to 0.6: sigmoid(0.5 / 1.25) = 0.5987.
    reading = read(np.array([0.0, 0.5]), bundle.manifest)

    assert reading.prediction == "PNEUMONIA"
    assert reading.probability == pytest.approx(0.59869, abs=1e-5)
    assert reading.raw_probability == pytest.approx(0.62246, abs=1e-5)
    assert reading.class_probabilities == pytest.approx((0.40131, 0.59869), abs=1e-5)
    assert reading.zone == "doubtful"


@pytest.mark.parametrize(
    ("logit", "prediction", "zone"),
    [(3.0, "PNEUMONIA", "positive"), (0.0, "PNEUMONIA", "doubtful"), (-3.0, "NORMAL", "negative")],
)
def test_zones_and_a_probability_equal_to_the_threshold(bundle, logit, prediction, zone):
    reading = read(np.array([0.0, logit]), bundle.manifest)

    assert (reading.prediction, reading.zone) == (prediction, zone)


def test_two_softmax_logits_read_like_one_sigmoid(bundle):
    assert read(np.array([1.0, 1.5]), bundle.manifest).probability == pytest.approx(
        read(np.array([0.0, 0.5]), bundle.manifest).probability
    )


def test_multi_class_reads_the_likeliest(three_class_bundle):
    reading = read(np.array([0.0, 0.1, 5.0]), three_class_bundle.manifest)

    assert reading.prediction == "NODULE"
    assert reading.probability == pytest.approx(reading.class_probabilities[2])
    assert sum(reading.class_probabilities) == pytest.approx(1)
    assert reading.zone == "clear"
    assert read(np.array([0.0, 0.1, 0.2]), three_class_bundle.manifest).zone == "doubtful"


def test_an_offset_moves_the_probability_and_not_the_raw_one(bundle):
    shifted = Calibration(
        method="temperature_and_offset", temperature=2.0, offset=(0.0, 1.5), fitted_on="validation"
    )
    manifest = bundle.manifest.model_copy(update={"calibration": shifted})

    reading = read(np.array([0.0, -1.0]), manifest)

    # sigmoid(-1 / 2 + 1.5) = sigmoid(1), and sigmoid(-1) before calibration.
    assert reading.prediction == "PNEUMONIA"
    assert reading.probability == pytest.approx(0.73106, abs=1e-5)
    assert reading.raw_probability == pytest.approx(0.26894, abs=1e-5)
