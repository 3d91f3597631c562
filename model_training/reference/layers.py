"""Chooses the layers of a network whose features tell a familiar image from a foreign one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.core.bundles.reference_section import PIXELS, FeatureLayer
from app.core.networks.network import Network

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


def default_layers(network: Network) -> tuple[FeatureLayer, ...]:
    """The layers whose features are compared: the input, one in the middle, and the heatmap's.

    The input finds films that are turned, cropped or framed, the middle layer foreign kinds of
    image, and the last one what is nearest to the model's own question. This holds for any flat
    graph, nothing in it is chosen for one network or one kind of image. Of an ensemble, whose
    members stand side by side, the first one has the middle layer.

    Args:
        network: A flat functional network and its heatmap layer.
    """
    rows, columns, channels = network.model.input_shape[1:]
    side = min(rows, columns)
    grid = min(_PIXEL_CELLS, side)
    chosen = [FeatureLayer(layer=PIXELS, grid=grid)] if channels in (1, 3) else []
    middle = _middle_layer(network.model, network.heatmap_layer, side)
    if middle is not None:
        chosen.append(_pooled(middle))
    return (*chosen, FeatureLayer(layer=network.heatmap_layer))


def _middle_layer(model: keras.Model, heatmap_layer: str, side: int) -> keras.layers.Layer | None:
    """The first layer of at least the middle stride; None if that is the heatmap's, or none."""
    for layer in model.layers[1:]:
        if layer.name == heatmap_layer:
            return None
        shape = getattr(layer.output, "shape", ())
        if len(shape) == 4 and min(shape[1:3]) * _MIDDLE_STRIDE <= side:
            return layer
    return None


def _pooled(layer: keras.layers.Layer) -> FeatureLayer:
    rows, columns, channels = layer.output.shape[1:]
    for grid, spread in _MIDDLE_POOLING:
        size = grid**2 * channels * (2 if spread else 1)
        if size <= _MIDDLE_FEATURES and grid <= min(rows, columns):
            return FeatureLayer(layer=layer.name, grid=grid, spread=spread)
    return FeatureLayer(layer=layer.name)
