"""What each layer of a network computes for one film.

Arrays that leave this module are float32 and have no batch axis: feature maps are
`(rows, columns, channels)`, vectors `(units,)`. Everything is ordered by mean activation,
the mean of a channel over its whole map.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from app.core.networks.layer_descriptions import kind_of
from app.core.networks.network import Network

if TYPE_CHECKING:
    import keras

Form = Literal["maps", "vector", "table"]
Shape = tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class LayerInfo:
    """One layer of a network.

    Attributes:
        name: Unique in the network.
        kind: What it does, in a word or two, such as `Convolution`.
        sentence: What one sees in its values.
        activation: Name of its activation function, empty where it has none.
        shapes: Shape of each of its outputs without the batch axis; most have one.
        parameters: Number of weights.
    """

    name: str
    kind: str
    sentence: str
    activation: str
    shapes: tuple[Shape, ...]
    parameters: int

    @property
    def member(self) -> int | None:
        """Which network of an ensemble it belongs to, from 1; None for what they share."""
        return member_of(self.name)

    @property
    def shape(self) -> Shape:
        """Shape of the output that is looked at, the first."""
        return self.shapes[0]

    @property
    def form(self) -> Form:
        """How its values are drawn: `maps` on the film, one `vector`, or a `table`."""
        if len(self.shape) == 3 and self.shape[:2] != (1, 1):
            return "maps"
        return "vector" if len(self.shape) in (0, 1, 3) else "table"


@dataclass(frozen=True, slots=True)
class StrongestChannel:
    """The channel of a layer with the highest mean activation.

    Attributes:
        layer: Name of the layer.
        channel: Its number in the layer, from 0.
        mean: Its mean activation.
        values: Its map, float32 `(rows, columns)`.
    """

    layer: str
    channel: int
    mean: float
    values: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Contributions:
    """What each input of the last dense layer adds to the logit of one class.

    Attributes:
        values: Weight times value of each input, `(units,)`, in logits.
        bias: The part of the logit that no input changes.
        pooled_layer: The layer whose channels the inputs are the pooled maps of, so that
            input 7 is its channel 7; None where they are something else.
    """

    values: NDArray[np.float32]
    bias: float
    pooled_layer: str | None

    @property
    def logit(self) -> float:
        """Their sum with the bias."""
        return float(self.values.sum(dtype=np.float64)) + self.bias


def member_of(name: str) -> int | None:
    """The number in the name of an ensemble's layer, such as 2 in `m2_conv1`; None without."""
    found = re.match(r"m(\d+)_", name)
    return int(found[1]) if found else None


def layers(model: keras.Model) -> list[LayerInfo]:
    """The layers of a model, from the film to the decision."""
    last = model.layers[-1]
    return [_info(layer, is_output=layer is last) for layer in model.layers]


def of_layer(network: Network, pixels: NDArray[np.uint8], name: str) -> NDArray[np.float32]:
    """The values a layer computes for one film.

    Args:
        network: The network; nothing of it is changed.
        pixels: The fitted film, uint8 `(height, width, channels)` in [0, 255].
        name: Name of the layer.

    Returns:
        float32 `(rows, columns, channels)` for maps, `(units,)` for a vector, and
        `(rows, columns)` for a table, such as the tokens and features of a transformer.

    Raises:
        ValueError: If the network has no such layer.
    """
    layer = next((layer for layer in network.model.layers if layer.name == name), None)
    if layer is None:
        raise ValueError(
            f"`name` must be a layer of the network. Received {name!r}, expected one of "
            f"{[layer.name for layer in network.model.layers]}."
        )
    values = _compute(network.model, [_first_output(layer)], pixels)[0]
    return _arranged(values, _info(layer, is_output=False).form)


def strongest(network: Network, pixels: NDArray[np.uint8]) -> list[StrongestChannel]:
    """The strongest channel of each layer with maps, in the order of the network.

    One pass computes them all; only one map a layer is kept. Layers before the first
    convolution show the film itself and are left out.

    Args:
        network: The network; nothing of it is changed.
        pixels: The fitted film, uint8 `(height, width, channels)` in [0, 255].
    """
    shown = _layers_with_maps(network.model)
    if not shown:
        return []
    outputs = _compute(network.model, [_first_output(layer) for layer in shown], pixels)
    return [
        _strongest_channel(layer.name, values) for layer, values in zip(shown, outputs, strict=True)
    ]


def mean_activations(values: NDArray[np.float32]) -> NDArray[np.float64]:
    """Mean of each channel over its map: `(rows, columns, channels)` -> `(channels,)`."""
    return np.asarray(values.mean(axis=(0, 1), dtype=np.float64))


def by_strength(values: NDArray[np.float32]) -> list[int]:
    """Channel or unit numbers, the highest mean activation first, ties in number order.

    Args:
        values: Maps `(rows, columns, channels)` or a vector `(units,)`.
    """
    means = mean_activations(values) if values.ndim == 3 else values
    return [int(index) for index in np.argsort(-means, kind="stable")]


def contributions(
    network: Network, pixels: NDArray[np.uint8], class_index: int
) -> Contributions | None:
    """What each input of the last dense layer adds to a class's logit.

    With a single sigmoid the logit of the first class is zero less the second's, so its
    contributions are those of the second with the sign turned.

    Args:
        network: The network; nothing of it is changed.
        pixels: The fitted film, uint8 `(height, width, channels)` in [0, 255].
        class_index: Position of the class in the task.

    Returns:
        None where the network does not end in a dense layer on a vector.
    """
    import keras

    last = network.model.layers[-1]
    if not isinstance(last, keras.layers.Dense) or len(last.input.shape) != 2:
        return None
    inputs = _compute(network.model, [last.input], pixels)[0]
    column, sign = (class_index, 1.0) if last.units > 1 else (0, 1.0 if class_index else -1.0)
    kernel = np.asarray(last.kernel, np.float32)[:, column]
    bias = float(np.asarray(last.bias)[column]) if last.use_bias else 0.0
    return Contributions(
        np.asarray(sign * inputs * kernel, np.float32), sign * bias, _pooled_layer(network.model)
    )


def _info(layer: Any, *, is_output: bool) -> LayerInfo:
    function = getattr(layer, "activation", None)
    activation = getattr(function, "__name__", type(function).__name__) if function else ""
    if activation == "linear":
        activation = ""
    kind = kind_of(type(layer).__name__, activation=activation, is_output=is_output)
    return LayerInfo(
        name=layer.name,
        kind=kind.word,
        sentence=kind.sentence,
        activation=activation,
        shapes=tuple(tuple(tensor.shape[1:]) for tensor in _outputs(layer)),
        parameters=layer.count_params(),
    )


def _outputs(layer: Any) -> list[Any]:
    """The symbolic outputs of a layer; attention and recurrent layers may have several."""
    import keras

    tensors: list[Any] = keras.tree.flatten(layer.output)
    return tensors


def _first_output(layer: Any) -> Any:
    return _outputs(layer)[0]


def _compute(
    model: keras.Model, tensors: list[Any], pixels: NDArray[np.uint8]
) -> list[NDArray[np.float32]]:
    """Values of symbolic tensors for one film, without the batch axis."""
    import keras

    cut = keras.Model(model.input, tensors)
    batch = np.asarray(pixels, np.float32)[np.newaxis]
    # Keras unpacks a list of one output, so a single tensor may come back bare.
    outputs = keras.tree.flatten(cut(batch, training=False))
    return [np.asarray(values, np.float32)[0] for values in outputs]


def _arranged(values: NDArray[np.float32], form: Form) -> NDArray[np.float32]:
    if form == "maps":
        return values
    if form == "vector":
        return values.reshape(-1)
    return values.reshape(-1, values.shape[-1])


def _layers_with_maps(model: keras.Model) -> list[Any]:
    found = list(model.layers)
    for index, layer in enumerate(found):
        if "Conv" in type(layer).__name__:
            found = found[index:]
            break
    return [
        layer
        for layer in found
        if _info(layer, is_output=False).form == "maps" and type(layer).__name__ != "InputLayer"
    ]


def _strongest_channel(name: str, values: NDArray[np.float32]) -> StrongestChannel:
    means = mean_activations(values)
    channel = int(means.argmax())
    # A copy, so that the other channels of the layer are not kept alive by a view.
    return StrongestChannel(name, channel, float(means[channel]), values[..., channel].copy())


def _pooled_layer(model: keras.Model) -> str | None:
    """The layer whose maps global average pooling hands to the last dense layer, if any."""
    makers = {id(tensor): layer for layer in model.layers for tensor in _outputs(layer)}
    layer = makers.get(id(model.layers[-1].input))
    while layer is not None and type(layer).__name__ == "Dropout":
        layer = makers.get(id(layer.input))
    if layer is None or type(layer).__name__ != "GlobalAveragePooling2D":
        return None
    pooled = makers.get(id(layer.input))
    return None if pooled is None else str(pooled.name)
