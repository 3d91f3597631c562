"""The networks that are trained, each a flat functional graph on raw pixels.

Input shape of all: `(batch, height, width, channels)`, values in [0, 255], scaled inside
the graph. Output shape: `(batch, 1)`, the sigmoid probability of the second class, or
`(batch, num_classes)`, a softmax. No nested model and no custom layer, so that the saved
file loads anywhere and Grad-CAM finds a gradient path.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import layers

Tensor = Any  # keras.KerasTensor, which carries no annotations

PREDICTIONS_LAYER = "predictions"

# Keras' default of 0.99 needs more steps than a few hundred films give; 0.9 forgets so quickly
# that validation swings from epoch to epoch.
_MOMENTUM = 0.97

# Where weights are averaged over steps, the statistics of batch normalisation must be averaged
# over the same steps: with a shorter memory they belong to other weights.
_AVERAGING = 0.99


@dataclass(frozen=True, slots=True)
class Preset:
    """An architecture: its builder and the layer Grad-CAM reads."""

    build: Callable[..., keras.Model]
    heatmap_layer: str


def basic_cnn(*, input_shape: tuple[int, int, int], output_bias: np.ndarray) -> keras.Model:
    """A ladder of convolution and pooling with a global pooling head.

    Every film is standardised first, and batch normalisation follows each convolution: both
    keep training quick on a few hundred films of varied exposure.
    """
    pixels = keras.Input(input_shape, name="pixels")
    x = _standardised(layers.Rescaling(1 / 255, name="unit_range")(pixels))
    for step, filters in enumerate((16, 32, 64, 128), start=1):
        x = _convolution(x, filters, name=f"conv{step}")
        x = layers.MaxPooling2D(name=f"pool{step}")(x)
    x = _convolution(x, 128, name="conv5")
    x = layers.GlobalAveragePooling2D(name="average")(x)
    x = layers.Dropout(0.3, name="dropout")(x)
    return keras.Model(pixels, _predictions(x, output_bias), name="basic_cnn")


def probreathe(*, input_shape: tuple[int, int, int], output_bias: np.ndarray) -> keras.Model:
    """The five-convolution net with a flattened head that many pneumonia notebooks share.

    Filters 32, 64, 64, 128, 256; kernels 3, 3, 3, 2, 2; batch normalisation and max
    pooling after each; dropout 0.1 after the second block and 0.2 after the fourth and
    fifth; dense 128 with dropout 0.2. Its usual input is 150 x 150 grey.
    """
    pixels = keras.Input(input_shape, name="pixels")
    x = layers.Rescaling(1 / 255, name="unit_range")(pixels)
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
    return keras.Model(pixels, _predictions(x, output_bias), name="probreathe")


def residual(*, input_shape: tuple[int, int, int], output_bias: np.ndarray) -> keras.Model:
    """A small residual net that standardises every film inside the graph.

    The last stage keeps its resolution, so that the heatmap has a cell for each 16 pixels.

    Reference:
        - He et al., Deep Residual Learning for Image Recognition (CVPR 2016),
          https://arxiv.org/abs/1512.03385
    """
    pixels = keras.Input(input_shape, name="pixels")
    x = _standardised(layers.Rescaling(1 / 255, name="unit_range")(pixels))
    x = _convolution(x, 24, strides=2, name="stem", momentum=_AVERAGING)
    for step, (filters, strides) in enumerate(
        ((24, 1), (48, 2), (96, 2), (160, 2), (224, 1)), start=1
    ):
        x = _residual_block(x, filters, strides=strides, name=f"stage{step}")
    x = layers.GlobalAveragePooling2D(name="average")(x)
    x = layers.Dropout(0.4, name="dropout")(x)
    return keras.Model(pixels, _predictions(x, output_bias), name="residual")


PRESETS = {
    "basic-cnn": Preset(basic_cnn, heatmap_layer="conv5_relu"),
    "probreathe": Preset(probreathe, heatmap_layer="conv5"),
    "residual": Preset(residual, heatmap_layer="stage5_out"),
}


def _standardised(x: Tensor) -> Tensor:
    """Each film with a mean of 0 and a standard deviation of 1.

    This takes out exposure as far as it is linear; X-ray rooms differ first of all in that.
    """
    return layers.LayerNormalization(
        axis=(1, 2, 3), center=False, scale=False, name="film_statistics"
    )(x)


def _convolution(
    x: Tensor, filters: int, *, name: str, strides: int = 1, momentum: float = _MOMENTUM
) -> Tensor:
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


def _residual_block(x: Tensor, filters: int, *, strides: int, name: str) -> Tensor:
    shortcut = x
    if strides > 1:
        shortcut = layers.AveragePooling2D(strides, padding="same", name=f"{name}_pool")(x)
    if x.shape[-1] != filters:
        shortcut = layers.Conv2D(filters, 1, use_bias=False, name=f"{name}_project")(shortcut)
    x = _convolution(x, filters, strides=strides, name=f"{name}_conv1", momentum=_AVERAGING)
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
        momentum=_AVERAGING, gamma_initializer="zeros", name=f"{name}_norm2"
    )(x)
    x = layers.Add(name=f"{name}_add")([shortcut, x])
    return layers.Activation("relu", name=f"{name}_out")(x)


def _predictions(x: Tensor, output_bias: np.ndarray) -> Tensor:
    return layers.Dense(
        len(output_bias),
        activation="sigmoid" if len(output_bias) == 1 else "softmax",
        bias_initializer=keras.initializers.Constant(output_bias.tolist()),
        dtype="float32",
        name=PREDICTIONS_LAYER,
    )(x)
