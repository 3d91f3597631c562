"""The network whose architecture is configuration."""

from __future__ import annotations

from collections.abc import Sequence
from math import gcd
from typing import TypeVar

import keras
from keras import layers

from model_training.config import HEADS, NORMALISATIONS
from model_training.networks.parts import (
    MOMENTUM,
    InputShape,
    OutputBias,
    Tensor,
    predictions,
    standardised,
    unit_range,
)
from model_training.suggestions import nearest

Number = TypeVar("Number", int, float)

# The last block has the same name in a ladder of any length, so that its heatmap is found.
LAST = "last"


def ladder(
    *,
    input_shape: InputShape,
    output_bias: OutputBias,
    filters: Sequence[int] = (16, 32, 64, 128),
    kernels: Sequence[int] = (3,),
    dropouts: Sequence[float] = (0.0,),
    normalisation: str = "batch",
    head: str = "average",
    dense_units: int = 0,
    dense_dropout: float = 0.0,
    standardise: bool = True,
) -> keras.Model:
    """Blocks of convolution, normalisation, ReLU and dropout, with a pooling between them.

    The preset `basic-cnn` is the ladder of filters 16, 32, 64, 128, 128 with a dense dropout of
    0.3. A list of kernels or dropouts that is shorter than that of filters repeats its last value.

    Reference:
        - Ioffe and Szegedy, Batch Normalization (ICML 2015), https://arxiv.org/abs/1502.03167
        - Wu and He, Group Normalization (ECCV 2018), https://arxiv.org/abs/1803.08494

    Args:
        input_shape: Height, width, channels.
        output_bias: Initial bias of each output.
        filters: Of each block; their number is that of the blocks.
        kernels: Side of each block's kernel, pixels.
        dropouts: Share of values that each block drops while training.
        normalisation: `batch`; `group`, up to eight groups of channels of one film; `layer`, all
            channels of one film together; or `none`.
        head: `average`, global average pooling, or `flatten`.
        dense_units: Units of a dense layer behind the head; 0 for none.
        dense_dropout: Share of values dropped before the predictions.
        standardise: Whether each film is brought to a mean of 0 and a deviation of 1.

    Raises:
        ValueError: If a value is out of range, or the poolings leave less than 2 x 2 cells.
    """
    _check(input_shape, filters, kernels, dropouts)
    _require_name("normalisation", normalisation, NORMALISATIONS)
    _require_name("head", head, HEADS)
    _require_share("dense_dropout", dense_dropout)
    if dense_units < 0:
        raise ValueError(f"`dense_units` must be 0 or more. Received dense_units={dense_units}.")

    pixels = keras.Input(input_shape, name="pixels")
    x = unit_range(pixels)
    if standardise:
        x = standardised(x)
    for step, width in enumerate(filters, start=1):
        kernel, dropout = _value(kernels, step), _value(dropouts, step)
        last = step == len(filters)
        name = LAST if last else f"conv{step}"
        x = _block(x, width, kernel=kernel, normalisation=normalisation, name=name)
        if not last:
            x = layers.MaxPooling2D(name=f"pool{step}")(x)
        if dropout:
            x = layers.Dropout(dropout, name=f"{name}_dropout")(x)
    reduce = layers.Flatten if head == "flatten" else layers.GlobalAveragePooling2D
    x = reduce(name=head)(x)
    if dense_units:
        x = layers.Dense(dense_units, activation="relu", name="dense")(x)
    if dense_dropout:
        x = layers.Dropout(dense_dropout, name="dropout")(x)
    return keras.Model(pixels, predictions(x, output_bias), name="ladder")


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
    return values[min(step, len(values)) - 1]


def _check(
    input_shape: InputShape,
    filters: Sequence[int],
    kernels: Sequence[int],
    dropouts: Sequence[float],
) -> None:
    for name, values in (("filters", filters), ("kernels", kernels), ("dropouts", dropouts)):
        if not 1 <= len(values) <= len(filters):
            raise ValueError(
                f"`{name}` must have from 1 value to one for each of the {len(filters)} blocks. "
                f"Received {name}={list(values)}."
            )
    for name, values in (("filters", filters), ("kernels", kernels)):
        if min(values) < 1:
            raise ValueError(
                f"`{name}` must be whole numbers above 0. Received {name}={list(values)}."
            )
    for dropout in dropouts:
        _require_share("dropouts", dropout)
    height, width, _ = input_shape
    poolings = len(filters) - 1
    if min(height, width) < 2 ** (poolings + 1):
        raise ValueError(
            f"`filters` has {len(filters)} blocks with {poolings} poolings between them, which "
            f"need an input of at least {2 ** (poolings + 1)} pixels a side. Received an input "
            f"of {height} x {width}: use fewer blocks or a larger image size."
        )


def _require_name(name: str, value: str, known: Sequence[str]) -> None:
    if value not in known:
        raise ValueError(
            f"`{name}` must be one of {list(known)}. Received {name}={value!r}."
            + nearest(value, known)
        )


def _require_share(name: str, value: float) -> None:
    if not 0 <= value < 1:
        raise ValueError(f"`{name}` must lie from 0 to below 1. Received {value}.")
