"""Building blocks of the presets.

Every network takes `(batch, height, width, channels)` with values in [0, 255] (RGB where there
are three channels) and returns probabilities in [0, 1]: shape `(batch, 1)`, the sigmoid
probability of the second class, or `(batch, num_classes)`, a softmax; for findings that do not
exclude each other, `with_independent_outputs` makes a sigmoid of each output.
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

# Keras' default of 0.99 needs more steps than a few hundred films give; with 0.9 the statistics
# change so quickly that validation figures swing from epoch to epoch.
MOMENTUM = 0.97


def unit_range(pixels: Tensor) -> Tensor:
    """Rescales pixels from [0, 255] to [0, 1]."""
    return layers.Rescaling(1 / 255, name="unit_range")(pixels)


def three_channels(pixels: Tensor) -> Tensor:
    """Repeats a grey channel three times, as networks made for colour expect; RGB is unchanged."""
    if pixels.shape[-1] == 3:
        return pixels
    return layers.Concatenate(name="three_channels")([pixels, pixels, pixels])


def standardised(x: Tensor) -> Tensor:
    """Scales each film to a mean of 0 and a standard deviation of 1.

    This removes linear differences in exposure, the largest difference between X-ray rooms.
    """
    return layers.LayerNormalization(
        axis=(1, 2, 3), center=False, scale=False, name="film_statistics"
    )(x)


def convolution(
    x: Tensor, filters: int, *, name: str, strides: int = 1, momentum: float = MOMENTUM
) -> Tensor:
    """A 3 x 3 convolution, batch normalisation and ReLU.

    Args:
        x: Features, shape `(batch, height, width, channels)`.
        filters: Number of output channels.
        name: Name of the convolution; the layers after it are `{name}_norm` and `{name}_relu`.
        strides: In pixels, in both directions.
        momentum: Of the moving statistics of the batch normalisation, in [0, 1).

    Returns:
        Features, shape `(batch, height / strides, width / strides, filters)`.
    """
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
    """A head of global average pooling, dropout and predictions.

    With this head the evidence of each location stays separate until the end, and several
    networks can be merged into one flat graph.

    Args:
        features: Shape `(batch, height, width, channels)`.
        output_bias: Initial bias (logit) of each output, shape `(num_outputs,)`.
        dropout: Fraction of pooled features dropped during training, in [0, 1).
        kernel: Keras initialiser of the last layer's weights.

    Returns:
        Probabilities in [0, 1], shape `(batch, num_outputs)`.
    """
    x = layers.GlobalAveragePooling2D(name="average")(features)
    x = layers.Dropout(dropout, name="dropout")(x)
    return predictions(x, output_bias, kernel=kernel)


def backbone_predictions(features: Tensor, output_bias: OutputBias, *, dropout: float) -> Tensor:
    """The pooled head on a pre-trained backbone, with its weights initialised to zero.

    Pre-trained features can be large. Random weights on them would start from confident and
    wrong predictions; with zeros, training starts from the class frequencies.

    Args:
        features: Shape `(batch, height, width, channels)`.
        output_bias: Initial bias (logit) of each output, shape `(num_outputs,)`.
        dropout: Fraction of pooled features dropped during training, in [0, 1).

    Returns:
        Probabilities in [0, 1], shape `(batch, num_outputs)`.
    """
    return pooled_predictions(features, output_bias, dropout=dropout, kernel="zeros")


def predictions(x: Tensor, output_bias: OutputBias, *, kernel: str = "glorot_uniform") -> Tensor:
    """A dense layer with one sigmoid or a softmax.

    Args:
        x: Features, shape `(batch, num_features)`.
        output_bias: Initial bias (logit) of each output, shape `(num_outputs,)`; a single output
            gets a sigmoid, several a softmax.
        kernel: Keras initialiser of the weights.

    Returns:
        Probabilities in [0, 1], shape `(batch, num_outputs)`.
    """
    return layers.Dense(
        len(output_bias),
        activation="sigmoid" if len(output_bias) == 1 else "softmax",
        kernel_initializer=kernel,
        bias_initializer=keras.initializers.Constant(output_bias.tolist()),
        dtype="float32",
        name=PREDICTIONS_LAYER,
    )(x)


def with_independent_outputs(model: keras.Model) -> keras.Model:
    """The same network with one sigmoid for each output instead of a softmax.

    Args:
        model: A network that ends in `predictions`, with several outputs.

    Returns:
        A network that shares all other layers. Its last layer has initial weights of its own.
    """
    last = model.get_layer(PREDICTIONS_LAYER)
    independent = layers.Dense.from_config(last.get_config() | {"activation": "sigmoid"})
    return keras.Model(model.input, independent(last.input), name=model.name)
