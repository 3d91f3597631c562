"""SqueezeNet 1.1."""

from __future__ import annotations

import keras
from keras import layers

from model_training.networks.blocks import (
    InputShape,
    OutputBias,
    Tensor,
    backbone_predictions,
    three_channels,
)

# ImageNet means of Caffe: red, green, blue. The published weights were trained with the means
# subtracted and no further scaling.
_MEANS = (123.68, 116.779, 103.939)


def squeezenet(*, input_shape: InputShape, output_bias: OutputBias) -> keras.Model:
    """SqueezeNet 1.1 without its top, and a global pooling head.

    Small and fast. It is meant for pre-trained weights: from random ones it learns slowly, because
    its inputs are not scaled to a small range.

    The published weights expect blue, green, red. Here the order is red, green, blue, as
    everywhere; the first kernel is reversed once when they are loaded.

    Reference:
        - Iandola et al., SqueezeNet: AlexNet-level accuracy with 50x fewer parameters (2016),
          https://arxiv.org/abs/1602.07360

    Args:
        input_shape: Height, width and channels.
        output_bias: Initial bias (logit) of each output, shape `(num_outputs,)`.
    """
    pixels = keras.Input(input_shape, name="pixels")
    x = three_channels(pixels)
    x = layers.Rescaling(1.0, offset=[-mean for mean in _MEANS], name="imagenet_range")(x)
    x = layers.Conv2D(64, 3, strides=2, activation="relu", name="conv1")(x)
    x = layers.MaxPooling2D(3, strides=2, name="pool1")(x)
    x = _fire(x, squeeze=16, name="fire2")
    x = _fire(x, squeeze=16, name="fire3")
    x = layers.MaxPooling2D(3, strides=2, name="pool3")(x)
    x = _fire(x, squeeze=32, name="fire4")
    x = _fire(x, squeeze=32, name="fire5")
    x = layers.MaxPooling2D(3, strides=2, name="pool5")(x)
    x = _fire(x, squeeze=48, name="fire6")
    x = _fire(x, squeeze=48, name="fire7")
    x = _fire(x, squeeze=64, name="fire8")
    x = _fire(x, squeeze=64, name="fire9")
    return keras.Model(pixels, backbone_predictions(x, output_bias, dropout=0.5), name="squeezenet")


def _fire(x: Tensor, *, squeeze: int, name: str) -> Tensor:
    """A narrow 1 x 1 layer, then eight times as many filters, half 1 x 1 and half 3 x 3."""

    def convolution(x: Tensor, filters: int, kernel: int, part: str) -> Tensor:
        return layers.Conv2D(
            filters,
            kernel,
            padding="same",
            activation="relu",
            kernel_initializer="he_normal",
            name=f"{name}_{part}",
        )(x)

    x = convolution(x, squeeze, 1, "squeeze1x1")
    return layers.Concatenate(name=name)(
        [
            convolution(x, 4 * squeeze, 1, "expand1x1"),
            convolution(x, 4 * squeeze, 3, "expand3x3"),
        ]
    )
