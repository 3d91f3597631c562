import functools

import keras
import numpy as np
import pandas as pd
import pytest

from app.core.backends.scoring_graph import scoring_function
from app.core.networks.network import Network
from app.core.statistics.calibration import softmax
from app.core.statistics.recalibration import calibrated
from model_training.evaluation import evaluation
from model_training.evaluation.decision_fitting import heatmap_scale
from model_training.evaluation.evaluation import best_epoch
from model_training.networks.catalogue import PRESETS

# Networks are run over data sets.
pytestmark = pytest.mark.slow


def test_best_epoch_passes_over_what_is_no_number():
    history = pd.DataFrame({"epoch": [1, 2, 3, 4], "val_loss": [np.nan, 0.6, 0.4, 0.4]})

    assert best_epoch(history) == 3


def test_best_epoch_of_two_classes_ranks_best_and_came_first():
    history = pd.DataFrame(
        {"epoch": [1, 2, 3, 4], "val_loss": [0.9, 0.8, 0.7, 0.1],
         "val_auc": [np.nan, 0.9, 0.9, 0.8]}
    )  # fmt: skip

    assert best_epoch(history) == 2


@pytest.fixture(scope="module", params=[2, 3], ids=["two classes", "three classes"])
def scored(request):
    """An untrained network, ninety films, and how they are evaluated."""
    num_classes = request.param
    units = 1 if num_classes == 2 else num_classes
    generator = np.random.default_rng(3)
    pixels = generator.integers(0, 256, (95, 32, 32, 1)).astype(np.uint8)
    preset = PRESETS["basic-cnn"]
    keras.utils.set_random_seed(1)
    model = preset.build(input_shape=(32, 32, 1), output_bias=np.zeros(units, np.float32))
    network = Network(model, preset.heatmap_layer)
    labels = generator.integers(0, num_classes, 90)

    @functools.cache
    def evaluated(labels):
        return evaluation.evaluate(
            network, pixels, np.array(labels), rows=np.arange(5, 95),
            validation=np.arange(20, 60), test=np.arange(60, 90),
        )  # fmt: skip

    def run(labels):
        return evaluated(tuple(labels.tolist()))

    return network, pixels, labels, run


def settings(outcome):
    return outcome.thresholds, outcome.calibration, outcome.heatmap_scale


def test_test_labels_decide_nothing_and_validation_labels_do(scored):
    _, _, labels, run = scored
    num_classes = labels.max() + 1
    other_test, other_validation = labels.copy(), labels.copy()
    other_test[60:] = (labels[60:] + 1) % num_classes
    other_validation[20:60] = (labels[20:60] + 1) % num_classes

    first = run(labels)

    assert settings(run(other_test)) == settings(first)
    assert settings(run(other_validation)) != settings(first)


def test_scores_are_the_networks_and_training_cases_have_none(scored):
    network, pixels, labels, run = scored

    outcome = run(labels)

    expected = np.asarray(network.model(pixels[5:].astype(np.float32), training=False))
    assert np.isnan(outcome.class_logits[:20, -1]).all()
    assert np.isnan(outcome.probabilities[:20]).all()
    raw = softmax(outcome.class_logits[20:])
    np.testing.assert_allclose(raw[:, -expected.shape[1] :], expected[20:], atol=1e-5)
    np.testing.assert_allclose(
        outcome.probabilities[20:],
        calibrated(outcome.class_logits[20:], outcome.calibration),
    )


def test_with_two_outputs_the_heatmap_is_that_of_the_class_the_threshold_decides():
    """Between the decision threshold and 0.5 the likelier class is not the predicted one."""
    generator = np.random.default_rng(5)
    pixels = generator.integers(0, 256, (60, 32, 32, 1)).astype(np.uint8)
    preset = PRESETS["basic-cnn"]
    keras.utils.set_random_seed(1)
    inner = preset.build(input_shape=(32, 32, 1), output_bias=np.zeros(3, np.float32))
    features = inner.layers[-1].input
    output = keras.layers.Dense(2, activation="softmax", name="predictions")(features)
    network = Network(keras.Model(inner.input, output), preset.heatmap_layer)
    rows = np.arange(60)
    logits = evaluation.score(network, pixels, rows)
    labels = (np.arange(60) % 5 == 0).astype(np.int64)  # rare, so probabilities are low
    outcome = evaluation.fit_on_validation(
        network, pixels, rows, logits=logits, validation=rows,
        validation_logits=logits, validation_labels=labels, threshold_rule="balanced",
    )  # fmt: skip
    called = outcome.probabilities[:, 1] >= outcome.thresholds.decision

    maps = np.asarray(scoring_function(network)(pixels[called].astype(np.float32))[1])[..., 1]

    assert (called & (outcome.probabilities[:, 1] < 0.5)).any()
    assert outcome.heatmap_scale == pytest.approx(heatmap_scale(maps), rel=1e-4)


def test_heatmap_scale_comes_from_validation_films_and_their_predictions(scored):
    network, pixels, labels, run = scored
    outcome = run(labels)
    units = network.model.output_shape[-1]
    function = scoring_function(network)
    peaks = []

    for case in range(20, 60):
        predicted = int(outcome.probabilities[case].argmax())
        if units == 1 and outcome.probabilities[case, 1] < outcome.thresholds.decision:
            continue
        films = pixels[case + 5][None].astype(np.float32)
        maps = np.asarray(function(films)[1])
        peaks.append(maps[..., predicted if units > 1 else 0].max())

    expected = max(np.quantile(peaks, 0.95), 1e-3) if peaks else 1.0
    assert outcome.heatmap_scale == pytest.approx(expected, rel=1e-4)
