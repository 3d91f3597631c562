"""Gradients found by nudging are those of TensorFlow."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.core.backends.graph import Graph
from app.core.backends.graph_backend import GraphBackend
from app.core.backends.nudging import Head
from app.core.backends.scoring_graph import scoring_function
from app.core.bundles.bundle import load_bundle
from app.core.bundles.reference_section import PIXELS, FeatureLayer
from app.core.explanations.logits import Logits
from app.core.networks.feature_pooling import pooled
from app.core.networks.network import Network, load_network
from app.core.networks.pooled_arrays import pooled_arrays
from tests.app.core.backends.graphs import graph_of

MODELS = Path(__file__).parents[4] / "models"
SHIPPED = sorted(path.name for path in MODELS.iterdir() if (path / "bundle.json").exists())


def films(shape, number=3):
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (number - 1, *shape))
    ramp = np.broadcast_to(np.linspace(20, 220, shape[1])[:, None], (1, *shape))
    return np.concatenate([noise, ramp]).astype(np.float32)


@pytest.mark.slow
@pytest.mark.parametrize("name", SHIPPED)
def test_grad_cam_without_gradients_is_that_of_tensorflow(name, tmp_path):
    network = load_network(load_bundle(MODELS / name))
    graph = graph_of(network, tmp_path / "network.xml")
    pixels = films(graph.input_shape)

    found = GraphBackend(graph, workers=1).run(pixels)

    logits, maps = (np.asarray(one) for one in scoring_function(network)(pixels))
    assert np.abs(found.logits - logits).max() < 1e-4
    assert np.abs(found.maps - maps).max() < 5e-6
    assert Head(graph.model, graph.heatmap_layer).is_linear


def small_network(kind):
    import keras

    keras.utils.set_random_seed(1)
    layers = keras.layers
    pixels = keras.Input((24, 32, 3), name="pixels")
    x = layers.Rescaling(1 / 255)(pixels)
    x = layers.Conv2D(6, 3, activation="relu", strides=2, name="conv")(x)
    if kind == "curved":
        x = layers.Dense(16, activation="swish")(layers.GlobalAveragePooling2D()(x))
    elif kind == "flat":
        x = layers.Flatten()(x)
    elif kind == "dense":
        x = layers.Flatten()(layers.MaxPooling2D(3, strides=2)(x))
        x = layers.Dense(16, activation="relu")(layers.Dense(16, activation="relu")(x))
    else:
        x = layers.Dense(8, activation="tanh")(layers.Flatten()(x))
    output = layers.Dense(2, activation="softmax")(x)
    return Network(keras.Model(pixels, output), "conv")


@pytest.mark.parametrize(
    ("kind", "is_linear", "limit"),
    [
        ("flat", True, 5e-6),
        ("dense", False, 5e-6),
        ("curved", False, 1e-4),
        ("curved and flat", False, 1e-3),
    ],
)
def test_heads_give_the_gradients_of_tensorflow(tmp_path, kind, is_linear, limit):
    network = small_network(kind)
    graph = graph_of(network, tmp_path / "network.xml")
    pixels = films(graph.input_shape)
    head = Head(graph.model, graph.heatmap_layer)

    found = GraphBackend(graph, workers=1).run(pixels)

    expected = np.asarray(scoring_function(network)(pixels)[1])
    assert head.is_linear == is_linear
    assert np.abs(found.maps - expected).max() < limit * np.abs(expected).max()
    weights = np.array([-1.0, 2.0], np.float32)
    features, gradient = Logits(network).features_and_gradient(
        pixels[2].astype(np.uint8), "conv", weights
    )
    of_places = head.gradient(features, weights)
    assert np.abs(of_places - gradient).max() < 1e-3 * np.abs(gradient).max()


def test_a_map_after_dense_layers_at_each_place_as_in_convnext(tmp_path):
    import keras

    keras.utils.set_random_seed(1)
    layers = keras.layers
    pixels = keras.Input((24, 32, 3), name="pixels")
    before = layers.Conv2D(6, 3, activation="relu", strides=2)(pixels)
    x = layers.LayerNormalization()(layers.DepthwiseConv2D(7, padding="same")(before))
    x = layers.Dense(6)(layers.Dense(24, activation="gelu")(x))
    x = layers.GlobalAveragePooling2D()(layers.Add(name="last")([x, before]))
    model = keras.Model(pixels, layers.Dense(2, "softmax")(layers.LayerNormalization()(x)))
    network = Network(model, "last")
    graph = graph_of(network, tmp_path / "network.xml")
    pixels = films(graph.input_shape)

    found = GraphBackend(graph, workers=1).run(pixels)

    expected = np.asarray(scoring_function(network)(pixels)[1])
    assert found.maps.shape == expected.shape
    assert np.abs(found.maps - expected).max() < 1e-3 * np.abs(expected).max()


def test_features_are_pooled_as_those_of_keras():
    rng = np.random.default_rng(3)
    maps = [rng.normal(size=(2, 7, 9, channels)).astype(np.float32) for channels in (1, 6, 6)]
    layers = [
        FeatureLayer(layer=PIXELS, grid=4),
        FeatureLayer(layer="middle", grid=2, spread=True),
        FeatureLayer(layer="last"),
    ]

    assert np.allclose(pooled_arrays(maps, layers), np.asarray(pooled(maps, layers)), atol=1e-6)


def test_a_graph_gives_the_features_of_its_layers(tmp_path):
    network = small_network("flat")
    graph = graph_of(network, tmp_path / "network.xml")
    layers = [FeatureLayer(layer=PIXELS, grid=3), FeatureLayer(layer=graph.heatmap_layer, grid=2)]
    keras_layers = [layers[0], FeatureLayer(layer="conv", grid=2)]
    pixels = films(graph.input_shape)

    found = GraphBackend(graph, layers, workers=1).run(pixels).features

    expected = np.asarray(scoring_function(network, keras_layers)(pixels)[2])
    assert np.allclose(found, expected, rtol=1e-4, atol=1e-4)


def test_without_a_map_there_are_scores_alone(tmp_path):
    graph = graph_of(small_network("flat"), tmp_path / "network.xml")
    without = Graph(graph.model, "")

    found = GraphBackend(without, workers=1).run(films(graph.input_shape))

    assert found.maps is None
    assert found.logits.shape == (3, 2)
