"""Layers that have others inside, or that only the architectures of `keras.applications` have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from model_training.importing.layers import plain
from model_training.importing.refusal import NotImportedError
from model_training.importing.topology import Node
from model_training.importing.weight_files import Arrays, Place, Wanted, Weights

if TYPE_CHECKING:
    import keras

ATTENTION = ("AdditiveAttention", "Attention", "MultiHeadAttention")
# Of InceptionResNetV2 and of ConvNeXt, with all that they have of their own in a configuration.
_OF_APPLICATIONS = {"CustomScaleLayer": {"scale"}, "LayerScale": {"init_values", "projection_dim"}}
_OF_EVERY_LAYER = {"dtype", "name", "trainable"}
# What a `.keras` file calls the layers in an attention, by the names of their weights.
_IN_ATTENTION = {
    "query": "query_dense", "key": "key_dense", "value": "value_dense",
    "attention_output": "output_dense",
}  # fmt: skip


def is_of_applications(node: Node) -> bool:
    """Whether a layer is one that Keras has for one of its architectures alone.

    Args:
        node: The layer.
    """
    if node.class_name not in _OF_APPLICATIONS or not isinstance(node.config, dict):
        return False
    return node.config.keys() - _OF_EVERY_LAYER == _OF_APPLICATIONS[node.class_name]


def of_applications(node: Node, tensors: Sequence[Any], place: Place, weights: Weights,
                    *, name: str) -> tuple[keras.layers.Layer, list[Any]]:  # fmt: skip
    """The layer that does the same, and the tensors that it is called with.

    Args:
        node: The layer.
        tensors: What it is called with in the new graph.
        place: Where it is in the file.
        weights: The weights of the file.
        name: Of the new layer.

    Raises:
        NotImportedError: If it is not configured as Keras does it.
    """
    import keras

    if node.class_name == "LayerScale":
        (factors,) = weights.of(place, [Wanted("gamma", (int(tensors[0].shape[-1]),))])
        return keras.layers.Rescaling([float(one) for one in factors], name=name), list(tensors)
    scale = plain(node.config["scale"])
    if len(tensors) != 2 or not isinstance(scale, int | float):
        raise NotImportedError(
            f"The layer {node.name!r} (CustomScaleLayer) does not say its scale. The file is "
            "damaged: save the model again."
        )
    added = keras.layers.Rescaling(float(scale), name=f"{name}_scaled")(tensors[1])
    return keras.layers.Add(name=name), [tensors[0], added]


def require_plain_attention(node: Node, options: Mapping[str, Any]) -> None:
    """Refuses an attention that is called with masks, or for more than its result.

    Args:
        node: The layer.
        options: What it is called with beside tensors.

    Raises:
        NotImportedError: If one is switched on.
    """
    used = sorted(key for key, value in options.items() if value not in (None, False, [], [None]))
    if used:
        raise NotImportedError(
            f"The layer {node.name!r} ({node.class_name}) is called with {', '.join(used)}. "
            "Expected queries, values and keys alone; build the model without it."
        )


def attention_weights(layer: keras.layers.Layer, place: Place, weights: Weights) -> Arrays:
    """The weights of a `MultiHeadAttention`, which a file keeps for each of the layers in it.

    Args:
        layer: The new layer, built.
        place: Where it is in the file.
        weights: The weights of the file.

    Raises:
        NotImportedError: If the file does not have them.
    """
    inside: dict[str, list[Wanted]] = {}
    for one in layer.weights:
        part = one.path.split("/")[-2]
        inside.setdefault(part, []).append(Wanted(one.name, tuple(one.shape)))
    return [
        values
        for part, wanted in inside.items()
        for values in weights.of(
            Place((*place.names, part), (*place.keys, _IN_ATTENTION[part])), wanted
        )
    ]
