"""Presets as tests build them, and what every one of them must be."""

import keras
import numpy as np

from model_training.networks.blocks import PREDICTIONS_LAYER
from model_training.networks.catalogue import PRESETS

SIZE = 48
FROM_SCRATCH = [name for name, preset in PRESETS.items() if preset.backbone_end is None]
# Outputs and channels each is built with, once: the large ones take seconds.
BACKBONES = {
    "squeezenet": (3, 1),
    "mobilenetv2": (1, 1),
    "densenet121": (1, 3),
    "efficientnetv2b0": (3, 3),
    "resnet50v2": (1, 1),
}
COUNTS = {1: ((30, 90), [0.75]), 3: ((10, 30, 60), [0.1, 0.3, 0.6])}


def build(name, *, units=1, size=SIZE, channels=1, **settings):
    return PRESETS[name].build(
        input_shape=(size, size, channels), output_bias=np.zeros(units, np.float32), **settings
    )


def spread(model, films):
    """Gives the predictions weights with which the scores of the films lie apart."""
    last = model.get_layer(PREDICTIONS_LAYER)
    pooled = np.asarray(keras.Model(model.input, last.input)(films.astype(np.float32)))
    direction = np.random.default_rng(7).normal(size=pooled.shape[1])
    direction /= np.ptp(pooled @ direction)
    kernel = np.outer(direction, (2, -2, 1)[: last.units])
    last.set_weights([kernel, -np.mean(pooled @ kernel, axis=0)])


def assert_flat(model, name, units):
    assert not isinstance(model, keras.Sequential)
    assert not [layer for layer in model.layers if isinstance(layer, keras.Model)]
    assert {type(layer).__module__.split(".")[0] for layer in model.layers} == {"keras"}
    assert not [layer for layer in model.layers if type(layer).__name__.startswith("Random")]
    assert model.layers[-1].activation.__name__ == ("sigmoid" if units == 1 else "softmax")
    assert len(model.get_layer(PRESETS[name].heatmap_layer).output.shape) == 4
