"""Untrained networks that behave like trained ones."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers


def shake(model: keras.Model, films: np.ndarray) -> None:
    """Moves every weight a little, and fits the statistics of batch normalisation to films.

    Fresh weights hold zeros and ones, which hide errors, and fresh statistics let a deep network
    give the same for every film.
    """
    generator = np.random.default_rng(7)
    for variable in model.weights:
        value = np.asarray(variable)
        if "moving" not in variable.path:
            factor = np.exp(0.1 * generator.normal(size=value.shape))
            variable.assign(value * factor + 0.01 * generator.normal(size=value.shape))
    for layer in model.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.momentum = 0.0
    model(films.astype(np.float32), training=True)


def patches(number: int, size: int, channels: int, *, seed: int = 1) -> np.ndarray:
    """Films of squares 16 pixels wide, uint8: unlike noise, no two look alike to a network."""
    cells = np.random.default_rng(seed).integers(
        0, 256, (number, size // 16, size // 16, channels), np.uint8
    )
    return cells.repeat(16, axis=1).repeat(16, axis=2)
