"""Networks that are not Keras: a graph that OpenVINO reads and runs as it is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from app.core.backends.graph_parts import bypassed, channel_axis, is_for_one, node_named
from app.core.backends.openvino_cpu import read_model
from app.core.bundles.bundle import Bundle
from app.core.bundles.bundle_files import GRAPH
from app.core.bundles.reference_section import PIXELS
from app.core.errors import BundleError


@dataclass(frozen=True, eq=False)
class Graph:
    """A network from raw pixels to logits. It is never modified: parts are made of copies.

    Attributes:
        model: An `openvino.Model` with one input, float32 `(batch, height, width, channels)` in
            [0, 255], grey or RGB, and one output, float32 `(batch, num_logits)`. The batch may be
            fixed to 1.
        heatmap_layer: Name of the node that heatmaps are computed from; empty if no node has a
            map that all paths go through.
    """

    model: Any
    heatmap_layer: str

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """Height, width and channels."""
        height, width, channels = (
            int(size.get_length()) for size in list(self.model.input(0).partial_shape)[1:]
        )
        return height, width, channels

    @property
    def num_logits(self) -> int:
        """Number of logits; 1 for a single sigmoid."""
        return int(self.model.output(0).partial_shape[1].get_length())

    @property
    def takes_batches(self) -> bool:
        """Whether it takes several images at once."""
        return bool(self.model.input(0).partial_shape[0].is_dynamic)

    @cached_property
    def num_parameters(self) -> int:
        """How many numbers it has learned, and others that are part of it."""
        return sum(int(node.data.size) for node in _constants(self.model))

    @property
    def has_nan(self) -> bool:
        """Whether a weight is NaN, which need not show: some take it for zero. Infinity masks."""
        return any(bool(np.isnan(node.data).any()) for node in _constants(self.model))


def load_graph(bundle: Bundle) -> Graph:
    """Reads a bundle's graph and checks it against its manifest.

    Raises:
        BundleError: If the file cannot be read, a weight is NaN, or the input, classes, heatmap
            layer or the layers of its reference differ from the manifest.
    """
    try:
        model = read_model(bundle.path / GRAPH)
    except RuntimeError as error:
        raise BundleError(
            f"{GRAPH} of the bundle {bundle.name!r} cannot be read ({type(error).__name__}). "
            "Import the model again."
        ) from None
    graph = Graph(model, bundle.manifest.heatmap.layer)
    _check(graph, bundle)
    return graph


def _check(graph: Graph, bundle: Bundle) -> None:
    task, size = bundle.manifest.task, bundle.manifest.input
    inputs, outputs = len(graph.model.inputs), len(graph.model.outputs)
    if (inputs, outputs) != (1, 1):
        raise _misfit(bundle, f"has {inputs} inputs and {outputs} outputs", "one of each")
    expected = (size.height, size.width, size.channels)
    shapes = [graph.model.input(0).partial_shape, graph.model.output(0).partial_shape]
    if [len(shape) for shape in shapes] != [4, 2] or any(
        one.is_dynamic for shape in shapes for one in list(shape)[1:]
    ):
        raise _misfit(bundle, f"takes {shapes[0]} and gives {shapes[1]}", "fixed sizes")
    if graph.input_shape != expected:
        raise _misfit(bundle, f"takes {graph.input_shape}", f"{expected}, as its manifest says")
    units = graph.num_logits
    if units != len(task.classes) and not (task.binary and units == 1):
        raise _misfit(bundle, f"has {units} outputs", f"{len(task.classes)} classes")
    if graph.takes_batches and is_for_one(graph.model):
        raise _misfit(bundle, "has shapes for one image and takes several", "either")
    if graph.has_nan:
        raise _misfit(bundle, "has weights that are NaN", "numbers")
    layers = [one.layer for one in bundle.manifest.feature_layers if one.layer != PIXELS]
    heatmap = [graph.heatmap_layer] if graph.heatmap_layer else []
    for name in (*heatmap, *layers):
        node = node_named(graph.model, name)
        if node is None or channel_axis(node) is None:
            raise _misfit(bundle, f"has no layer {name!r} with a map", "one, as its manifest says")
    if heatmap and bypassed(graph.model, node_named(graph.model, graph.heatmap_layer)):
        raise _misfit(bundle, f"has paths around {heatmap[0]!r}", "none around its heatmap layer")


def _misfit(bundle: Bundle, found: str, expected: str) -> BundleError:
    return BundleError(
        f"The network of {bundle.name!r} {found}; expected {expected}. Import the model again."
    )


def _constants(model: Any) -> list[Any]:
    """The nodes that hold weights, not shapes."""
    return [
        node
        for node in model.get_ordered_ops()
        if node.get_type_name() == "Constant" and node.get_element_type().is_real()
    ]
