import math

import pytest
from sklearn import metrics as sklearn_metrics

from model_training.statistics.ranking import specificity_at_sensitivity
from tests.app.core.statistics.test_curves import draw


def test_specificity_at_sensitivity_by_hand():
    # From 0.4 up all three positives are found and one of four negatives is called.
    y_true, y_score = [0, 0, 0, 0, 1, 1, 1], [0.1, 0.2, 0.3, 0.7, 0.4, 0.8, 0.9]

    assert specificity_at_sensitivity(y_true, y_score, 1.0) == 0.75
    assert specificity_at_sensitivity(y_true, y_score, 2 / 3) == 1.0
    assert specificity_at_sensitivity(y_true, y_score, 0.0) == 1.0
    assert math.isnan(specificity_at_sensitivity([1, 1], [0.1, 0.2], 0.9))
    assert math.isnan(specificity_at_sensitivity([0, 0], [0.1, 0.2], 0.9))


@pytest.mark.parametrize("levels", [None, 9])
def test_specificity_at_sensitivity_agrees_with_scikit_learn(levels):
    y_true, y_score = draw(4, levels=levels)
    fpr, tpr, _ = sklearn_metrics.roc_curve(y_true, y_score, drop_intermediate=False)

    for minimum in (0.5, 0.9, 0.97):
        expected = 1 - fpr[tpr >= minimum].min()
        assert specificity_at_sensitivity(y_true, y_score, minimum) == pytest.approx(expected)
