"""The networks that are trained, by name.

Each is a flat functional graph on raw pixels, without a nested model or a custom layer, so that
the saved file loads anywhere and Grad-CAM finds a gradient path.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import keras

from model_training.presets.plain import basic_cnn, probreathe
from model_training.presets.residual import residual


@dataclass(frozen=True, slots=True)
class Preset:
    """An architecture.

    Attributes:
        build: Its function, called with `input_shape` (height, width, channels) and
            `output_bias`, one number an output.
        heatmap_layer: The layer Grad-CAM reads.
    """

    build: Callable[..., keras.Model]
    heatmap_layer: str


PRESETS = {
    "basic-cnn": Preset(basic_cnn, heatmap_layer="conv5_relu"),
    "probreathe": Preset(probreathe, heatmap_layer="conv5"),
    "residual": Preset(residual, heatmap_layer="stage5_out"),
}
