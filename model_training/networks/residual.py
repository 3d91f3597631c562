"""A small residual network."""

from __future__ import annotations

from collections.abc import Sequence

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
from model_training.networks.residual_settings import CELL, MARGIN_STEP, RESIDUAL_FILTERS, edges

_STRIDES = (1, 2, 2, 2, 1)

# Where weights are averaged over steps, the batch normalisation statistics must be averaged over
# about as many: with a lower momentum they would belong to different weights.
_MOMENTUM = 0.99


def residual(
    *,
    input_shape: InputShape,
    output_bias: OutputBias,
    filters: Sequence[int] = RESIDUAL_FILTERS,
    reduction: int = 1,
    margin: Sequence[int] = (),
    reduced_to: int | None = None,
) -> keras.Model:
    """A small residual network that standardises every film inside the graph.

    The last stage is not downsampled, so that the heatmap has one cell per 16 pixels. A reduced
    network sees a smaller picture; its last maps are enlarged to the grid that they have without,
    so that networks of several reductions can be merged. With a margin, the network sees the
    middle of the picture only, and its last maps are enlarged and padded with zeros to cover the
    whole again, so that a heatmap lies where its evidence is.

    The weights do not depend on size and margin, so a network may be trained on films that are
    smaller, and of which it sees more, than those it judges afterwards.

    Reference:
        - He et al., Deep Residual Learning for Image Recognition (CVPR 2016),
          https://arxiv.org/abs/1512.03385
        - Touvron et al., Fixing the train-test resolution discrepancy (NeurIPS 2019),
          https://arxiv.org/abs/1906.06423

    Args:
        input_shape: Height, width and channels.
        output_bias: Initial bias (logit) of each output, shape `(num_outputs,)`.
        filters: Number of filters of each of the five stages.
        reduction: Side of the blocks of pixels that are averaged first; 1 for none.
        margin: Width of the edge that is cut off first, in pixels: nothing, one multiple of
            `MARGIN_STEP`, or two, for above and below and for the sides.
        reduced_to: Side of the square to which the film is reduced before that, in pixels; None for
            that of the input.
    """
    cut = edges(margin)
    pixels = keras.Input(input_shape, name="pixels")
    x = unit_range(pixels)
    if reduced_to is not None:
        x = layers.Resizing(reduced_to, reduced_to, antialias=True, name="smaller")(x)
    if any(cut):
        x = layers.Cropping2D(cut, name="middle")(x)
    if reduction > 1:
        x = layers.AveragePooling2D(reduction, name="reduced")(x)
    x = standardised(x)
    x = convolution(x, filters[0], strides=2, name="stem", momentum=_MOMENTUM)
    enlargement = reduction * (CELL // MARGIN_STEP if any(cut) else 1)
    for step, (width, strides) in enumerate(zip(filters, _STRIDES, strict=True), start=1):
        x = _block(x, width, strides=strides, name=f"stage{step}")
        is_last = step == len(filters)
        name = "seen" if is_last and enlargement > 1 else f"stage{step}_out"
        x = layers.Activation("relu", name=name)(x)
    if enlargement > 1:
        x = _over_the_film(x, enlargement, cut, name=f"stage{len(filters)}_out")
    return keras.Model(pixels, pooled_predictions(x, output_bias, dropout=0.4), name="residual")


def _over_the_film(x: Tensor, enlargement: int, cut: tuple[int, int], *, name: str) -> Tensor:
    """The maps of the last stage on the grid of the whole film.

    Enlarged between the cells, each of which keeps its share of the mean, so that a heatmap is as
    smooth as that of a network with more cells.
    """
    last = "enlarged" if any(cut) else name
    x = layers.UpSampling2D(enlargement, interpolation="bilinear", name=last)(x)
    if not any(cut):
        return x
    return layers.ZeroPadding2D([edge // MARGIN_STEP for edge in cut], name=name)(x)


def _block(x: Tensor, filters: int, *, strides: int, name: str) -> Tensor:
    """Two convolutions, added to their input, which is pooled and projected where shapes differ.

    The ReLU that follows is not part of it.
    """
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
    return layers.Add(name=f"{name}_add")([shortcut, x])
