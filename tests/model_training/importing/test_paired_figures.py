"""AUCs on shared resamples of patients, against hand-worked cases and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import log_loss, roc_auc_score

from app.core.statistics.bootstrap_areas import auc_interval
from model_training.importing.paired_figures import Drawn


@pytest.fixture
def films():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 80)
    return labels, labels + rng.normal(0, 1.2, 80), [f"P{at // 2}" for at in range(80)]


def test_auc_and_log_loss_are_those_of_scikit_learn(films):
    labels, scores, patients = films
    drawn = Drawn(labels[:, None].astype(np.float32), patients)

    assert drawn.aucs(scores[:, None]).value == pytest.approx(roc_auc_score(labels, scores))
    expected = log_loss(labels, 1 / (1 + np.exp(-scores)))
    assert drawn.log_loss(scores[:, None]).value == pytest.approx(expected)


def test_the_interval_is_that_of_the_bootstrap_over_patients(films):
    labels, scores, patients = films

    found = Drawn(labels[:, None].astype(np.float32), patients).aucs(scores[:, None])

    other = auc_interval(labels, scores, groups=patients)
    assert found.low == pytest.approx(other.low, abs=0.02)
    assert found.high == pytest.approx(other.high, abs=0.02)


def test_findings_that_are_not_labelled_do_not_count():
    targets = np.array([[1, np.nan], [0, 1], [np.nan, 0], [1, np.nan]], np.float32)
    scores = np.array([[2.0, 9], [1, 3], [9, 4], [0, 9]])

    drawn = Drawn(targets, list("abcd"))

    assert drawn.aucs(scores).value == pytest.approx((0.5 + 0.0) / 2)


def test_the_same_scores_do_not_differ(films):
    labels, scores, patients = films
    drawn = Drawn(labels[:, None].astype(np.float32), patients)

    one, scaled = drawn.aucs(scores[:, None]), drawn.aucs(3 * scores[:, None] + 1)

    assert one.error_of_difference(scaled) == 0
    assert one.turned().value == pytest.approx(1 - one.value)
