"""Plain networks of convolution and pooling blocks."""

from __future__ import annotations

import keras
from keras import layers

from model_training.networks.blocks import (
    InputShape,
    OutputBias,
    convolution,
    pooled_predictions,
    predictions,
    standardised,
    unit_range,
)


def basic_cnn(*, input_shape: InputShape, output_bias: OutputBias) -> keras.Model:
    """Convolution and pooling blocks with a global pooling head.

    Every film is standardised first, and batch normalisation follows each convolution: both
    make training fast on a few hundred films of varied exposure.

    Args:
        input_shape: Height, width and channels.
        output_bias: Initial bias (logit) of each output, shape `(num_outputs,)`.
    """
    pixels = keras.Input(input_shape, name="pixels")
    x = standardised(unit_range(pixels))
    for step, filters in enumerate((16, 32, 64, 128), start=1):
        x = convolution(x, filters, name=f"conv{step}")
        x = layers.MaxPooling2D(name=f"pool{step}")(x)
    x = convolution(x, 128, name="conv5")
    return keras.Model(pixels, pooled_predictions(x, output_bias, dropout=0.3), name="basic_cnn")


def probreathe(*, input_shape: InputShape, output_bias: OutputBias) -> keras.Model:
    """The five-convolution network with a flattened head that many pneumonia notebooks share.

    Filters 32, 64, 64, 128, 256; kernels 3, 3, 3, 2, 2; batch normalisation and max
    pooling after each; dropout 0.1 after the second block and 0.2 after the fourth and
    fifth; dense 128 with dropout 0.2. Its usual input is 150 x 150 grey.

    Args:
        input_shape: Height, width and channels.
        output_bias: Initial bias (logit) of each output, shape `(num_outputs,)`.
    """
    pixels = keras.Input(input_shape, name="pixels")
    x = unit_range(pixels)
    blocks = ((32, 3, 0.0), (64, 3, 0.1), (64, 3, 0.0), (128, 2, 0.2), (256, 2, 0.2))
    for step, (filters, kernel, dropout) in enumerate(blocks, start=1):
        x = layers.Conv2D(filters, kernel, padding="same", activation="relu", name=f"conv{step}")(x)
        x = layers.BatchNormalization(name=f"norm{step}")(x)
        x = layers.MaxPooling2D(padding="same", name=f"pool{step}")(x)
        if dropout:
            x = layers.Dropout(dropout, name=f"dropout{step}")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(128, activation="relu", name="dense")(x)
    x = layers.Dropout(0.2, name="dropout")(x)
    return keras.Model(pixels, predictions(x, output_bias), name="probreathe")
