"""Where a graph of OpenVINO can be cut: its maps, and what lies before and after them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from app.core.backends.openvino_cpu import load_openvino

# Their results have channels first, whatever comes before.
_CHANNELS_FIRST = (
    "AvgPool", "Convolution", "ConvolutionBackpropData", "GroupConvolution",
    "GroupConvolutionBackpropData", "MaxPool",
)  # fmt: skip
# Their results have their axes in the order of the first operand that is computed.
_KEEP_AXES = (
    "Add", "BatchNormInference", "Clamp", "Concat", "Convert", "Divide", "Elu", "Exp",
    "FakeQuantize", "Gelu", "HardSigmoid", "HSigmoid", "HSwish", "Interpolate", "LRN", "Maximum",
    "Minimum", "Mish", "Multiply", "MVN", "Negative", "NormalizeL2", "Pad", "Power", "PRelu",
    "ReLU", "Relu", "Selu", "Sigmoid", "SoftPlus", "StridedSlice", "Subtract", "Swish", "Tanh",
)  # fmt: skip
_TO_LAST, _TO_FIRST = [0, 2, 3, 1], [0, 3, 1, 2]


def node_named(model: Any, name: str) -> Any:
    """The node of a name; None if there is none.

    Args:
        model: An `openvino.Model`.
        name: Its friendly name.
    """
    found = (node for node in model.get_ordered_ops() if node.get_friendly_name() == name)
    return next(found, None)


def channel_axis(node: Any) -> int | None:
    """Which axis of a node's result has the channels: 1 or 3; None if it is no map of an image.

    Followed back to the convolution or pooling that it comes from, whose axes are known.

    Args:
        node: A node of a graph.
    """
    if not _has_known_places(node):
        return None
    moves: list[list[int] | None] = []
    while True:
        kind = node.get_type_name()
        if kind in _CHANNELS_FIRST:
            break
        if kind == "Transpose":
            moves.append(_order(node))
        elif kind == "MatMul" and _is_dense(node):
            moves.append(None)
        elif kind not in _KEEP_AXES:
            return None
        before = _computed(node)
        if before is None or len(before.get_output_partial_shape(0)) != 4:
            return None
        node = before
    axis = 1
    for order in reversed(moves):
        if order is None and axis == 3:
            continue
        if order is None or order not in (_TO_LAST, _TO_FIRST):
            return None
        axis = order.index(axis)
    return axis if axis in (1, 3) else None


def map_shape(node: Any) -> tuple[int, int, int]:
    """Rows, columns and channels of a node's map; zeros if it has none.

    Args:
        node: A node of a graph.
    """
    axis = channel_axis(node)
    if axis is None:
        return 0, 0, 0
    sizes = [int(size.get_length()) for size in list(node.get_output_partial_shape(0))[1:]]
    channels = sizes.pop(axis - 1)
    return sizes[0], sizes[1], channels


def ancestors(node: Any, *, without: Any = None) -> list[Any]:
    """All nodes that a node is computed from, itself included.

    What is only asked for its size is left out: by it, PyTorch tells the end of a graph how many
    images there are, past all maps.

    Args:
        node: The node.
        without: A node that is not gone through, nor counted.
    """
    blocked = None if without is None else without.get_friendly_name()
    seen: dict[str, Any] = {}
    waiting = [node]
    while waiting:
        one = waiting.pop()
        name = one.get_friendly_name()
        if name in seen or name == blocked:
            continue
        seen[name] = one
        if _tells_number_of_images(one):
            continue
        waiting += [one.input_value(index).get_node() for index in range(one.get_input_size())]
    return list(seen.values())


def bypassed(model: Any, node: Any) -> bool:
    """Whether a path from the input to the output goes around a node.

    Args:
        model: An `openvino.Model`.
        node: One of its nodes.
    """
    around = ancestors(model.output(0).get_node(), without=node)
    return any(one.get_type_name() == "Parameter" for one in around)


def head_from(model: Any, name: str) -> tuple[Any, bool]:
    """What comes after a map, as a model of its own, and whether it sees only each channel's mean.

    If the mean over all places comes next, the model starts from that mean: it is much smaller
    than the map, and the gradient of all places of a channel is the same. Its batch is free, or
    1 where a shape in it is written for one image.

    Args:
        model: An `openvino.Model`.
        name: Of a node with a map that is not bypassed.
    """
    head, sees_means = _cut_off(model, name, -1)
    if is_for_one(head):
        head, _ = _cut_off(model, name, 1)
    return head, sees_means


def _cut_off(model: Any, name: str, batch: int) -> tuple[Any, bool]:
    """See `head_from`; for any number of images, -1, also if the graph takes them one by one."""
    whole = model.clone()
    cut = node_named(whole, name)
    mean = _mean_after(cut)
    source = (cut if mean is None else mean).output(0)
    openvino = load_openvino()
    shape = openvino.PartialShape([batch, *list(source.partial_shape)[1:]])
    start = openvino.opset13.parameter(shape, openvino.Type.f32, name="features")
    # Of a network in half precision, the weights of the head are halves too.
    given = openvino.opset13.convert(start, source.get_element_type().to_string())
    for consumer in source.get_target_inputs():
        consumer.replace_source_output(given.output(0))
    for node in ancestors(whole.output(0).get_node()):
        if _tells_number_of_images(node):
            node.output(0).replace(_size_of_as_many(node, start).output(0))
    return openvino.Model(whole.outputs, [start]), mean is not None


def _size_of_as_many(size: Any, start: Any) -> Any:
    """The size of what lies before a cut, for as many images as there are after it.

    Args:
        size: A node that gives the size of something with a free batch.
        start: The input after the cut.
    """
    ops = load_openvino().opset13
    kind = size.get_element_type()
    rest = [one.get_length() for one in list(size.input_value(0).partial_shape)[1:]]
    images = ops.gather(ops.shape_of(start, kind.to_string()), np.array([0]), 0)
    return ops.concat([images, np.array(rest, kind.to_dtype())], 0)


def with_taps(model: Any, names: Sequence[str]) -> Any:
    """The graph, which gives the maps of some nodes after its logits, with channels last.

    Args:
        model: An `openvino.Model`.
        names: Of nodes with maps.
    """
    openvino = load_openvino()
    whole = model.clone()
    outputs = [whole.output(0)]
    for name in names:
        node = node_named(whole, name)
        if channel_axis(node) == 1:
            node = openvino.opset13.transpose(node, _TO_LAST)
        # A node of its own, as one output may be asked for twice.
        outputs.append(openvino.opset13.convert(node, "f32").output(0))
    return openvino.Model(outputs, whole.get_parameters())


def is_for_one(model: Any) -> bool:
    """Whether a shape in a graph of any number of images is written for one of them.

    To be known before it is run: on two images OpenVINO 2026.4 then ends the process.

    Args:
        model: An `openvino.Model` whose input has a free batch.
    """
    of_images: set[str] = set()
    for node in model.get_ordered_ops():
        kind, name = node.get_type_name(), node.get_friendly_name()
        before = (node.input_value(at).get_node() for at in range(node.get_input_size()))
        follows = kind == "Parameter" or any(one.get_friendly_name() in of_images for one in before)
        if kind == "ShapeOf" or not follows:
            continue
        of_images.add(name)
        if kind != "Result" and _first_size_is_fixed(node.output(0).partial_shape):
            return True
    return False


def _tells_number_of_images(node: Any) -> bool:
    """Whether it gives the size of something of which only the number of images is not fixed."""
    if node.get_type_name() != "ShapeOf" or node.input_value(0).partial_shape.rank.is_dynamic:
        return False
    first, *rest = [*node.input_value(0).partial_shape] or [None]
    return first is not None and first.is_dynamic and all(size.is_static for size in rest)


def _first_size_is_fixed(shape: Any) -> bool:
    return bool(shape.rank.is_static and len(shape) > 0 and shape[0].is_static)


def _mean_after(node: Any) -> Any:
    """The mean over all places of a map, if that alone is made of it."""
    consumers = [one.get_node() for one in node.output(0).get_target_inputs()]
    consumers = [one for one in consumers if not _tells_number_of_images(one)]
    if len(consumers) != 1:
        return None
    after = consumers[0]
    size = _num_values(node)
    channels = int(node.get_output_partial_shape(0)[channel_axis(node) or 1].get_length())
    is_mean = after.get_type_name() in ("AvgPool", "ReduceMean") and size > channels
    return after if is_mean and _num_values(after) == channels else None


def _num_values(node: Any) -> int:
    """The number of values for each image; 0 if it is not fixed."""
    count = 1
    for size in list(node.get_output_partial_shape(0))[1:]:
        count *= int(size.get_length()) if size.is_static else 0
    return count


def _has_known_places(node: Any) -> bool:
    shape = node.get_output_partial_shape(0)
    return len(shape) == 4 and all(size.is_static for size in list(shape)[1:])


def _computed(node: Any) -> Any:
    """The first operand that is computed from the image, not a weight."""
    for index in range(node.get_input_size()):
        before = node.input_value(index).get_node()
        if any(one.get_type_name() == "Parameter" for one in ancestors(before)):
            return before
    return None


def _is_dense(node: Any) -> bool:
    """Whether it is a dense layer at each place, which needs the channels last."""
    weights = node.input_value(1).get_node()
    if any(one.get_type_name() == "Parameter" for one in ancestors(weights)):
        return False
    return (
        len(weights.get_output_partial_shape(0)) == 2 and not node.get_attributes()["transpose_a"]
    )


def _order(node: Any) -> list[int]:
    constant = node.input_value(1).get_node()
    return constant.data.tolist() if constant.get_type_name() == "Constant" else []
