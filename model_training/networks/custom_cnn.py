"""The preset whose architecture is set by options."""

from __future__ import annotations

from collections.abc import Sequence
from math import gcd
from typing import TypeVar

import keras
from keras import layers

from model_training.networks.blocks import (
    MOMENTUM,
    InputShape,
    OutputBias,
    Tensor,
    predictions,
    standardised,
    unit_range,
)
from model_training.networks.custom_cnn_settings import DROPOUTS, FILTERS, KERNELS, check_custom_cnn

Number = TypeVar("Number", int, float)

# The last block has the same name whatever the number of blocks, so that the heatmap layer of
# the preset exists.
LAST = "last"


def custom_cnn(
    *,
    input_shape: InputShape,
    output_bias: OutputBias,
    filters: Sequence[int] = FILTERS,
    kernels: Sequence[int] = KERNELS,
    dropouts: Sequence[float] = DROPOUTS,
    normalisation: str = "batch",
    head: str = "average",
    dense_units: int = 0,
    dense_dropout: float = 0.0,
    standardise: bool = True,
) -> keras.Model:
    """Blocks of convolution, normalisation, ReLU and dropout, separated by max pooling.

    The preset `basic-cnn` is the custom CNN with filters 16, 32, 64, 128, 128 and a dense dropout
    of 0.3. Where `kernels` or `dropouts` is shorter than `filters`, its last value is repeated.

    Reference:
        - Ioffe and Szegedy, Batch Normalization (ICML 2015), https://arxiv.org/abs/1502.03167
        - Wu and He, Group Normalization (ECCV 2018), https://arxiv.org/abs/1803.08494

    Args:
        input_shape: Height, width, channels.
        output_bias: Initial bias (logit) of each output, shape `(num_outputs,)`.
        filters: Number of filters of each block; its length is the number of blocks.
        kernels: Side of each block's kernel, pixels.
        dropouts: Fraction of values each block drops during training, in [0, 1).
        normalisation: `batch`; `group`, up to eight groups of channels of one film; `layer`, all
            channels of one film together; or `none`.
        head: `average`, global average pooling, or `flatten`.
        dense_units: Units of a dense layer after the head; 0 for none.
        dense_dropout: Fraction of values dropped before the predictions, in [0, 1).
        standardise: Whether each film is scaled to zero mean and unit standard deviation.

    Raises:
        ValueError: If a value is out of range, or the poolings leave fewer than 2 x 2 cells.
    """
    height, width, _ = input_shape
    check_custom_cnn(
        height,
        width,
        filters=filters,
        kernels=kernels,
        dropouts=dropouts,
        normalisation=normalisation,
        head=head,
        dense_units=dense_units,
        dense_dropout=dense_dropout,
    )
    pixels = keras.Input(input_shape, name="pixels")
    x = unit_range(pixels)
    if standardise:
        x = standardised(x)
    for step, num_filters in enumerate(filters, start=1):
        kernel, dropout = _value(kernels, step), _value(dropouts, step)
        is_last = step == len(filters)
        name = LAST if is_last else f"conv{step}"
        x = _block(x, num_filters, kernel=kernel, normalisation=normalisation, name=name)
        if not is_last:
            x = layers.MaxPooling2D(name=f"pool{step}")(x)
        if dropout:
            x = layers.Dropout(dropout, name=f"{name}_dropout")(x)
    reduce = layers.Flatten if head == "flatten" else layers.GlobalAveragePooling2D
    x = reduce(name=head)(x)
    if dense_units:
        x = layers.Dense(dense_units, activation="relu", name="dense")(x)
    if dense_dropout:
        x = layers.Dropout(dense_dropout, name="dropout")(x)
    return keras.Model(pixels, predictions(x, output_bias), name="custom_cnn")


def _block(x: Tensor, filters: int, *, kernel: int, normalisation: str, name: str) -> Tensor:
    x = layers.Conv2D(
        filters,
        kernel,
        padding="same",
        use_bias=normalisation == "none",
        kernel_initializer="he_normal",
        name=name,
    )(x)
    if normalisation == "batch":
        x = layers.BatchNormalization(momentum=MOMENTUM, name=f"{name}_norm")(x)
    elif normalisation != "none":
        groups = 1 if normalisation == "layer" else gcd(filters, 8)
        x = layers.GroupNormalization(groups, name=f"{name}_norm")(x)
    return layers.Activation("relu", name=f"{name}_relu")(x)


def _value(values: Sequence[Number], step: int) -> Number:
    """The value of a block, counted from 1; the last one is repeated."""
    return values[min(step, len(values)) - 1]
