"""Arithmetic in a graph, such as `x / 127.5 - 1` before a backbone, as layers of Keras."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from model_training.importing.layers import plain
from model_training.importing.refusal import NotImportedError
from model_training.importing.topology import Node
from model_training.importing.weight_files import Place, Wanted, Weights

if TYPE_CHECKING:
    import keras

# As Keras 3 names an operation, and TensorFlow's function in a file of Keras 2 -> what it does.
_OPERATIONS = {
    "Add": "add", "Subtract": "subtract", "Multiply": "multiply", "TrueDivide": "divide",
    "Divide": "divide", "Cast": "cast",
    "math.add": "add", "__operators__.add": "add", "nn.bias_add": "add",
    "math.subtract": "subtract", "__operators__.subtract": "subtract",
    "math.multiply": "multiply", "__operators__.multiply": "multiply",
    "math.truediv": "divide", "math.divide": "divide", "__operators__.truediv": "divide",
    "cast": "cast",
}  # fmt: skip
_ACTIVATIONS = {
    "nn.relu": "relu", "nn.relu6": "relu6", "nn.silu": "silu", "nn.swish": "silu",
    "nn.softmax": "softmax", "nn.sigmoid": "sigmoid", "math.sigmoid": "sigmoid",
    "math.tanh": "tanh", "nn.tanh": "tanh",
    "Relu": "relu", "Relu6": "relu6", "Silu": "silu", "Sigmoid": "sigmoid", "Tanh": "tanh",
}  # fmt: skip
# Merging layers of the same names as operations.
_LAYERS = frozenset({"Add", "Subtract", "Multiply"})


def is_operation(node: Node, arguments: Sequence[Any], num_tensors: int) -> bool:
    """Whether a node is arithmetic and not a layer.

    Args:
        node: The node.
        arguments: What it is called with.
        num_tensors: Number of tensors among them.
    """
    name = _operation(node)
    if node.class_name in _LAYERS:
        return len(arguments) > num_tensors
    return name in _OPERATIONS or name in _ACTIVATIONS


def as_layer(
    node: Node, arguments: Sequence[Any], name: str
) -> tuple[keras.layers.Layer | None, list[Any]]:
    """The layer that does what an operation does, and the tensors that it is called with.

    Args:
        node: The operation.
        arguments: Tensors of the new graph, and numbers.
        name: Of the new layer.

    Returns:
        No layer where the operation does nothing.

    Raises:
        NotImportedError: If it is not among the operations that are imported.
    """
    import keras

    layers, operation = keras.layers, _operation(node)
    is_tensor = [isinstance(one, keras.KerasTensor) for one in arguments]
    tensors = [one for one, known in zip(arguments, is_tensor, strict=True) if known]
    if operation in _ACTIVATIONS:
        return layers.Activation(_ACTIVATIONS[operation], name=name), tensors[:1]
    what = _OPERATIONS[operation]
    if what == "cast":
        return None, tensors[:1]
    if len(arguments) != 2 or not tensors:
        raise _not_imported(node)
    if len(tensors) == 2:
        merging = {"add": layers.Add, "subtract": layers.Subtract, "multiply": layers.Multiply}
        if what not in merging:
            raise _not_imported(node)
        return merging[what](name=name), tensors
    number = _numbers(arguments[1 if is_tensor[0] else 0], node)
    scale, offset = _affine(what, number, tensor_first=is_tensor[0], node=node)
    return layers.Rescaling(_written(scale), _written(offset), name=name), tensors


def normalisation(
    settings: dict[str, Any], channels: int, place: Place, weights: Weights, *, name: str
) -> keras.layers.Layer:
    """A `Normalization` of known mean and variance, as a layer without state.

    Args:
        settings: Its settings.
        channels: Number of channels of its input.
        place: Where it is in the file.
        weights: The weights of the file.
        name: Of the new layer.

    Raises:
        NotImportedError: If it does not normalise the channels, or the whole image.
    """
    import keras

    axis = settings.get("axis", -1)
    if axis not in (-1, 3, None, []):
        raise NotImportedError(
            f"The layer {place.names[-1]!r} (Normalization) normalises the axis {axis}. Expected "
            "the channels: build the model with `axis=-1`, and save that."
        )
    if settings.get("mean") is not None:
        mean = np.ravel(np.asarray(settings["mean"], np.float64))
        variance = np.ravel(np.asarray(settings["variance"], np.float64))
    else:
        shape = (channels,) if axis in (-1, 3) else ()
        found = weights.of(place, [Wanted("mean", shape), Wanted("variance", shape)])
        mean, variance = (np.ravel(one.astype(np.float64)) for one in found)
    scale = 1 / np.maximum(np.sqrt(variance), keras.config.epsilon())
    return keras.layers.Rescaling(_written(scale), _written(-mean * scale), name=name)


def _affine(
    what: str, number: np.ndarray[Any, np.dtype[np.float64]], *, tensor_first: bool, node: Node
) -> tuple[Any, Any]:
    """Scale and offset of an operation on a tensor and a number."""
    one, none = np.ones_like(number), np.zeros_like(number)
    if what == "add":
        return one, number
    if what == "multiply":
        return number, none
    if what == "subtract":
        return (one, -number) if tensor_first else (-one, number)
    if not tensor_first or not number.all():
        raise _not_imported(node)
    return 1 / number, none


def _numbers(value: Any, node: Node) -> np.ndarray[Any, np.dtype[np.float64]]:
    """One number, or one for each channel."""
    try:
        found = np.ravel(np.asarray(plain(value), np.float64))
    except (TypeError, ValueError):
        raise _not_imported(node) from None
    if not len(found) or not np.isfinite(found).all():
        raise _not_imported(node)
    return found


def _written(values: np.ndarray[Any, np.dtype[np.float64]]) -> float | list[float]:
    return float(values[0]) if len(values) == 1 else [float(value) for value in values]


def _operation(node: Node) -> str:
    if node.class_name == "TFOpLambda" and isinstance(node.config, dict):
        return str(node.config.get("function"))
    return node.class_name


def _not_imported(node: Node) -> NotImportedError:
    return NotImportedError(
        f"The operation {node.name!r} ({_operation(node)}) is not imported in this form; expected "
        "a tensor with one number, or one for each channel. Leave it out of the model, load the "
        "weights and save that; scaling of pixels can be given with --scale."
    )
