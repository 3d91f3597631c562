"""Chooses the layers of a network whose features tell a familiar image from a foreign one."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from app.core.backends.graph import Graph
from app.core.backends.graph_parts import map_shape, node_named
from app.core.backends.running import AnyNetwork, input_shape_of
from app.core.bundles.reference_section import PIXELS, FeatureLayer
from app.core.networks.feature_pooling import tapped_tensors

if TYPE_CHECKING:
    import keras

# Cells of a side for the input: coarse enough that anatomy, not noise, is compared.
_PIXEL_CELLS = 12
# The middle layer has about this many pixels of the input to a place of its map: deep enough to
# know textures and shapes, and not so deep that only what tells the classes apart is left.
_MIDDLE_STRIDE = 7
# Most features of the middle layer, so that the reference stays small beside the network.
_MIDDLE_FEATURES = 1_100
# How the middle layer may be pooled, from the most to the fewest features.
_MIDDLE_POOLING = ((2, True), (2, False), (1, True))
# Layers of Keras whose values are those of others, elsewhere.
_REARRANGING = ("Concatenate", "UpSampling2D", "ZeroPadding2D")
# The name of a layer, and rows, columns and channels of its map.
_Found = tuple[str, tuple[int, ...]]
_NO_MAP = (0, 0, 0)


def default_layers(network: AnyNetwork) -> tuple[FeatureLayer, ...]:
    """The layers whose features are compared, see `layers_by_depth`."""
    return tuple(layer for layers in layers_by_depth(network) for layer in layers)


def layers_by_depth(network: AnyNetwork) -> tuple[tuple[FeatureLayer, ...], ...]:
    """The layers whose features are compared: the input, one in the middle, and the heatmap's.

    The input finds films that are turned, cropped or framed, the middle layer foreign kinds of
    image, and the last one what is nearest to the model's own question. This holds for any flat
    graph, nothing in it is chosen for one network or one kind of image. Of an ensemble, whose
    members stand side by side, the first one has the middle layer, and the last maps of each
    stand for the heatmap's.

    Args:
        network: A flat functional network and its heatmap layer, or a graph, which may have none.

    Returns:
        For each depth of the network its layers, which together count as much as those of another.
    """
    rows, columns, channels = input_shape_of(network)
    side = min(rows, columns)
    grid = min(_PIXEL_CELLS, side)
    first = FeatureLayer(layer=PIXELS, grid=grid) if channels in (1, 3) else None
    if isinstance(network, Graph):
        found = _middle_node(network, side)
        last = [network.heatmap_layer] if network.heatmap_layer else []
    else:
        found = _middle_layer(network.model, network.heatmap_layer, side)
        last = _before_enlarging(network.model, network.heatmap_layer)
    depths = (
        (first,) if first else (),
        (_pooled(*found),) if found else (),
        tuple(FeatureLayer(layer=name) for name in last),
    )
    return tuple(layers for layers in depths if layers)


def _before_enlarging(model: keras.Model, name: str) -> list[str]:
    """The layers whose maps a map is made of, if they were enlarged for that; else itself.

    Their means are those of the whole map but for a factor. Those of an ensemble of networks with
    inputs of several sizes have a tenth of its places.
    """
    layer = model.get_layer(name)
    found = _made_of(layer)
    smallest = min(math.prod(one.output.shape[1:3]) for one in found)
    is_enlarged = smallest < math.prod(layer.output.shape[1:3])
    return [str(one.name) for one in found] if is_enlarged else [name]


def _made_of(layer: keras.Layer) -> list[keras.Layer]:
    """The layers whose maps a map holds, in its order."""
    if type(layer).__name__ not in _REARRANGING:
        return [layer]
    inputs = layer.input if isinstance(layer.input, list) else [layer.input]
    # Keras has the layer that made a tensor in its history.
    return [one for tensor in inputs for one in _made_of(tensor._keras_history.operation)]


def num_channels(network: AnyNetwork, layer: FeatureLayer) -> int:
    """How many channels the map of a layer has.

    Args:
        network: The network.
        layer: One of its layers, or the input.

    Raises:
        ValueError: If it cannot be pooled as it says, see `feature_pooling`.
    """
    if layer.layer == PIXELS:
        return input_shape_of(network)[2]
    if isinstance(network, Graph):
        return map_shape(node_named(network.model, layer.layer))[2]
    return int(tapped_tensors(network.model, [layer])[0].shape[-1])


def _middle_node(graph: Graph, side: int) -> _Found | None:
    """The same as `_middle_layer`, of a graph."""
    for node in graph.model.get_ordered_ops():
        name = str(node.get_friendly_name())
        if name == graph.heatmap_layer:
            return None
        shape = map_shape(node)
        if shape != _NO_MAP and min(shape[:2]) * _MIDDLE_STRIDE <= side:
            return name, shape
    return None


def _middle_layer(model: keras.Model, heatmap_layer: str, side: int) -> _Found | None:
    """The first layer of at least the middle stride; None if that is the heatmap's, or none."""
    for layer in model.layers[1:]:
        if layer.name == heatmap_layer:
            return None
        shape = getattr(layer.output, "shape", ())
        if len(shape) == 4 and min(shape[1:3]) * _MIDDLE_STRIDE <= side:
            return str(layer.name), tuple(map(int, shape[1:]))
    return None


def _pooled(name: str, shape: tuple[int, ...]) -> FeatureLayer:
    rows, columns, channels = shape
    for grid, spread in _MIDDLE_POOLING:
        size = grid**2 * channels * (2 if spread else 1)
        if size <= _MIDDLE_FEATURES and grid <= min(rows, columns):
            return FeatureLayer(layer=name, grid=grid, spread=spread)
    return FeatureLayer(layer=name)
