"""Shipped networks as graphs of OpenVINO, as if they had come from another framework."""

from __future__ import annotations

from typing import Any

from app.core.backends.graph import Graph
from app.core.backends.openvino_cpu import load_openvino
from app.core.networks.network import Network
from model_training.importing.heatmap_layers import graph_heatmap_layer


def graph_of(network: Network, path: Any) -> Graph:
    """A Keras network from pixels to logits, written as OpenVINO IR and read again."""
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    logits = network.logits_model  # made before it is traced
    shape = (None, *network.model.input_shape[1:])
    function = tf.function(
        lambda pixels: logits(pixels, training=False)[1],
        input_signature=[tf.TensorSpec(shape, tf.float32)],
    )
    frozen = convert_variables_to_constants_v2(function.get_concrete_function())
    openvino = load_openvino()
    openvino.save_model(openvino.convert_model(frozen.graph), path, compress_to_fp16=False)
    model = openvino.Core().read_model(path)
    return Graph(model, graph_heatmap_layer(model))
