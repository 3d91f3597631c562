import numpy as np
import pytest

from app.core.networks.class_logits import class_logits
from app.core.statistics.calibration_fitting import calibrate
from app.core.statistics.recalibration import calibrated
from model_training.evaluation.decision_fitting import choose_thresholds
from model_training.evaluation.finding_evaluation import decide_finding, finding_probabilities


def scores(seed, *, missing=0.3, num=200):
    generator = np.random.default_rng(seed)
    truth = (generator.random(num) < 0.3).astype(np.float32)
    logits = generator.normal(2.5 * truth - 1.5, 1.0)
    labels = np.where(generator.random(num) < missing, np.nan, truth).astype(np.float32)
    return logits, labels


def test_a_finding_is_decided_as_two_classes_are_on_its_labelled_images():
    logits, labels = scores(0)
    known = ~np.isnan(labels)

    found = decide_finding([logits], labels, "youden")

    pairs, truth = class_logits(logits[known][:, None]), labels[known].astype(int)
    calibration = calibrate(pairs, truth)
    assert found.calibration == calibration
    expected = choose_thresholds(calibrated(pairs, calibration), truth, rule="youden")
    assert found.thresholds == expected


def test_images_without_a_label_decide_nothing():
    logits, labels = scores(1)
    moved = np.where(np.isnan(labels), 50.0, logits)

    assert decide_finding([logits], labels, "balanced") == decide_finding(
        [moved], labels, "balanced"
    )


def test_several_views_of_the_images():
    logits, labels = scores(2)

    found = decide_finding([logits, logits - 1.0], labels, "sensitivity:0.9")

    assert "on 2 views of each film" in found.thresholds.rule


def test_probabilities_have_the_calibration_of_their_finding():
    (first, labels), (second, others) = scores(3), scores(4)
    findings = [decide_finding([first], labels, "half"), decide_finding([second], others, "half")]

    found = finding_probabilities(np.stack([first, second], axis=1), findings)

    for column, logits, finding in zip(found.T, (first, second), findings, strict=True):
        offset = finding.calibration.offset or (0.0, 0.0)
        expected = 1 / (1 + np.exp(-(logits / finding.calibration.temperature + offset[1])))
        np.testing.assert_allclose(column, expected, atol=1e-12)
    assert np.isnan(finding_probabilities(np.full((1, 2), np.nan), findings)).all()
    assert found.shape == (200, 2)
    assert pytest.approx(1.0) != found.sum(axis=1)[0]
