"""One TensorFlow graph from pixels to logits, a Grad-CAM map for each logit, and features.

The same graph scores everywhere: directly on a GPU, converted to OpenVINO on a CPU. Converters
support few of the operations in TensorFlow's own gradients, so the gradients of the head are
written here with basic arithmetic. Operations not listed in `_RULES` keep TensorFlow's gradient.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from app.core.bundles.reference_section import FeatureLayer
from app.core.networks.feature_pooling import pooled, tapped_tensors
from app.core.networks.network import Network

if TYPE_CHECKING:
    import keras


def scoring_function(network: Network, layers: Sequence[FeatureLayer] = ()) -> Any:
    """A `tf.function` that scores and explains a batch in one pass.

    The map of a logit is the sum of the heatmap layer's features, each weighted by the spatial
    mean of the logit's gradient. Its positive part is Grad-CAM; negative values are kept.

    If the logits are linear in the features, as with global average pooling, the gradient is the
    same for every film: it is computed once, and each map is a single matrix product.

    Args:
        network: The network to score with.
        layers: Layers whose pooled features are returned as well, see `feature_pooling`.

    Returns:
        A function of float32 `(batch, height, width, channels)` in [0, 255] that returns logits,
        float32 `(batch, num_logits)`, maps, float32 `(batch, rows, columns, num_logits)` in
        logits, and with `layers` features, float32 `(batch, num_features)`.

    Raises:
        ValueError: If a layer cannot be pooled as it says, see `feature_pooling`.

    Reference:
        - Selvaraju et al., Grad-CAM (ICCV 2017), https://arxiv.org/abs/1610.02391
    """
    import keras
    import tensorflow as tf

    model, head = network.model, network.head
    weights = _constant_weights(head)
    tapped = tapped_tensors(model, layers)
    body = keras.Model(model.input, [model.get_layer(network.heatmap_layer).output, *tapped])

    def score(pixels: Any) -> tuple[Any, ...]:
        # Keras gives a single output without a list.
        last, *maps_of_layers = tf.nest.flatten(body(pixels, training=False))
        features = (pooled(maps_of_layers, layers),) if layers else ()
        if weights is not None:
            return head(last, training=False), tf.matmul(last, weights), *features
        logits, gradients = _with_mean_gradients(head, last)
        maps = [tf.reduce_sum(gradient * last, axis=-1) for gradient in gradients]
        return logits, tf.stack(maps, axis=-1), *features

    shape = (None, *model.input.shape[1:])
    # Without AutoGraph, which rewrites Python control flow and takes a third of the tracing.
    return tf.function(score, input_signature=[tf.TensorSpec(shape, tf.float32)], autograph=False)


def _with_mean_gradients(head: keras.Model, features: Any) -> tuple[Any, list[Any]]:
    """The logits, and for each the spatial mean of its gradient, `(batch, 1, 1, filters)`."""
    import tensorflow as tf

    with tf.compat.v1.get_default_graph().gradient_override_map(_gradient_rules()):
        logits = head(features, training=False)
    means = []
    for index in range(logits.shape[-1]):
        chosen = tf.one_hot(tf.fill(tf.shape(logits)[:1], index), logits.shape[-1])
        (gradient,) = tf.gradients(logits, features, grad_ys=chosen)
        means.append(tf.reduce_mean(gradient, axis=(1, 2), keepdims=True))
    return logits, means


def _constant_weights(head: keras.Model) -> Any:
    """The mean gradients, `(filters, num_logits)`; None if they depend on the features."""
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import (
        convert_variables_to_constants_v2,
    )

    shape = (1, *head.input.shape[1:])

    def gradients(features: Any) -> Any:
        return tf.concat(_with_mean_gradients(head, features)[1], axis=0)

    traced = tf.function(
        gradients, input_signature=[tf.TensorSpec(shape, tf.float32)], autograph=False
    )
    # Freezing removes unused nodes, including the features if the result is constant.
    frozen = convert_variables_to_constants_v2(traced.get_concrete_function())
    if any(tensor.consumers() for tensor in frozen.inputs):
        return None
    return tf.constant(traced(tf.zeros(shape)).numpy()[:, 0, 0].T)


_registered: dict[str, str] = {}


def _gradient_rules() -> dict[str, str]:
    """TensorFlow operation -> name of its gradient, registered once per process."""
    import tensorflow as tf

    if not _registered:
        for operation, rule in _RULES.items():
            name = f"Overread{operation}"
            tf.RegisterGradient(name)(rule)
            _registered[operation] = name
    return _registered


def _relu(operation: Any, gradient: Any) -> Any:
    import tensorflow as tf

    return gradient * tf.cast(operation.outputs[0] > 0, gradient.dtype)


def _add(operation: Any, gradient: Any) -> list[Any]:
    return [_passed(tensor, operation, gradient) for tensor in operation.inputs]


def _subtract(operation: Any, gradient: Any) -> list[Any]:
    first, second = operation.inputs
    return [_passed(first, operation, gradient), _passed(second, operation, -gradient)]


def _multiply(operation: Any, gradient: Any) -> list[Any]:
    first, second = operation.inputs
    return [
        _passed(first, operation, gradient * second),
        _passed(second, operation, gradient * first),
    ]


def _divide(operation: Any, gradient: Any) -> list[Any]:
    first, second = operation.inputs
    by_second = -gradient * operation.outputs[0] / second
    return [
        _passed(first, operation, gradient / second),
        _passed(second, operation, by_second),
    ]


def _passed(tensor: Any, operation: Any, gradient: Any) -> Any:
    """The gradient of an operand, summed over the axes along which it was broadcast.

    The batch size is unknown and not used: operands on the film's path have the batch as their
    first axis, and weights, which do not, need no gradient.
    """
    import tensorflow as tf

    shape, full = tensor.shape, operation.outputs[0].shape
    if shape.rank != full.rank:
        return None
    spread = [axis for axis in range(1, full.rank) if shape[axis] == 1 and full[axis] != 1]
    return tf.reduce_sum(gradient, axis=spread, keepdims=True) if spread else gradient


def _strided_slice(operation: Any, gradient: Any) -> Any:
    """Zero-pads the gradient around the slice, if that is a plain range of channels."""
    import tensorflow as tf
    from tensorflow.python.ops import array_grad

    whole, *limits = operation.inputs
    begin, end, strides = (tf.get_static_value(limit) for limit in limits)
    width, taken = whole.shape[-1], gradient.shape[-1]
    is_plain = (
        whole.shape.rank == gradient.shape.rank
        and whole.shape[1:-1] == gradient.shape[1:-1]
        and begin is not None
        and end is not None
        and strides is not None
        and (strides == 1).all()
    )
    if not is_plain:
        return array_grad._StridedSliceGrad(operation, gradient)
    is_open = operation.get_attr("begin_mask") >> (len(begin) - 1) & 1
    start = 0 if is_open else int(begin[-1]) % width
    around = [(0, 0)] * (whole.shape.rank - 1) + [(start, width - start - taken)]
    return tf.pad(gradient, around), None, None, None


def _max_pool(operation: Any, gradient: Any) -> Any:
    """Passes the gradient to the maximum of each window, divided equally among ties."""
    import tensorflow as tf
    from tensorflow.python.ops import nn_grad

    features, pooled = operation.inputs[0], operation.outputs[0]
    _, high, wide, _ = operation.get_attr("ksize")
    _, rows, columns, filters = pooled.shape
    is_plain = (
        list(operation.get_attr("strides")) == [1, high, wide, 1]
        and operation.get_attr("data_format") == b"NHWC"
    )
    if not is_plain:
        return nn_grad._MaxPoolGrad(operation, gradient)
    # How far the windows extend beyond the features, before and after; negative if the last rows
    # are in no window. TensorFlow puts an odd row of padding at the end.
    reach = [
        (beyond // 2, beyond - beyond // 2) if beyond > 0 else (0, beyond)
        for beyond in (rows * high - features.shape[1], columns * wide - features.shape[2])
    ]
    padding = [(0, 0), *((before, max(after, 0)) for before, after in reach), (0, 0)]
    padded = tf.pad(features, padding, constant_values=features.dtype.min)
    windows = tf.reshape(
        padded[:, : rows * high, : columns * wide], (-1, rows, high, columns, wide, filters)
    )
    largest = tf.cast(tf.equal(windows, pooled[:, :, None, :, None]), gradient.dtype)
    fraction = largest / tf.reduce_sum(largest, axis=(2, 4), keepdims=True)
    spread = tf.reshape(
        fraction * gradient[:, :, None, :, None], (-1, rows * high, columns * wide, filters)
    )
    (top, _), (left, _) = reach
    inside = spread[:, top : top + features.shape[1], left : left + features.shape[2]]
    uncovered = [(0, 0), *((0, max(-after, 0)) for _, after in reach), (0, 0)]
    return tf.pad(inside, uncovered)


_RULES: dict[str, Callable[[Any, Any], Any]] = {
    "AddV2": _add,
    "MaxPool": _max_pool,
    "Mul": _multiply,
    "RealDiv": _divide,
    "Relu": _relu,
    "StridedSlice": _strided_slice,
    "Sub": _subtract,
}
