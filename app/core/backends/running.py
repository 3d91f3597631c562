"""Runs any network, of Keras or not, without a bundle around it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from app.core.backends.graph import Graph
from app.core.backends.graph_backend import GraphBackend
from app.core.backends.scores import Scores
from app.core.bundles.reference_section import FeatureLayer
from app.core.networks.feature_pooling import feature_function
from app.core.networks.network import Network

AnyNetwork = Network | Graph
_Pixels = NDArray[np.float32]  # `(batch, height, width, channels)` in [0, 255], grey or RGB


def logits_function(network: AnyNetwork) -> Callable[[_Pixels], NDArray[np.float32]]:
    """A function from pixels to logits, float32 `(batch, num_logits)`.

    Args:
        network: The network.
    """
    if isinstance(network, Graph):
        run = GraphBackend(Graph(network.model, ""), workers=1).run
        return lambda pixels: run(pixels).logits
    model = network.logits_model
    return lambda pixels: np.asarray(model(pixels, training=False)[1])


def scores_function(network: AnyNetwork) -> Callable[[_Pixels], Scores]:
    """A function from pixels to logits and heatmaps.

    Args:
        network: The network.
    """
    if isinstance(network, Graph):
        return GraphBackend(network, workers=1).run
    from app.core.backends.scoring_graph import scoring_function

    function = scoring_function(network)
    return lambda pixels: Scores(*map(np.asarray, function(pixels)))


def features_function(
    network: AnyNetwork, layers: Sequence[FeatureLayer]
) -> Callable[[_Pixels], NDArray[np.float32]]:
    """A function from pixels to pooled features, float32 `(batch, num_features)`.

    Args:
        network: The network.
        layers: What to pool, at least one.

    Raises:
        ValueError: If a layer cannot be pooled as it says, see `feature_pooling`.
    """
    if isinstance(network, Graph):
        run = GraphBackend(Graph(network.model, ""), layers, workers=1).run
        return lambda pixels: np.asarray(run(pixels).features)
    function = feature_function(network.model, layers)
    return lambda pixels: np.asarray(function(pixels), np.float32)


def input_shape_of(network: AnyNetwork) -> tuple[int, int, int]:
    """Height, width and channels of a network's input.

    Args:
        network: The network.
    """
    if isinstance(network, Graph):
        return network.input_shape
    height, width, channels = network.model.input_shape[1:]
    return int(height), int(width), int(channels)


def num_parameters_of(network: AnyNetwork) -> int:
    """How many numbers a network has learned.

    Args:
        network: The network.
    """
    if isinstance(network, Graph):
        return network.num_parameters
    return int(network.model.count_params())
