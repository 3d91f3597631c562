"""Explanations on request: one film, any class, method or layer with feature maps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.core.backends.graph import Graph
from app.core.backends.graph_parts import node_named
from app.core.bundles.network_input import Input
from app.core.explanations import class_activation, perturbation
from app.core.explanations.graph_logits import GraphLogits
from app.core.explanations.logits import ClassLogit, ExplainedLogits, Logits, LogitsOf, Progress
from app.core.explanations.methods import METHODS, Method, MethodKey
from app.core.explanations.rise import rise
from app.core.images.film import Film
from app.core.images.preparation import to_input
from app.core.networks import activations
from app.core.networks.network import Network
from app.core.rendering import heatmaps

_FROM_GRADIENT = {
    "grad_cam": class_activation.grad_cam,
    "grad_cam_plus_plus": class_activation.grad_cam_plus_plus,
    "hires_cam": class_activation.hires_cam,
    "layer_cam": class_activation.layer_cam,
}


@dataclass(frozen=True, slots=True)
class Explanation:
    """An evidence map: how strongly each region of a film supports one class.

    Attributes:
        method: The method that computed it; it determines the unit of the evidence.
        class_index: Position of the explained class in the task.
        layer: The layer whose feature maps were used; None for methods that use none.
        evidence: float32 `(rows, columns)` covering the whole film, padding removed; positive
            where the film supports the class. The scale is the same for all films, but differs
            between methods, networks and layers.
    """

    method: Method
    class_index: int
    layer: str | None
    evidence: NDArray[np.float32]


class Explainer:
    """Computes explanations with one network. Thread-safe."""

    def __init__(
        self,
        network: Network | Graph,
        network_input: Input,
        *,
        logits_of: LogitsOf | None = None,
    ) -> None:
        """Stores the network; nothing is compiled until it is needed.

        Args:
            network: The network to explain. It is not modified.
            network_input: Size and fit of the network's input.
            logits_of: A faster way to compute the logits, used by Score-CAM, occlusion and RISE;
                None computes them in Keras. The other methods need gradients and always use
                Keras. A graph needs none.
        """
        self._network = network
        self._input = network_input
        self._logits: ExplainedLogits = (
            GraphLogits(network) if isinstance(network, Graph) else Logits(network, logits_of)
        )

    @property
    def layers(self) -> list[str]:
        """Names of the layers that can be explained, from input to output.

        Layers before the first convolution only repeat the film and are left out. Of a graph it is
        its heatmap layer alone.
        """
        if isinstance(self._network, Graph):
            return [self._network.heatmap_layer] if self._network.heatmap_layer else []
        model = self._network.model
        convolves = ["Conv" in type(layer).__name__ for layer in model.layers]
        first = convolves.index(True) if True in convolves else len(convolves)
        return [info.name for info in activations.layers(model)[first:] if info.form == "maps"]

    def explain(
        self,
        film: Film,
        *,
        method: MethodKey,
        class_index: int,
        layer: str | None = None,
        progress: Progress | None = None,
    ) -> Explanation:
        """Explains one class's logit for one film.

        Args:
            film: The decoded film, at any size.
            method: A key of `METHODS`.
            class_index: Position of the class in the task.
            layer: A name from `layers`; None uses the bundle's heatmap layer. Ignored by methods
                that use no layer.
            progress: Called with the number of passes done and the total; may raise to cancel.

        Returns:
            The evidence map, with its method, class and layer.

        Raises:
            ValueError: If the method, the layer or the class does not exist.

        Example:
            >>> from pathlib import Path
            >>> from app.core.bundles.bundle import load_bundle
            >>> from app.core.images.decoding import decode
            >>> from app.core.networks.network import load_network
            >>> bundle = load_bundle(Path("models/phantom-chest"))
            >>> film = decode(bundle.samples[0].read_bytes())
            >>> explainer = Explainer(load_network(bundle), bundle.manifest.input)
            >>> explainer.explain(film, method="hires_cam", class_index=1).evidence.ndim
            2
        """
        if method not in METHODS:
            raise ValueError(f"`method` must be one of {list(METHODS)}. Received {method!r}.")
        logit = ClassLogit(self._logits, class_index)
        pixels = to_input(film, self._input)
        read = None
        if method == "smooth_grad":
            evidence = perturbation.smooth_grad(logit, pixels, progress=progress)
        elif method == "occlusion":
            evidence = perturbation.occlusion(logit, pixels, progress=progress)
        elif method == "rise":
            evidence = rise(logit, pixels, progress=progress)
        else:
            read = self._checked(layer or self._network.heatmap_layer)
            evidence = _from_layer(logit, pixels, method, read, progress)
        rows, columns = film.pixels.shape[:2]
        evidence = heatmaps.without_padding(evidence, (rows, columns), self._input)
        return Explanation(METHODS[method], class_index, read, evidence)

    def _checked(self, layer: str) -> str:
        if layer not in self.layers:
            found = "has no feature maps after a convolution"
            if not self._has(layer):
                found = "does not exist"
            raise ValueError(
                f"`layer` must be one of {self.layers}. Received {layer!r}, which {found}."
            )
        return layer

    def _has(self, layer: str) -> bool:
        if isinstance(self._network, Graph):
            return node_named(self._network.model, layer) is not None
        return any(found.name == layer for found in self._network.model.layers)


def _from_layer(
    logit: ClassLogit,
    pixels: NDArray[np.uint8],
    method: MethodKey,
    layer: str,
    progress: Progress | None,
) -> NDArray[np.float32]:
    features, gradient = logit.features_and_gradient(pixels, layer)
    if method == "score_cam":
        baseline = class_activation.blurred(pixels)
        return class_activation.score_cam(
            logit, pixels, features, baseline=baseline, progress=progress
        )
    if progress is not None:
        progress(1, 1)
    return _FROM_GRADIENT[method](features, gradient)
