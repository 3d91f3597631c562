"""What the presets are built from.

Input of every network: `(batch, height, width, channels)`, values in [0, 255]. Output:
`(batch, 1)`, the sigmoid probability of the second class, or `(batch, num_classes)`, a softmax.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

Tensor: TypeAlias = Any  # keras.KerasTensor, which carries no annotations
InputShape: TypeAlias = tuple[int, int, int]
OutputBias: TypeAlias = NDArray[np.float32]

PREDICTIONS_LAYER = "predictions"

# Keras' default of 0.99 needs more steps than a few hundred films give; 0.9 forgets so quickly
# that validation swings from epoch to epoch.
MOMENTUM = 0.97


def unit_range(pixels: Tensor) -> Tensor:
    """Raw pixels brought to [0, 1]."""
    return layers.Rescaling(1 / 255, name="unit_range")(pixels)


def three_channels(pixels: Tensor) -> Tensor:
    """Grey pixels three times over, as networks made for colour expect; colour as it is."""
    if pixels.shape[-1] == 3:
        return pixels
    return layers.Concatenate(name="three_channels")([pixels, pixels, pixels])


def standardised(x: Tensor) -> Tensor:
    """Each film with a mean of 0 and a standard deviation of 1.

    This takes out exposure as far as it is linear; X-ray rooms differ first of all in that.
    """
    return layers.LayerNormalization(
        axis=(1, 2, 3), center=False, scale=False, name="film_statistics"
    )(x)


def convolution(
    x: Tensor, filters: int, *, name: str, strides: int = 1, momentum: float = MOMENTUM
) -> Tensor:
    """A 3 x 3 convolution `name`, its batch normalisation `name_norm`, and `name_relu`."""
    x = layers.Conv2D(
        filters,
        3,
        strides=strides,
        padding="same",
        use_bias=False,
        kernel_initializer="he_normal",
        name=name,
    )(x)
    x = layers.BatchNormalization(momentum=momentum, name=f"{name}_norm")(x)
    return layers.Activation("relu", name=f"{name}_relu")(x)


def pooled_predictions(
    features: Tensor, output_bias: OutputBias, *, dropout: float, kernel: str = "glorot_uniform"
) -> Tensor:
    """Global average pooling, dropout, predictions.

    Such a head keeps the evidence of each place apart until the end, and several networks
    that have it can be joined into one flat graph.
    """
    x = layers.GlobalAveragePooling2D(name="average")(features)
    x = layers.Dropout(dropout, name="dropout")(x)
    return predictions(x, output_bias, kernel=kernel)


def backbone_predictions(features: Tensor, output_bias: OutputBias, *, dropout: float) -> Tensor:
    """The pooled head of a backbone, with weights of zero.

    Pre-trained features can be large. Random weights on them would start from certain and wrong
    answers; with zeros training starts from the class frequencies.
    """
    return pooled_predictions(features, output_bias, dropout=dropout, kernel="zeros")


def predictions(x: Tensor, output_bias: OutputBias, *, kernel: str = "glorot_uniform") -> Tensor:
    """One sigmoid, or a softmax, that starts at the given bias of each output."""
    return layers.Dense(
        len(output_bias),
        activation="sigmoid" if len(output_bias) == 1 else "softmax",
        kernel_initializer=kernel,
        bias_initializer=keras.initializers.Constant(output_bias.tolist()),
        dtype="float32",
        name=PREDICTIONS_LAYER,
    )(x)
