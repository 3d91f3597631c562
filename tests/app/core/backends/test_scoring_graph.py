"""Logits and heatmaps in one graph, against TensorFlow's own gradient of the whole network."""

import keras
import numpy as np
import openvino
import pytest
import tensorflow as tf
from keras import layers
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from app.core.backends.openvino_cpu import compile_for_cpu
from app.core.backends.scoring_graph import scoring_function
from app.core.bundles.reference_section import FeatureLayer
from app.core.networks.feature_pooling import feature_function
from app.core.networks.network import Network
from model_training.networks.catalogue import PRESETS
from model_training.networks.ensemble import merge

pytestmark = pytest.mark.slow

FILMS = np.random.default_rng(0).uniform(0, 255, (3, 64, 64, 1)).astype(np.float32)


def small(*head):
    """Two convolutions, a heatmap layer, and whatever comes behind it."""
    pixels = keras.Input((64, 64, 1))
    features = layers.Conv2D(6, 5, strides=4, activation="relu")(pixels)
    tensor = features = layers.Conv2D(5, 3, name="heat")(features)
    for part in head:
        tensor = part(tensor)
    return Network(keras.Model(pixels, tensor), "heat")


def shaken(network):
    """With weights that let every part of the head matter."""
    generator = np.random.default_rng(1)
    network.model.set_weights(
        [
            np.abs(generator.normal(0.5, 0.3, w.shape)) if w.ndim == 1
            else generator.normal(0, 0.3, w.shape)
            for w in network.model.get_weights()
        ]
    )  # fmt: skip
    return network


def by_tape(network):
    """Grad-CAM of every logit by the definition, one gradient of the head each."""
    features, logits = network.logits_model(FILMS, training=False)
    maps = []
    for unit in range(logits.shape[1]):
        with tf.GradientTape() as tape:
            tape.watch(features)
            logit = network.head(features, training=False)[:, unit]
        weights = tf.reduce_mean(tape.gradient(logit, features), axis=(1, 2), keepdims=True)
        maps.append(tf.reduce_sum(weights * features, axis=-1))
    return np.asarray(logits), np.stack(maps, axis=-1)


def converted(function):
    frozen = convert_variables_to_constants_v2(function.get_concrete_function())
    model = compile_for_cpu(openvino.convert_model(frozen.graph), streams=1)
    return lambda films: tuple(model(films).values())


def gated(tensor):
    """Channels weighed by what they hold, as squeeze-and-excitation does."""
    weights = layers.GlobalAveragePooling2D(keepdims=True)(tensor)
    return layers.Multiply()([tensor, layers.Dense(5, activation="relu")(weights)])


def joined(tensor):
    other = layers.Conv2D(5, 1)(tensor)
    return layers.ReLU()(layers.Add()([tensor, layers.Subtract()([tensor, other])]))


HEADS = {
    "average": lambda: [layers.GlobalAveragePooling2D(), layers.Dense(1, activation="sigmoid")],
    "flatten": lambda: [layers.Flatten(), layers.Dense(3, activation="softmax")],
    "hidden": lambda: [
        layers.BatchNormalization(), layers.MaxPooling2D(), layers.Flatten(),
        layers.Dense(7, activation="relu"), layers.Dropout(0.5),
        layers.Dense(3, activation="softmax"),
    ],
    "pooled unevenly": lambda: [
        layers.MaxPooling2D(3), layers.Conv2D(4, 2, activation="relu"),
        layers.GlobalAveragePooling2D(), layers.Dense(1, activation="sigmoid"),
    ],
    "pooled over the edge": lambda: [
        layers.MaxPooling2D(3, padding="same"), layers.MaxPooling2D((4, 2), padding="same"),
        layers.Flatten(), layers.Dense(1, activation="sigmoid"),
    ],
    "gated": lambda: [
        gated, layers.GlobalAveragePooling2D(), layers.Dense(2, activation="softmax")
    ],
    "joined": lambda: [joined, layers.Flatten(), layers.Dense(1, activation="sigmoid")],
}  # fmt: skip


@pytest.mark.parametrize("head", HEADS)
def test_maps_are_grad_cam_whatever_stands_behind_the_heatmap_layer(head):
    network = shaken(small(*HEADS[head]()))
    expected_logits, expected = by_tape(network)
    function = scoring_function(network)

    for run in (function, converted(function)):
        logits, maps = (np.asarray(output) for output in run(FILMS))
        np.testing.assert_allclose(logits, expected_logits, rtol=1e-4, atol=1e-3)
        np.testing.assert_allclose(maps, expected, rtol=1e-3, atol=1e-4 * np.abs(expected).max())


def test_overlapping_windows_keep_tensorflows_own_gradient():
    network = shaken(
        small(layers.MaxPooling2D(3, strides=2), layers.Flatten(), layers.Dense(1, "sigmoid"))
    )
    expected = by_tape(network)[1]

    maps = np.asarray(scoring_function(network)(FILMS)[1])

    np.testing.assert_allclose(maps, expected, rtol=1e-4, atol=1e-5 * np.abs(expected).max())


def test_a_map_by_hand():
    """Two channels pooled with weights 2 and -1: each place counts by its share of the mean."""
    pixels = keras.Input((2, 2, 2))
    copied = layers.DepthwiseConv2D(1, use_bias=False, name="heat")(pixels)
    pooled = layers.GlobalAveragePooling2D()(copied)
    model = keras.Model(pixels, layers.Dense(1, activation="sigmoid")(pooled))
    model.set_weights([np.ones((1, 1, 2, 1)), np.array([[2.0], [-1.0]]), np.array([0.5])])
    film = np.array([[[[1, 0], [2, 0]], [[0, 4], [0, 0]]]], np.float32)

    logits, maps = scoring_function(Network(model, "heat"))(film)

    # Means are 3/4 and 1: 2 * 3/4 - 1 + 0.5.
    np.testing.assert_allclose(logits, [[1.0]])
    np.testing.assert_allclose(maps[0, ..., 0], [[0.5, 1.0], [-1.0, 0.0]])


@pytest.mark.parametrize(("preset", "units"), [("basic-cnn", 3), ("probreathe", 1)])
def test_an_ensemble_is_explained_as_one(preset, units):
    members = []
    for seed in (1, 2):
        keras.utils.set_random_seed(seed)
        model = PRESETS[preset].build(
            input_shape=(64, 64, 1), output_bias=np.zeros(units, np.float32)
        )
        members.append(shaken(Network(model, PRESETS[preset].heatmap_layer)))
    network = merge(members)
    expected_logits, expected = by_tape(network)
    function = scoring_function(network)

    for run in (function, converted(function)):
        logits, maps = (np.asarray(output) for output in run(FILMS))
        np.testing.assert_allclose(logits, expected_logits, rtol=1e-3, atol=1e-3)
        np.testing.assert_allclose(maps, expected, rtol=1e-3, atol=1e-4 * np.abs(expected).max())


@pytest.mark.parametrize("head", ["average", "hidden"])
def test_features_come_out_of_the_same_pass(head):
    network = shaken(small(*HEADS[head]()))
    chosen = (
        FeatureLayer(layer="pixels", grid=4, spread=True),
        FeatureLayer(layer="conv2d", grid=3),
        FeatureLayer(layer="heat", spread=True),
    )
    network.model.layers[1].name = "conv2d"
    plain = [np.asarray(output) for output in scoring_function(network)(FILMS)]
    expected = np.asarray(feature_function(network.model, chosen)(FILMS))
    function = scoring_function(network, chosen)

    for run in (function, converted(function)):
        logits, maps, features = (np.asarray(output) for output in run(FILMS))
        np.testing.assert_allclose(logits, plain[0], rtol=1e-4, atol=1e-3)
        np.testing.assert_allclose(maps, plain[1], rtol=1e-3, atol=1e-4 * np.abs(plain[1]).max())
        np.testing.assert_allclose(features, expected, rtol=1e-3, atol=1e-3)
    assert expected.shape == (3, 2 * 16 + 9 * 6 + 2 * 5)
