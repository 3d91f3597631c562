"""Layers are chosen from any flat graph, without knowing its names."""

import keras
import numpy as np
import pytest
from keras import layers

from app.core.bundles.reference_section import FeatureLayer
from app.core.networks.network import Network
from model_training.networks.catalogue import PRESETS
from model_training.networks.ensemble import merge
from model_training.reference.layers import default_layers, layers_by_depth


def network(preset, size=96):
    chosen = PRESETS[preset]
    model = chosen.build(input_shape=(size, size, 1), output_bias=np.zeros(1, np.float32))
    return Network(model, chosen.heatmap_layer)


def test_input_middle_and_heatmap_layer_of_a_plain_network():
    found = default_layers(network("squeezenet"))

    assert [(one.layer, one.grid, one.spread) for one in found] == [
        ("pixels", 12, False),
        ("pool3", 2, True),
        ("fire9", 1, False),
    ]


def test_the_first_member_of_an_ensemble_has_the_middle_layer():
    together = merge([network("basic-cnn"), network("basic-cnn")])

    found = default_layers(together)

    assert [one.layer for one in found][::2] == ["pixels", together.heatmap_layer]
    assert found[1].layer.startswith("m1_")


def test_maps_of_an_ensemble_are_taken_before_they_are_enlarged():
    pixels = keras.Input((32, 32, 1))
    fine = layers.Conv2D(3, 3, strides=8, padding="same", name="fine")(pixels)
    coarse = layers.Conv2D(2, 3, strides=16, padding="same", name="coarse")(pixels)
    framed = layers.ZeroPadding2D(1)(fine)
    enlarged = layers.ZeroPadding2D(1)(layers.UpSampling2D(2)(coarse))
    last = layers.Concatenate(name="both")([framed, enlarged])
    output = layers.Dense(1, activation="sigmoid")(layers.GlobalAveragePooling2D()(last))

    by_depth = layers_by_depth(Network(keras.Model(pixels, output), "both"))

    assert [one.layer for one in by_depth[-1]] == ["fine", "coarse"]


@pytest.mark.parametrize(
    ("filters", "grid", "spread"),
    [(128, 2, True), (256, 2, False), (512, 1, True), (900, 1, False)],
)
def test_a_wide_middle_layer_is_pooled_to_fewer_features(filters, grid, spread):
    pixels = keras.Input((64, 64, 3))
    middle = layers.Conv2D(filters, 3, strides=8, padding="same", name="middle")(pixels)
    last = layers.Conv2D(4, 3, strides=2, padding="same", name="last")(middle)
    output = layers.Dense(1, activation="sigmoid")(layers.GlobalAveragePooling2D()(last))

    found = default_layers(Network(keras.Model(pixels, output), "last"))

    assert found[1] == FeatureLayer(layer="middle", grid=grid, spread=spread)


def test_a_network_whose_first_small_map_is_the_heatmaps_has_no_middle_layer():
    pixels = keras.Input((16, 16, 1))
    last = layers.Conv2D(4, 3, strides=8, padding="same", name="last")(pixels)
    output = layers.Dense(1, activation="sigmoid")(layers.GlobalAveragePooling2D()(last))

    found = default_layers(Network(keras.Model(pixels, output), "last"))

    assert [one.layer for one in found] == ["pixels", "last"]
