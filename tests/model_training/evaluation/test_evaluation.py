import keras
import numpy as np
import pandas as pd
import pytest

from app.core.backends.scoring_graph import scoring_function
from app.core.bundles.manifest import Calibration
from app.core.networks.class_logits import class_logits
from app.core.networks.network import Network
from app.core.statistics.calibration import expected_calibration_error, sigmoid, softmax
from app.core.statistics.recalibration import calibrated
from model_training.evaluation import evaluation
from model_training.evaluation.evaluation import (
    best_epoch,
    calibrate,
    choose_thresholds,
    heatmap_scale,
)
from model_training.networks.catalogue import PRESETS
from model_training.statistics.calibration_fitting import fit_temperature


def two_classes(positive):
    positive = np.asarray(positive, float)
    return np.stack([1 - positive, positive], axis=1)


def test_decision_and_uncertain_zone_by_hand():
    # Positives at 0.35 and from 0.6 up, negatives up to 0.3 and at 0.7.
    scores = [0.1, 0.2, 0.3, 0.7, 0.35, 0.6, 0.8, 0.9]
    labels = np.array([0, 0, 0, 0, 1, 1, 1, 1])

    thresholds = choose_thresholds(two_classes(scores), labels)

    # Calling from 0.325 up finds 4 of 4 and clears 3 of 4; elsewhere the worse share is lower,
    # or as low with fewer found.
    assert thresholds.decision == pytest.approx(0.325)
    assert thresholds.uncertain_low == pytest.approx(0.325)  # all four positives lie above
    assert thresholds.uncertain_high == pytest.approx(0.75)  # all four negatives lie below
    assert thresholds.chosen_on == "validation"


def test_a_perfect_separation_has_no_uncertain_zone():
    thresholds = choose_thresholds(two_classes([0.1, 0.2, 0.8, 0.9]), np.array([0, 0, 1, 1]))

    assert (thresholds.uncertain_low, thresholds.decision, thresholds.uncertain_high) == (
        pytest.approx(0.5), pytest.approx(0.5), pytest.approx(0.5)
    )  # fmt: skip


def test_zone_is_ordered_around_the_decision_whatever_the_scores():
    generator = np.random.default_rng(0)
    for _ in range(50):
        labels = np.append([0, 1], generator.integers(0, 2, 60))
        scores = sigmoid(generator.normal(labels * generator.uniform(-1, 3), 1))

        thresholds = choose_thresholds(two_classes(scores), labels)

        assert thresholds.uncertain_low <= thresholds.decision <= thresholds.uncertain_high


def test_doubt_with_three_classes_by_hand():
    # Wrong calls at 0.5 and 0.6; 98 % of two is both, so the middle to the next, 0.8, is taken.
    shares = np.array(
        [[0.9, 0.05, 0.05], [0.1, 0.8, 0.1], [0.5, 0.3, 0.2], [0.2, 0.6, 0.2], [0, 0.05, 0.95]]
    )

    thresholds = choose_thresholds(shares, np.array([0, 1, 2, 0, 2]))

    assert thresholds.uncertain_high == pytest.approx(0.7)
    assert (thresholds.decision, thresholds.uncertain_low) == (0.0, 0.0)


def test_three_classes_without_an_error():
    assert choose_thresholds(np.eye(3), np.arange(3)).uncertain_high == 0.5


def test_a_separated_validation_part_does_not_promise_certainty():
    # Four films a class at logits of -2 and 2, and one more of each on the wrong side:
    # 4 of 5 are right where sigmoid(2 / T) = 4 / 5, so T = 2 / ln 4.
    logits = class_logits(np.repeat([-2.0, 2.0], 4)[:, None])
    labels = np.repeat([0, 1], 4)

    found = calibrate(logits, labels)

    assert found == Calibration(
        method="temperature", temperature=round(2 / np.log(4), 4), fitted_on="validation"
    )
    assert fit_temperature(logits, labels) == 0.05  # what would be believed without the two


def test_a_separated_part_of_three_classes():
    # One film a class is right, and one more is taken for the class in second place.
    logits = np.array([[3.0, 1.0, 0.0], [0.0, 3.0, 1.0], [1.0, 0.0, 3.0]])

    temperature = calibrate(logits, np.arange(3)).temperature

    shares = softmax(logits[0] / temperature)
    # Half are of the first and half of the second class; the temperature balances the means.
    assert shares @ logits[0] == pytest.approx((3.0 + 1.0) / 2, abs=1e-3)


def test_with_enough_films_the_added_ones_hardly_count():
    generator = np.random.default_rng(0)
    logits = generator.normal(0, 3, 2000)
    labels = (generator.random(2000) < sigmoid(logits / 1.5)).astype(np.int64)

    found = calibrate(class_logits(logits[:, None]), labels).temperature

    assert found == pytest.approx(fit_temperature(logits, labels), rel=0.02)
    assert found == pytest.approx(1.5, rel=0.1)


@pytest.mark.parametrize("lean", [-2.0, 2.5])
def test_a_network_that_leans_to_a_class_gets_an_offset(lean):
    generator = np.random.default_rng(0)
    honest = generator.normal(0.5, 3, 600)
    labels = (generator.random(600) < sigmoid(honest)).astype(np.int64)
    logits = class_logits((honest - lean)[:, None])

    found = calibrate(logits, labels)

    assert found.method == "temperature_and_offset"
    assert found.offset[0] == 0.0
    assert found.offset[1] * found.temperature == pytest.approx(lean, abs=0.4)
    plain = softmax(logits / fit_temperature(logits, labels))[:, 1]
    shifted = calibrated(logits, found)[:, 1]
    assert expected_calibration_error(labels, shifted) < 0.03
    assert expected_calibration_error(labels, plain) > 0.06


def test_an_offset_that_chance_explains_is_left_out():
    methods = set()
    for seed in range(10):
        generator = np.random.default_rng(seed)
        logits = generator.normal(0, 3, 300)
        labels = (generator.random(300) < sigmoid(logits / 2)).astype(np.int64)
        methods.add(calibrate(class_logits(logits[:, None]), labels).method)

    assert methods == {"temperature"}


def test_a_class_without_validation_films_gets_no_offset():
    logits = np.random.default_rng(0).normal(0, 1, (40, 3))

    assert calibrate(logits, np.arange(40) % 2).offset == ()


def test_a_named_rule_decides_and_its_words_are_kept():
    scores = two_classes(np.linspace(0.05, 0.95, 40))
    labels = (np.arange(40) >= 15).astype(np.int64)
    labels[[10, 20]] = 1, 0

    found = {rule: choose_thresholds(scores, labels, rule=rule)
             for rule in ("balanced", "half", "cost:10", "sensitivity:0.9")}  # fmt: skip

    assert found["half"].decision == 0.5
    assert found["cost:10"].decision < found["balanced"].decision
    assert found["balanced"].rule.startswith("where the lower of sensitivity and specificity")
    assert "costs 10 times as much as a false alarm" in found["cost:10"].rule
    assert "35 are needed to show 90 %" in found["sensitivity:0.9"].rule
    for thresholds in found.values():
        assert thresholds.rule.endswith("; uncertain between 98 % sensitivity and 98 % specificity")
        assert thresholds.uncertain_low <= thresholds.decision <= thresholds.uncertain_high


def test_an_unknown_rule_is_refused_for_any_number_of_classes():
    for probabilities, labels in ((two_classes([0.1, 0.9]), [0, 1]), (np.eye(3), [0, 1, 2])):
        with pytest.raises(ValueError, match="Received 'best'"):
            choose_thresholds(probabilities, np.array(labels), rule="best")


def test_heatmap_scale_is_a_high_peak():
    maps = np.zeros((21, 2, 3), np.float32)
    maps[:, 1, 2] = np.arange(21)
    maps[:, 0, 0] = -50

    assert heatmap_scale(maps) == pytest.approx(19.0)


@pytest.mark.parametrize(
    ("maps", "expected"), [(np.zeros((0, 1, 1)), 1.0), (np.full((3, 2, 2), -1.0), 1e-3)]
)
def test_heatmap_scale_without_evidence(maps, expected):
    assert heatmap_scale(maps.astype(np.float32)) == expected


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

    def run(labels):
        return evaluation.evaluate(
            network, pixels, labels, rows=np.arange(5, 95),
            validation=np.arange(20, 60), test=np.arange(60, 90),
        )  # fmt: skip

    return network, pixels, labels, run


def settings(outcome):
    return outcome.thresholds, outcome.calibration, outcome.heatmap_scale


@pytest.mark.slow
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


def test_heatmap_scale_comes_from_validation_films_as_they_are_called(scored):
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


def test_views_of_a_film_are_no_more_evidence_than_the_film():
    generator = np.random.default_rng(4)
    labels = np.arange(60) % 2
    logits = class_logits((generator.normal(0, 1, 60) + 2 * labels - 0.6)[:, None])

    once = calibrate(logits, labels)
    eightfold = calibrate(np.tile(logits, (8, 1)), np.tile(labels, 8), num_views=8)

    assert once.method == eightfold.method
    # Without that, eight copies would seem to prove a small offset.
    assert calibrate(np.tile(logits, (8, 1)), np.tile(labels, 8)).method != once.method


def test_a_sensitivity_is_shown_in_every_view():
    labels = np.repeat([0, 1], 100)
    score = np.concatenate([np.linspace(0.05, 0.4, 100), np.linspace(0.3, 0.9, 100)])
    darker = np.clip(score - 0.1, 0, 1)
    both = np.concatenate([score, darker])

    def chosen(score, labels, num_views):
        shares = np.stack([1 - score, score], axis=1)
        return choose_thresholds(shares, labels, rule="sensitivity:0.9", num_views=num_views)

    found = chosen(both, np.tile(labels, 2), 2)

    assert found.decision == chosen(darker, labels, 1).decision
    assert "on 2 views of each film" in found.rule
