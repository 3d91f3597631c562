"""Merges several networks of one architecture into one flat network."""

from __future__ import annotations

from collections.abc import Sequence

import keras
from keras import layers, tree

from app.core.networks.network import Network
from model_training.networks.blocks import PREDICTIONS_LAYER, Tensor

FEATURES = "ensemble_features"


def merge(networks: Sequence[Network]) -> Network:
    """Builds a network whose logit is the mean of its members' logits.

    The members run side by side on the same pixels. Their heatmap layers are concatenated along
    the channels into one, so that a single Grad-CAM explains all of them; each head then uses
    its own channels again. Layer names are prefixed with the number of the member.

    Args:
        networks: At least two networks of one preset, made of plain layers, ending in
            `predictions`, with all paths through the heatmap layer.

    Returns:
        The merged network with copies of the members' weights.

    Raises:
        ValueError: If there are fewer than two, or they differ in shape.
    """
    _require_alike(networks)
    pixels = keras.Input(networks[0].model.input_shape[1:], name="pixels")
    members = [_Member(network, prefix=f"m{n}") for n, network in enumerate(networks, start=1)]
    features = layers.Concatenate(name=FEATURES)([member.body(pixels) for member in members])
    width = features.shape[-1] // len(members)
    logits = [
        member.head(features[..., number * width : (number + 1) * width])
        for number, member in enumerate(members)
    ]
    mean = layers.Average(name="mean_logit")(logits)
    activation = networks[0].model.get_layer(PREDICTIONS_LAYER).activation
    output = layers.Activation(activation, dtype="float32", name=PREDICTIONS_LAYER)(mean)
    merged = keras.Model(pixels, output, name="ensemble")
    for member in members:
        member.copy_weights()
    return Network(merged, FEATURES)


class _Member:
    """One network, rebuilt with layers of its own."""

    def __init__(self, network: Network, *, prefix: str) -> None:
        self._prefix = prefix
        names = [layer.name for layer in network.model.layers]
        cut = names.index(network.heatmap_layer) + 1
        self._before = network.model.layers[1:cut]  # without the input
        self._after = network.model.layers[cut:]
        self._copies: list[tuple[keras.layers.Layer, keras.layers.Layer]] = []
        self._input = network.model.input
        self._features = network.model.get_layer(network.heatmap_layer).output

    def body(self, pixels: Tensor) -> Tensor:
        """From pixels to the features of the heatmap layer."""
        return self._replay(self._before, self._input, pixels)

    def head(self, features: Tensor) -> Tensor:
        """From the features of the heatmap layer to the logits."""
        return self._replay(self._after, self._features, features)

    def copy_weights(self) -> None:
        """Copies the weights of the original layers."""
        for layer, copy in self._copies:
            copy.set_weights(layer.get_weights())

    def _replay(self, sequence: list[keras.layers.Layer], start: Tensor, given: Tensor) -> Tensor:
        """Applies copies of the layers to `given`, as they were applied to `start`."""
        replayed = {id(start): given}
        for layer in sequence:
            inputs = tree.map_structure(lambda tensor: replayed[id(tensor)], layer.input)
            replayed[id(layer.output)] = given = self._copied(layer)(inputs)
        return given

    def _copied(self, layer: keras.layers.Layer) -> keras.layers.Layer:
        """A new layer of the same configuration; the predictions without their activation."""
        config = layer.get_config() | {"name": f"{self._prefix}_{layer.name}"}
        if layer.name == PREDICTIONS_LAYER:
            config["activation"] = "linear"
        copy = type(layer).from_config(config)
        self._copies.append((layer, copy))
        return copy


def _require_alike(networks: Sequence[Network]) -> None:
    if len(networks) < 2:
        raise ValueError(f"An ensemble needs at least 2 networks. Received {len(networks)}.")
    shapes = {
        (network.model.input_shape, network.model.output_shape, network.heatmap_layer)
        for network in networks
    }
    if len(shapes) > 1:
        raise ValueError(
            "The networks of an ensemble must have the same input, outputs and heatmap layer. "
            f"Received {sorted(map(str, shapes))}."
        )
