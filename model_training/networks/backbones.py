"""Networks of `keras.applications`, with the input scaling of their pre-training in the graph."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import keras
from keras import layers

from model_training.networks.blocks import (
    InputShape,
    OutputBias,
    Tensor,
    backbone_predictions,
    three_channels,
)

# ImageNet statistics of red, green and blue in [0, 1].
_MEANS = (0.485, 0.456, 0.406)
_DEVIATIONS = (0.229, 0.224, 0.225)


def mobilenetv2(*, input_shape: InputShape, output_bias: OutputBias) -> keras.Model:
    """MobileNetV2, the smallest and on a CPU the fastest of these backbones.

    Reference:
        - Sandler et al., MobileNetV2: Inverted Residuals and Linear Bottlenecks (CVPR 2018),
          https://arxiv.org/abs/1801.04381

    Args:
        input_shape: Height, width and channels; RGB where there are three.
        output_bias: Initial bias (logit) of each output, shape `(num_outputs,)`.
    """
    published = keras.applications.MobileNetV2
    return _with_head(published, _signed_range, input_shape, output_bias, name="mobilenetv2")


def densenet121(*, input_shape: InputShape, output_bias: OutputBias) -> keras.Model:
    """DenseNet-121, the usual backbone of chest radiograph studies.

    Reference:
        - Huang et al., Densely Connected Convolutional Networks (CVPR 2017),
          https://arxiv.org/abs/1608.06993

    Args:
        input_shape: Height, width and channels; RGB where there are three.
        output_bias: Initial bias (logit) of each output, shape `(num_outputs,)`.
    """
    published = keras.applications.DenseNet121
    return _with_head(published, _imagenet_range, input_shape, output_bias, name="densenet121")


def efficientnetv2b0(*, input_shape: InputShape, output_bias: OutputBias) -> keras.Model:
    """EfficientNetV2-B0.

    Reference:
        - Tan and Le, EfficientNetV2: Smaller Models and Faster Training (ICML 2021),
          https://arxiv.org/abs/2104.00298

    Args:
        input_shape: Height, width and channels; RGB where there are three.
        output_bias: Initial bias (logit) of each output, shape `(num_outputs,)`.
    """
    published = partial(keras.applications.EfficientNetV2B0, include_preprocessing=False)
    return _with_head(published, _imagenet_range, input_shape, output_bias, name="efficientnetv2b0")


def resnet50v2(*, input_shape: InputShape, output_bias: OutputBias) -> keras.Model:
    """ResNet-50 with pre-activation, the largest of these backbones.

    Reference:
        - He et al., Identity Mappings in Deep Residual Networks (ECCV 2016),
          https://arxiv.org/abs/1603.05027

    Args:
        input_shape: Height, width and channels; RGB where there are three.
        output_bias: Initial bias (logit) of each output, shape `(num_outputs,)`.
    """
    published = keras.applications.ResNet50V2
    return _with_head(published, _signed_range, input_shape, output_bias, name="resnet50v2")


def _with_head(
    published: Callable[..., keras.Model],
    scaled: Callable[[Tensor], Tensor],
    input_shape: InputShape,
    output_bias: OutputBias,
    *,
    name: str,
) -> keras.Model:
    """Input scaling, a published network without its top, and a new head, as one flat graph."""
    pixels = keras.Input(input_shape, name="pixels")
    features = published(input_tensor=scaled(pixels), include_top=False, weights=None).output
    return keras.Model(pixels, backbone_predictions(features, output_bias, dropout=0.2), name=name)


def _signed_range(pixels: Tensor) -> Tensor:
    """Three channels in [-1, 1]."""
    return layers.Rescaling(1 / 127.5, offset=-1.0, name="signed_range")(three_channels(pixels))


def _imagenet_range(pixels: Tensor) -> Tensor:
    """Three channels, each with zero mean and unit standard deviation over ImageNet."""
    return layers.Rescaling(
        [1 / (255 * deviation) for deviation in _DEVIATIONS],
        offset=[-mean / deviation for mean, deviation in zip(_MEANS, _DEVIATIONS, strict=True)],
        name="imagenet_range",
    )(three_channels(pixels))
