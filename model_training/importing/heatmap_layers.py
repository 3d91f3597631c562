"""Chooses the layer of an imported network that heatmaps are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.core.backends.graph_parts import ancestors, bypassed, map_shape
from app.core.networks.network import Network
from model_training.importing.scaling import BLUE_FIRST, CAFFE
from model_training.importing.special_layers import ATTENTION

if TYPE_CHECKING:
    import keras

# A map of what was just computed, but smaller; the layer before it shows more.
_ONLY_SMALLER = ("AveragePooling2D", "MaxPooling2D", "ZeroPadding2D", "Cropping2D")
# The same in a graph of OpenVINO, and what changes the order of axes or the type of numbers only.
_NOTHING_NEW = ("AvgPool", "Convert", "MaxPool", "Pad", "StridedSlice", "Transpose")
# After several attentions, a map is no longer one of the places that an answer comes from.
_MOST_ATTENTIONS = 1
# A head of more nodes is no head: running it for each channel would take longer than the network.
_MOST_NODES = 80


def heatmap_layer(model: keras.Model) -> str | None:
    """The last layer with a map that all paths to the output go through; None without one.

    That is what Grad-CAM is made of: as near to the answer as possible, and still with places.

    Args:
        model: A flat functional network.

    Reference:
        - Selvaraju et al., Grad-CAM (ICCV 2017), https://arxiv.org/abs/1610.02391
    """
    for layer in reversed(model.layers[1:]):
        shape = layer.output.shape
        if len(shape) != 4 or shape[1] * shape[2] < 2:
            continue
        if type(layer).__name__ in _ONLY_SMALLER or not _learned_before(model, layer):
            continue
        try:
            head = Network(model, layer.name).head
        except ValueError:  # another path goes around it
            continue
        attentions = [one for one in head.layers if type(one).__name__ in ATTENTION]
        return str(layer.name) if len(attentions) <= _MOST_ATTENTIONS else None
    return None


def graph_heatmap_layer(model: Any) -> str:
    """The same of a graph of OpenVINO, as the name of a node; empty without one.

    Args:
        model: An `openvino.Model` with one output.
    """
    last = model.output(0).get_node()
    for node in reversed(model.get_ordered_ops()):
        rows, columns, _ = map_shape(node)
        if node.get_type_name() in _NOTHING_NEW or rows * columns < 2:
            continue
        if not _has_convolved(node) or bypassed(model, node):
            continue
        after = [one for one in ancestors(last, without=node) if one.get_input_size()]
        return str(node.get_friendly_name()) if len(after) <= _MOST_NODES else ""
    return ""


def _has_convolved(node: Any) -> bool:
    convolutions = (one for one in ancestors(node) if "Convolution" in one.get_type_name())
    return any(one.get_friendly_name() not in (BLUE_FIRST, CAFFE) for one in convolutions)


def _learned_before(model: keras.Model, layer: keras.layers.Layer) -> bool:
    """Whether a map has been through a convolution, so that its channels mean something."""
    before = model.layers[: model.layers.index(layer) + 1]
    kinds = {type(one).__name__ for one in before if one.name not in (BLUE_FIRST, CAFFE)}
    return any(kind.endswith(("Conv2D", "Conv2DTranspose")) for kind in kinds)
