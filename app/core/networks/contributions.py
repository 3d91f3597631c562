"""What each input of the last layer contributes to a class's logit for one film."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from app.core.networks.activations import evaluate_tensors, output_tensors
from app.core.networks.class_logits import values_of_class
from app.core.networks.network import Network

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True, slots=True)
class Contributions:
    """What each input of the last dense layer contributes to the logit of one class.

    Attributes:
        values: Weight times value of each input, float32 `(units,)`, in logits.
        bias: Bias of the class, in logits.
        pooled_layer: If the inputs are the pooled feature maps of a layer, its name: input 7 is
            then its channel 7. Otherwise None.
    """

    values: NDArray[np.float32]
    bias: float
    pooled_layer: str | None

    @property
    def logit(self) -> float:
        """The logit: all contributions plus the bias."""
        return float(self.values.sum(dtype=np.float64)) + self.bias


def contributions(
    network: Network, pixels: NDArray[np.uint8], class_index: int
) -> Contributions | None:
    """What each input of the last dense layer contributes to a class's logit.

    Args:
        network: The network. It is not modified.
        pixels: The film at the network's input size, uint8 `(height, width, channels)` in
            [0, 255], grey or RGB.
        class_index: Position of the class in the task.

    Returns:
        None if the network does not end in a dense layer applied to a vector.
    """
    import keras

    last = network.model.layers[-1]
    if not isinstance(last, keras.layers.Dense) or len(last.input.shape) != 2:
        return None
    inputs = evaluate_tensors(network.model, [last.input], pixels)[0]
    weights = values_of_class(np.asarray(last.kernel, np.float32), class_index)
    bias = float(values_of_class(np.asarray(last.bias), class_index)) if last.use_bias else 0.0
    return Contributions(
        np.asarray(inputs * weights, np.float32), bias, _pooled_layer(network.model)
    )


def _pooled_layer(model: keras.Model) -> str | None:
    """The layer whose globally average-pooled feature maps feed the last dense layer, if any."""
    makers = {id(tensor): layer for layer in model.layers for tensor in output_tensors(layer)}
    layer = makers.get(id(model.layers[-1].input))
    while layer is not None and type(layer).__name__ == "Dropout":
        layer = makers.get(id(layer.input))
    if layer is None or type(layer).__name__ != "GlobalAveragePooling2D":
        return None
    pooled = makers.get(id(layer.input))
    return None if pooled is None else str(pooled.name)
