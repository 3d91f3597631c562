"""A Keras network as a graph of OpenVINO: without a layer for heatmaps, or of many classes."""

from __future__ import annotations

import contextlib
import io
from typing import TYPE_CHECKING

import numpy as np

from app.core.backends.graph import Graph
from app.core.backends.openvino_cpu import load_openvino
from app.core.backends.running import logits_function
from app.core.networks.network import logits_of
from model_training.importing.graph_ending import read_again
from model_training.importing.heatmap_layers import graph_heatmap_layer
from model_training.importing.refusal import NotImportedError

if TYPE_CHECKING:
    import keras

# Largest accepted difference of a logit, in proportion to the largest one.
_TOLERANCE = 1e-4


def graph_of(model: keras.Model, *, has_map: bool) -> Graph:
    """The graph of a network, from raw pixels to logits.

    Args:
        model: A flat functional network.
        has_map: Whether heatmaps are made of one of its layers.

    Raises:
        NotImportedError: If OpenVINO does not compute it, or not the same.
    """
    import keras
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import (
        convert_variables_to_constants_v2,
    )

    logits = keras.Model(model.input, logits_of(model))
    pixels = tf.TensorSpec((None, *model.input_shape[1:]), tf.float32, name="pixels")
    function = tf.function(lambda pixels: logits(pixels, training=False), autograph=False)
    frozen = convert_variables_to_constants_v2(function.get_concrete_function(pixels))
    films = np.random.default_rng(0).integers(0, 256, (2, *model.input_shape[1:]))
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            converted = load_openvino().convert_model(frozen.graph)
        read = read_again(converted)
        graph = Graph(read, graph_heatmap_layer(read) if has_map else "")
        found = logits_function(graph)(films.astype(np.float32))
    except RuntimeError as error:
        raise _not_computed(type(error).__name__) from None
    expected = np.asarray(logits(films.astype(np.float32), training=False))
    difference = np.abs(found - expected).max() / max(float(np.abs(expected).max()), 1.0)
    if difference > _TOLERANCE:
        raise _not_computed(f"its logits differ by {difference:.1g}")
    return graph


def _not_computed(why: str) -> NotImportedError:
    return NotImportedError(
        "A model of so many classes, or without a layer that heatmaps are made of, is to run in "
        f"OpenVINO, which cannot compute it ({why}). Export it as ONNX, and import that."
    )
