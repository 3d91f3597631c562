"""The architectures that can be trained, by preset name.

Each is a flat functional graph on raw pixels, without nested models or custom layers, so that
the saved file loads anywhere and Grad-CAM finds a gradient path.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import keras

from model_training.networks.backbones import (
    densenet121,
    efficientnetv2b0,
    mobilenetv2,
    resnet50v2,
)
from model_training.networks.custom_cnn import LAST, custom_cnn
from model_training.networks.plain import basic_cnn, probreathe
from model_training.networks.residual import residual
from model_training.networks.squeezenet import squeezenet

_KERAS = "https://storage.googleapis.com/tensorflow/keras-applications"


@dataclass(frozen=True, slots=True)
class ImageNet:
    """Published ImageNet weights of a backbone without its top.

    Attributes:
        url: Address of the file.
        md5: MD5 digest of the file, where its publisher gives one.
        bgr: Whether the first kernel expects blue, green, red.
    """

    url: str
    md5: str | None = None
    bgr: bool = False


@dataclass(frozen=True, slots=True)
class Preset:
    """An architecture.

    Attributes:
        build: Builds the network; called with `input_shape` (height, width, channels) and
            `output_bias`, one logit per output.
        heatmap_layer: Name of the layer Grad-CAM uses.
        backbone_end: Name of the last layer of the backbone that can be pre-trained; None where
            there is no backbone and all layers are trained from scratch.
        imagenet: Published weights of the backbone.
    """

    build: Callable[..., keras.Model]
    heatmap_layer: str
    backbone_end: str | None = None
    imagenet: ImageNet | None = None


def _pretrained(build: Callable[..., keras.Model], end: str, imagenet: ImageNet) -> Preset:
    return Preset(build, heatmap_layer=end, backbone_end=end, imagenet=imagenet)


PRESETS = {
    "basic-cnn": Preset(basic_cnn, heatmap_layer="conv5_relu"),
    "probreathe": Preset(probreathe, heatmap_layer="conv5"),
    "residual": Preset(residual, heatmap_layer="stage5_out"),
    "custom-cnn": Preset(custom_cnn, heatmap_layer=f"{LAST}_relu"),
    "squeezenet": _pretrained(
        squeezenet,
        "fire9",
        ImageNet(
            "https://github.com/rcmalli/keras-squeezenet/releases/download/v1.0/"
            "squeezenet_weights_tf_dim_ordering_tf_kernels_notop.h5",
            bgr=True,
        ),
    ),
    "mobilenetv2": _pretrained(
        mobilenetv2,
        "out_relu",
        ImageNet(
            f"{_KERAS}/mobilenet_v2/"
            "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5"
        ),
    ),
    "densenet121": _pretrained(
        densenet121,
        "relu",
        ImageNet(
            f"{_KERAS}/densenet/densenet121_weights_tf_dim_ordering_tf_kernels_notop.h5",
            "30ee3e1110167f948a6b9946edeeb738",
        ),
    ),
    "efficientnetv2b0": _pretrained(
        efficientnetv2b0,
        "top_activation",
        ImageNet(
            f"{_KERAS}/efficientnet_v2/efficientnetv2-b0_notop.h5",
            "893217f2bb855e2983157299931e43ff",
        ),
    ),
    "resnet50v2": _pretrained(
        resnet50v2,
        "post_relu",
        ImageNet(
            f"{_KERAS}/resnet/resnet50v2_weights_tf_dim_ordering_tf_kernels_notop.h5",
            "fac2f116257151a9d068a22e544a4917",
        ),
    ),
}
