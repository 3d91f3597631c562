"""The logits of a graph of OpenVINO, for explanations on request."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from app.core.backends.graph import Graph
from app.core.backends.graph_parts import with_taps
from app.core.backends.nudging import Head
from app.core.backends.openvino_cpu import compile_for_cpu


class GraphLogits:
    """The logits of a graph as a function of the pixels, see `logits.Logits`. Thread-safe."""

    def __init__(self, graph: Graph) -> None:
        """Compiles the graph.

        Args:
            graph: The network. It is not modified.
        """
        self._graph = graph
        taps = [graph.heatmap_layer] if graph.heatmap_layer else []
        self._compiled = compile_for_cpu(with_taps(graph.model, taps), streams=1)

    @property
    def num_logits(self) -> int:
        """Number of logits; 1 for a single sigmoid."""
        return self._graph.num_logits

    def of(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """See `Logits.of`."""
        size = len(batch) if self._graph.takes_batches else 1
        parts = [self._run(batch[at : at + size])[0] for at in range(0, len(batch), size)]
        return np.concatenate(parts)

    def pixel_gradient(
        self, batch: NDArray[np.float32], class_weights: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """See `Logits.pixel_gradient`; nudging each pixel would take hours.

        Args:
            batch: Is not looked at, float32 `(batch, height, width, channels)` in [0, 255].
            class_weights: Nor is this, float32 `(num_logits,)`.

        Raises:
            ValueError: Always.
        """
        raise ValueError("A graph of OpenVINO has no gradient of each pixel.")

    def features_and_gradient(
        self, pixels: NDArray[np.uint8], layer: str, class_weights: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """See `Logits.features_and_gradient`.

        Args:
            pixels: uint8 `(height, width, channels)` in [0, 255], grey or RGB.
            layer: The heatmap layer; there is no other.
            class_weights: Weight of each logit in the sum, float32 `(num_logits,)`.
        """
        features = self._run(pixels[np.newaxis].astype(np.float32))[1][0]
        return features, self._head.gradient(features, class_weights)

    @cached_property
    def _head(self) -> Head:
        return Head(self._graph.model, self._graph.heatmap_layer)

    def _run(self, batch: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        output = self._compiled.create_infer_request().infer(np.ascontiguousarray(batch))
        return [np.array(values) for values in output.values()]
