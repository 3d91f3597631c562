import numpy as np
import pytest
import tensorflow as tf
from sklearn.metrics import log_loss, roc_auc_score

from model_training.training.finding_loss import FindingLoss, MeanFindingAuc, finding_weights

NAN = np.nan


def draw(seed=0, *, missing=0.3):
    generator = np.random.default_rng(seed)
    labels = (generator.random((200, 3)) < 0.3).astype(np.float32)
    labels[generator.random(labels.shape) < missing] = np.nan
    probabilities = generator.uniform(0.01, 0.99, labels.shape).astype(np.float32)
    return labels, probabilities


def test_weights_balance_each_finding_by_itself():
    labels = np.array([[1, 0], [0, 0], [0, 1], [0, NAN], [NAN, NAN]], np.float32)

    weights = finding_weights(labels, "weights")

    # 3 without and 1 with the first, 2 without and 1 with the second.
    np.testing.assert_allclose(weights, [[4 / 6, 4 / 2], [3 / 4, 3 / 2]], rtol=1e-6)
    np.testing.assert_allclose(finding_weights(labels, "none"), np.ones((2, 2)))


def test_loss_by_hand():
    loss = FindingLoss(np.array([[1.0, 2.0], [0.5, 1.0]], np.float32), labels_per_image=1.5)
    labels = np.array([[1, 0], [0, NAN], [NAN, NAN]], np.float32)
    probabilities = np.array([[0.8, 0.4], [0.1, 0.9], [0.5, 0.5]], np.float32)

    found = loss.call(tf.constant(labels), tf.constant(probabilities))

    expected = [(-2 * np.log(0.8) - 0.5 * np.log(0.6)) / 1.5, -np.log(0.9) / 1.5, 0]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_loss_is_the_mean_of_scikit_learn_over_the_labels_that_exist():
    labels, probabilities = draw()
    known = ~np.isnan(labels)
    loss = FindingLoss(np.ones((3, 2)), labels_per_image=known.sum() / len(labels))

    found = float(loss(tf.constant(labels), tf.constant(probabilities)))

    assert found == pytest.approx(log_loss(labels[known], probabilities[known]), rel=1e-5)


def test_a_missing_label_has_no_gradient():
    labels, probabilities = draw()
    loss = FindingLoss(np.ones((3, 2)), labels_per_image=2.0)
    predicted = tf.Variable(probabilities)

    with tf.GradientTape() as tape:
        value = loss(tf.constant(labels), predicted)
    gradient = tape.gradient(value, predicted).numpy()

    assert np.isfinite(gradient).all()
    assert ((gradient == 0) == np.isnan(labels)).all()


def test_certain_and_wrong_is_finite():
    loss = FindingLoss(np.ones((1, 2)), labels_per_image=1.0)
    assert np.isfinite(loss(tf.constant([[1.0], [0.0]]), tf.constant([[0.0], [1.0]])))


def test_metric_is_the_mean_auc_of_labelled_images():
    labels, probabilities = draw(1)
    metric = MeanFindingAuc(3)
    for start in range(0, 200, 50):
        part = slice(start, start + 50)
        metric.update_state(tf.constant(labels[part]), tf.constant(probabilities[part]))

    known = ~np.isnan(labels)
    expected = np.mean(
        [roc_auc_score(labels[known[:, k], k], probabilities[known[:, k], k]) for k in range(3)]
    )
    assert float(metric.result()) == pytest.approx(expected, abs=0.005)  # 200 thresholds

    metric.reset_state()
    metric.update_state(tf.constant([[1.0] * 3, [0.0] * 3]), tf.constant([[0.9] * 3, [0.1] * 3]))
    assert float(metric.result()) == pytest.approx(1.0)
