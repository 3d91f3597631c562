"""A small residual network."""

from __future__ import annotations

import keras
from keras import layers

from model_training.networks.blocks import (
    InputShape,
    OutputBias,
    Tensor,
    convolution,
    pooled_predictions,
    standardised,
    unit_range,
)

# Where weights are averaged over steps, the batch normalisation statistics must be averaged over
# about as many: with a lower momentum they would belong to different weights.
_MOMENTUM = 0.99


def residual(*, input_shape: InputShape, output_bias: OutputBias) -> keras.Model:
    """A small residual network that standardises every film inside the graph.

    The last stage is not downsampled, so that the heatmap has one cell per 16 pixels.

    Reference:
        - He et al., Deep Residual Learning for Image Recognition (CVPR 2016),
          https://arxiv.org/abs/1512.03385

    Args:
        input_shape: Height, width and channels.
        output_bias: Initial bias (logit) of each output, shape `(num_outputs,)`.
    """
    pixels = keras.Input(input_shape, name="pixels")
    x = standardised(unit_range(pixels))
    x = convolution(x, 24, strides=2, name="stem", momentum=_MOMENTUM)
    for step, (filters, strides) in enumerate(
        ((24, 1), (48, 2), (96, 2), (160, 2), (224, 1)), start=1
    ):
        x = _block(x, filters, strides=strides, name=f"stage{step}")
    return keras.Model(pixels, pooled_predictions(x, output_bias, dropout=0.4), name="residual")


def _block(x: Tensor, filters: int, *, strides: int, name: str) -> Tensor:
    """Two convolutions, added to their input, which is pooled and projected where shapes differ."""
    shortcut = x
    if strides > 1:
        shortcut = layers.AveragePooling2D(strides, padding="same", name=f"{name}_pool")(x)
    if x.shape[-1] != filters:
        shortcut = layers.Conv2D(filters, 1, use_bias=False, name=f"{name}_project")(shortcut)
    x = convolution(x, filters, strides=strides, name=f"{name}_conv1", momentum=_MOMENTUM)
    x = layers.Conv2D(
        filters,
        3,
        padding="same",
        use_bias=False,
        kernel_initializer="he_normal",
        name=f"{name}_conv2",
    )(x)
    # Starting each block as the identity keeps the first epochs stable.
    x = layers.BatchNormalization(
        momentum=_MOMENTUM, gamma_initializer="zeros", name=f"{name}_norm2"
    )(x)
    x = layers.Add(name=f"{name}_add")([shortcut, x])
    return layers.Activation("relu", name=f"{name}_out")(x)
