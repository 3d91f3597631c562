"""Scores with a network that is not Keras, as it is, in OpenVINO on the CPU."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version

import numpy as np
from numpy.typing import NDArray

from app.core.backends.graph import Graph
from app.core.backends.graph_parts import with_taps
from app.core.backends.nudging import Head
from app.core.backends.openvino_cpu import compile_for_cpu
from app.core.backends.scores import Scores
from app.core.bundles.reference_section import PIXELS, FeatureLayer
from app.core.networks.pooled_arrays import pooled_arrays


class GraphBackend:
    """A graph on the CPU; concurrent calls use one core each."""

    def __init__(self, graph: Graph, layers: Sequence[FeatureLayer] = (), *, workers: int) -> None:
        """Compiles the graph and runs it once, see `OpenVinoBackend`.

        Args:
            graph: The network.
            layers: Layers whose pooled features are returned as well.
            workers: Number of threads that will call `run` concurrently.
        """
        self._layers = tuple(layers)
        self._head = Head(graph.model, graph.heatmap_layer) if graph.heatmap_layer else None
        maps = [graph.heatmap_layer] if graph.heatmap_layer else []
        taps = [one.layer for one in self._layers if one.layer != PIXELS]
        self._takes_batches = graph.takes_batches
        self._compiled = compile_for_cpu(with_taps(graph.model, maps + taps), streams=workers)
        self.num_logits = graph.num_logits
        self.description = f"OpenVINO {version('openvino')}, CPU, float32"
        self.run(np.zeros((1, *graph.input_shape), np.float32))

    def run(self, pixels: NDArray[np.float32]) -> Scores:
        """See `Backend.run`."""
        size = len(pixels) if self._takes_batches else 1
        parts = [self._infer(pixels[at : at + size]) for at in range(0, len(pixels), size)]
        logits, *maps = (np.concatenate(one) for one in zip(*parts, strict=True))
        evidence = None if self._head is None else self._head.evidence(maps.pop(0))
        if not self._layers:
            return Scores(logits, evidence)
        taps = iter(maps)
        tapped = [pixels if one.layer == PIXELS else next(taps) for one in self._layers]
        return Scores(logits, evidence, pooled_arrays(tapped, self._layers))

    def _infer(self, pixels: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        output = self._compiled.create_infer_request().infer(np.ascontiguousarray(pixels))
        return [np.array(values) for values in output.values()]
