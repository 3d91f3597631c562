"""The gradient of a head that is piecewise linear, such as dense layers, as a graph of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.core.backends.graph_parts import ancestors
from app.core.backends.openvino_cpu import load_openvino

# Of a node, the gradients behind it and which of its operands was computed: those before it.
_Rule = Callable[[Any, Any, int], Any]


def gradient_graph(head: Any) -> Any:
    """The gradient of each logit by each feature, by going back through a head from its logits.

    Args:
        head: An `openvino.Model` from the features of one image to its logits. It becomes a part
            of the result and is not to be used again.

    Returns:
        An `openvino.Model` from features `(1, …)` to gradients `(num_logits, …)`; None if the head
        does something else than what dense layers, rectifiers and pooling consist of.
    """
    openvino = load_openvino()
    start, num_logits = head.get_parameters()[0], int(head.output(0).partial_shape[1].get_length())
    start.set_partial_shape(openvino.PartialShape([1, *list(start.partial_shape)[1:]]))
    head.validate_nodes_and_infer_types()
    last = head.output(0).get_node().input_value(0).get_node()
    behind = {
        last.get_friendly_name(): openvino.opset13.constant(np.eye(num_logits, dtype=np.float32))
    }
    for node in reversed(head.get_ordered_ops()):
        gradient = behind.get(node.get_friendly_name())
        if gradient is None or node.get_type_name() == "Parameter":
            continue
        computed = _computed(node)
        rule = _RULES.get(node.get_type_name())
        if rule is None or len(computed) != 1 or not _is_of_one_image(node):
            return None
        before = node.input_value(computed[0]).get_node()
        found = rule(node, gradient, computed[0])
        if found is None or before.get_friendly_name() in behind:
            return None
        behind[before.get_friendly_name()] = found
    result = behind.get(start.get_friendly_name())
    return None if result is None else openvino.Model([result.output(0)], [start])


def _computed(node: Any) -> list[int]:
    """The operands that are computed from the features, not weights."""
    operands = (node.input_value(index).get_node() for index in range(node.get_input_size()))
    return [
        index
        for index, operand in enumerate(operands)
        if any(one.get_type_name() == "Parameter" for one in ancestors(operand))
    ]


def _is_of_one_image(node: Any) -> bool:
    """Whether all sizes are known, and the first is that of a batch of one."""
    shape = node.get_output_partial_shape(0)
    return bool(shape.is_static and len(shape) > 1 and shape[0].get_length() == 1)


def _like_operand(node: Any, gradient: Any, index: int) -> Any:
    """The same numbers in the shape of the operand."""
    sizes = [int(size) for size in node.input_value(index).get_shape()]
    return load_openvino().opset13.reshape(gradient, np.array([-1, *sizes[1:]]), False)


def _through_dense(node: Any, gradient: Any, index: int) -> Any:
    given, weights = node.get_attributes(), node.input_value(1)
    shape = weights.partial_shape
    if index != 0 or given["transpose_a"] or shape.is_dynamic or len(shape) != 2:
        return None
    if shape[0] == shape[1]:
        # OpenVINO 2026.4 takes square weights for their transpose where both are multiplied by.
        weights = _copy(weights.get_node())
    if weights is None:
        return None
    return load_openvino().opset13.matmul(gradient, weights, False, not given["transpose_b"])


def _copy(node: Any) -> NDArray[np.float32] | None:
    """The numbers of a constant, also of one that is kept in half precision."""
    if node.get_type_name() == "Convert":
        node = node.input_value(0).get_node()
    return np.array(node.data, np.float32) if node.get_type_name() == "Constant" else None


def _through_sum(node: Any, gradient: Any, index: int) -> Any:
    """Through a sum or difference with weights that are not larger than what is computed."""
    if list(node.get_output_shape(0)) != list(node.input_value(index).get_shape()):
        return None
    is_taken_away = node.get_type_name() == "Subtract" and index == 1
    return load_openvino().opset13.negative(gradient) if is_taken_away else gradient


def _through_product(node: Any, gradient: Any, index: int) -> Any:
    if list(node.get_output_shape(0)) != list(node.input_value(index).get_shape()):
        return None
    other = node.input_value(1 - index)
    ops = load_openvino().opset13
    if node.get_type_name() == "Divide":
        return ops.divide(gradient, other) if index == 0 else None
    return ops.multiply(gradient, other)


def _through_rectifier(node: Any, gradient: Any, index: int) -> Any:
    ops = load_openvino().opset13
    is_on = ops.convert(ops.greater(node.input_value(index), np.float32(0)), "f32")
    return ops.multiply(gradient, is_on)


def _through_transpose(node: Any, gradient: Any, index: int) -> Any:
    order = node.input_value(1).get_node()
    if order.get_type_name() != "Constant" or int(order.data[0]) != 0:
        return None
    return load_openvino().opset13.transpose(gradient, np.argsort(order.data))


def _through_maximum(node: Any, gradient: Any, index: int) -> Any:
    """Each maximum's gradient to where it was found; to the sum of them, if in several windows."""
    given, ops, before = node.get_attributes(), load_openvino().opset13, node.input_value(index)
    pooled = ops.max_pool(
        before,
        given["strides"],
        given.get("dilations", [1, 1]),
        given["pads_begin"],
        given["pads_end"],
        given["kernel"],
        given["rounding_type"],
        given["auto_pad"],
        "i64",
        0,
    )
    number = int(np.prod(before.get_shape()))
    num_logits = int(gradient.get_output_partial_shape(0)[0].get_length())
    places = ops.broadcast(
        ops.reshape(pooled.output(1), np.array([1, -1]), False),
        np.array([num_logits, int(np.prod(node.get_output_shape(0)))]),
    )
    found = ops.scatter_elements_update(
        np.zeros((num_logits, number), np.float32),
        places,
        ops.reshape(gradient, np.array([num_logits, -1]), False),
        1,
        "sum",
    )
    return _like_operand(node, found, index)


def _through_mean(node: Any, gradient: Any, index: int) -> Any:
    """A share of each mean's gradient to all places of its window, where none has two."""
    given, ops = node.get_attributes(), load_openvino().opset13
    (height, width), sizes = given["kernel"], list(node.get_output_shape(0))
    before = [int(size) for size in node.input_value(index).get_shape()]
    if given["strides"] != [height, width] or before[2:] != [sizes[2] * height, sizes[3] * width]:
        return None
    num_logits = int(gradient.get_output_partial_shape(0)[0].get_length())
    apart = ops.reshape(gradient, np.array([-1, sizes[1], sizes[2], 1, sizes[3], 1]), False)
    repeated = ops.broadcast(apart, np.array([num_logits, *sizes[1:3], height, sizes[3], width]))
    return _like_operand(node, ops.divide(repeated, np.float32(height * width)), index)


def _through_convert(node: Any, gradient: Any, index: int) -> Any:
    return gradient if node.input_value(index).get_element_type().to_string() == "f32" else None


_RULES: dict[str, _Rule] = {
    "Add": _through_sum,
    "AvgPool": _through_mean,
    "Convert": _through_convert,
    "Divide": _through_product,
    "MatMul": _through_dense,
    "MaxPool": _through_maximum,
    "Multiply": _through_product,
    "Relu": _through_rectifier,
    "Reshape": _like_operand,
    "Squeeze": _like_operand,
    "Subtract": _through_sum,
    "Transpose": _through_transpose,
    "Unsqueeze": _like_operand,
}
