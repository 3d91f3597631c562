"""Learning curves."""

import numpy as np

from app.charts.learning import learning_curves
from app.core.performance.learning import LearningCurve

EPOCHS = np.array([1.0, 2.0, 3.0])
LOSS = LearningCurve("Loss", EPOCHS, np.array([0.7, 0.5, 0.4]), np.array([0.7, 0.5, 0.6]))
AUC = LearningCurve("AUC", EPOCHS, None, np.array([0.6, 0.9, 0.8]))


def test_each_curve_has_a_panel_with_the_kept_epoch():
    figure = learning_curves([LOSS, AUC], best_epoch=2, height=300)

    assert [(line.name, line.xaxis, list(line.y)) for line in figure.data] == [
        ("training", "x", [0.7, 0.5, 0.4]),
        ("validation", "x", [0.7, 0.5, 0.6]),
        ("validation", "x2", [0.6, 0.9, 0.8]),
    ]
    assert all(list(line.x) == [1, 2, 3] for line in figure.data)
    assert figure.data[0].line.dash != figure.data[1].line.dash
    assert [line.x0 for line in figure.layout.shapes] == [2, 2]
    texts = [note.text for note in figure.layout.annotations]
    assert texts[:2] == ["Loss", "AUC"]
    assert texts[2:] == ["selected: epoch 2"] * 2
    assert figure.layout.xaxis.title.text == figure.layout.xaxis2.title.text == "Epoch"


def test_without_a_kept_epoch_none_is_marked():
    assert not learning_curves([LOSS], best_epoch=None, height=300).layout.shapes
