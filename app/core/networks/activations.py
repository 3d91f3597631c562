"""What each layer of a network computes for one film.

Arrays are float32 without a batch axis: feature maps are `(rows, columns, channels)`, vectors
`(units,)`. The mean activation of a channel is the mean over its whole feature map.
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
        sentence: What its values show.
        activation: Name of its activation function; empty if it has none.
        shapes: Shape of each output without the batch axis; most layers have one output.
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
        """Which network of an ensemble it belongs to, from 1; None for layers they share."""
        return member_of(self.name)

    @property
    def shape(self) -> Shape:
        """Shape of the first output, the one that is displayed."""
        return self.shapes[0]

    @property
    def form(self) -> Form:
        """How its values are displayed: `maps` on the film, a `vector`, or a `table`."""
        if len(self.shape) == 3 and self.shape[:2] != (1, 1):
            return "maps"
        return "vector" if len(self.shape) in (0, 1, 3) else "table"


@dataclass(frozen=True, slots=True)
class StrongestChannel:
    """The channel of a layer with the highest mean activation.

    Attributes:
        layer: Name of the layer.
        channel: Index of the channel, from 0.
        mean: Its mean activation.
        values: Its feature map, float32 `(rows, columns)`.
    """

    layer: str
    channel: int
    mean: float
    values: NDArray[np.float32]


def member_of(name: str) -> int | None:
    """The network of an ensemble that a layer belongs to, such as 2 for `m2_conv1`; else None."""
    found = re.match(r"m(\d+)_", name)
    return int(found[1]) if found else None


def layers(model: keras.Model) -> list[LayerInfo]:
    """The layers of a model, from input to output."""
    last = model.layers[-1]
    return [_info(layer, is_output=layer is last) for layer in model.layers]


def layer_output(network: Network, pixels: NDArray[np.uint8], name: str) -> NDArray[np.float32]:
    """The output of a layer for one film.

    Args:
        network: The network. It is not modified.
        pixels: The film at the network's input size, uint8 `(height, width, channels)` in
            [0, 255], grey or RGB.
        name: Name of the layer.

    Returns:
        float32 `(rows, columns, channels)` for feature maps, `(units,)` for a vector, and
        `(rows, columns)` for a table, such as the tokens and features of a transformer.

    Raises:
        ValueError: If the network has no such layer.
    """
    layer = next((layer for layer in network.model.layers if layer.name == name), None)
    if layer is None:
        raise ValueError(
            f"`name` must be one of {[layer.name for layer in network.model.layers]}. "
            f"Received {name!r}."
        )
    values = evaluate_tensors(network.model, [_first_output(layer)], pixels)[0]
    return _reshaped(values, _info(layer, is_output=False).form)


def strongest_channels(network: Network, pixels: NDArray[np.uint8]) -> list[StrongestChannel]:
    """The strongest channel of each layer with feature maps, in network order.

    All layers are computed in one pass, and one feature map per layer is returned. Layers before
    the first convolution only repeat the film and are left out.

    Args:
        network: The network. It is not modified.
        pixels: The film at the network's input size, uint8 `(height, width, channels)` in
            [0, 255], grey or RGB.
    """
    mapped = layers_with_maps(network.model)
    if not mapped:
        return []
    outputs = evaluate_tensors(network.model, [_first_output(layer) for layer in mapped], pixels)
    return [
        _strongest_channel(layer.name, values)
        for layer, values in zip(mapped, outputs, strict=True)
    ]


def mean_activations(values: NDArray[np.float32]) -> NDArray[np.float64]:
    """Mean of each channel over its feature map: `(rows, columns, channels)` -> `(channels,)`."""
    return np.asarray(values.mean(axis=(0, 1), dtype=np.float64))


def by_strength(values: NDArray[np.float32]) -> list[int]:
    """Indices of channels or units by descending mean activation, ties in index order.

    Args:
        values: Feature maps `(rows, columns, channels)` or a vector `(units,)`.
    """
    means = mean_activations(values) if values.ndim == 3 else values
    return [int(index) for index in np.argsort(-means, kind="stable")]


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
        shapes=tuple(tuple(tensor.shape[1:]) for tensor in output_tensors(layer)),
        parameters=layer.count_params(),
    )


def output_tensors(layer: Any) -> list[Any]:
    """The symbolic outputs of a layer; attention and recurrent layers may have several."""
    import keras

    tensors: list[Any] = keras.tree.flatten(layer.output)
    return tensors


def _first_output(layer: Any) -> Any:
    return output_tensors(layer)[0]


def evaluate_tensors(
    model: keras.Model, tensors: list[Any], pixels: NDArray[np.uint8]
) -> list[NDArray[np.float32]]:
    """Values of symbolic tensors for one film, without the batch axis.

    Args:
        model: The network. It is not modified.
        tensors: Symbolic tensors of its graph.
        pixels: The film at the network's input size, uint8 `(height, width, channels)` in
            [0, 255].

    Returns:
        float32, one array per tensor, in its shape without the batch axis.
    """
    import keras

    cut = keras.Model(model.input, tensors)
    batch = np.asarray(pixels, np.float32)[np.newaxis]
    # Keras unwraps a list of one output, so the result may be a single tensor.
    outputs = keras.tree.flatten(cut(batch, training=False))
    return [np.asarray(values, np.float32)[0] for values in outputs]


def _reshaped(values: NDArray[np.float32], form: Form) -> NDArray[np.float32]:
    if form == "maps":
        return values
    if form == "vector":
        return values.reshape(-1)
    return values.reshape(-1, values.shape[-1])


def layers_with_maps(model: keras.Model) -> list[Any]:
    """Keras layers with feature maps, in network order, from the first convolution on."""
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
    # Copied, because a view would keep all channels of the layer in memory.
    return StrongestChannel(name, channel, float(means[channel]), values[..., channel].copy())
