"""Networks small enough to work out by hand, and those of the catalogue."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers

from app.core.explanations.logits import ClassLogit, Logits
from app.core.networks.network import Network
from model_training.networks.catalogue import PRESETS
from tests.model_training.networks.presets import build, spread
from tests.model_training.shaken_networks import patches, shake


def network(kernel, bias, weights, *, size=None, last_bias=0.5, activation=None):
    """A 1x1 convolution, global average pooling and a dense layer, with the weights given.

    Args:
        kernel: `(channels, filters)`.
        bias: `(filters,)`.
        weights: Of the dense layer, `(filters, units)`.
        size: Side of the square input; any by default.
        last_bias: Of every unit.
        activation: After the convolution.
    """
    kernel, weights = np.asarray(kernel, float), np.asarray(weights, float)
    units = weights.shape[1]
    pixels = keras.Input((size, size, kernel.shape[0]))
    convolution = layers.Conv2D(kernel.shape[1], 1, activation=activation, name="conv")
    dense = layers.Dense(units, activation="sigmoid" if units == 1 else "softmax", name="dense")
    x = layers.GlobalAveragePooling2D(name="pool")(convolution(pixels))
    model = keras.Model(pixels, dense(x))
    convolution.set_weights([kernel[np.newaxis, np.newaxis], np.asarray(bias, float)])
    dense.set_weights([weights, np.full(units, last_bias)])
    return Network(model, "conv")


def preset(name, *, size, units=1, channels=1):
    """A network of the catalogue whose every weight counts, and three films, uint8."""
    keras.utils.set_random_seed(7)
    model = build(name, units=units, size=size, channels=channels)
    films = patches(3, size, channels)
    shake(model, films)
    spread(model, films)
    return Network(model, PRESETS[name].heatmap_layer), films


def logit_of(network, class_index=1):
    return ClassLogit(Logits(network), class_index)
