"""One film explained on request: any class, any method, any layer with maps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.core.bundles.bundle import Input
from app.core.explanations import class_activation, perturbation
from app.core.explanations.logits import ClassLogit, Logits, LogitsOf, Progress
from app.core.explanations.methods import METHODS, Method, MethodKey
from app.core.images.decoding import Film
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
    """Where the evidence for one class lies on a film.

    Attributes:
        method: How it was found; the evidence is in its unit.
        class_index: Position of the explained class in the task.
        layer: The layer whose maps were read; None for methods that read none.
        evidence: float32 `(rows, columns)` over the whole film, padding removed; positive where
            the film speaks for the class. Its scale is the same for every film, but another for
            every method, network and layer.
    """

    method: Method
    class_index: int
    layer: str | None
    evidence: NDArray[np.float32]


class Explainer:
    """A network made ready to explain films. Safe to share between threads."""

    def __init__(
        self, network: Network, network_input: Input, *, logits_of: LogitsOf | None = None
    ) -> None:
        """Compiles nothing yet.

        Args:
            network: The network; nothing of it is changed.
            network_input: How a film is brought to it.
            logits_of: A faster way to its logits, for Score-CAM and occlusion; by default they
                are computed in Keras. The other methods need gradients and do not use it.
        """
        self._network = network
        self._input = network_input
        self._logits = Logits(network, logits_of)

    @property
    def layers(self) -> list[str]:
        """The layers that may be read, from the film to the decision.

        Those before the first convolution show the film itself and are left out.
        """
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
        """Explains the logit of one class for one film.

        Args:
            film: The decoded film.
            method: One of `METHODS`.
            class_index: Position of the class in the task.
            layer: One of `layers`, by default the heatmap layer; methods that read no layer
                ignore it.
            progress: Called with the number of passes done and of all; it may raise to cancel.

        Raises:
            ValueError: If there is no such method, layer or class.
        """
        if method not in METHODS:
            raise ValueError(
                f"`method` must be one of the methods there are. Received {method!r}, expected "
                f"one of {list(METHODS)}."
            )
        logit = ClassLogit(self._logits, class_index)
        pixels = to_input(film, self._input)
        read = None
        if method == "smooth_grad":
            evidence = perturbation.smooth_grad(logit, pixels, progress=progress)
        elif method == "occlusion":
            evidence = perturbation.occlusion(logit, pixels, progress=progress)
        else:
            read = self._checked(layer or self._network.heatmap_layer)
            evidence = _from_layer(logit, pixels, method, read, progress)
        rows, columns = film.pixels.shape[:2]
        evidence = heatmaps.without_padding(evidence, (rows, columns), self._input)
        return Explanation(METHODS[method], class_index, read, evidence)

    def _checked(self, layer: str) -> str:
        if layer not in self.layers:
            known = any(found.name == layer for found in self._network.model.layers)
            found = "has no maps of what the network finds" if known else "the network has not"
            raise ValueError(
                f"`layer` must be a layer with maps. Received {layer!r}, which {found}; expected "
                f"one of {self.layers}."
            )
        return layer


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
