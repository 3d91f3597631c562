"""Builds one flat functional graph from a configuration, replaying nested models on one input.

Every call of a layer becomes a layer of its own with the same weights, and what does nothing once
a model is trained is left out. So the graph has no nested model, no layer that is used twice and
no custom code, which is what heatmaps and the app need.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from model_training.importing.arithmetic import as_layer, is_operation, normalisation
from model_training.importing.layers import IDENTITIES, refused_class, settings_of
from model_training.importing.refusal import NotImportedError
from model_training.importing.special_layers import (
    ATTENTION,
    attention_weights,
    is_of_applications,
    of_applications,
    require_plain_attention,
)
from model_training.importing.topology import (
    Call,
    Node,
    Origin,
    Topology,
    read_topology,
    require_one_way,
)
from model_training.importing.weight_files import Arrays, Place, Wanted, Weights, layer_key

if TYPE_CHECKING:
    import keras

# A map of more values does not fit into memory for a batch of films.
_MOST_VALUES = 2**28
_DEEPEST = 20
_WITH_KERNEL = (
    "Conv1D", "Conv2D", "Conv2DTranspose", "Dense", "MultiHeadAttention", "SeparableConv2D",
)  # fmt: skip
_DROPOUTS = ("AlphaDropout", "Dropout", "GaussianDropout", "SpatialDropout2D")


@dataclass(slots=True)
class Replay:
    """The graph as far as it is built.

    Attributes:
        weights: The weights of the file.
        keras_2: Whether the file was written by Keras 2.
        num_values: Number of values that the file has for all weights together.
        scaled: Names of the layers before the first convolution that scale the pixels.
        left_out: Names of the layers that do nothing and were left out.
    """

    weights: Weights
    keras_2: bool
    num_values: int
    scaled: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    _taken: set[str] = field(default_factory=set)
    _reached_kernel: bool = False

    def model(self, node: Node, tensor: Any, place: Place) -> Any:
        """Replays a model on a tensor.

        Args:
            node: The model.
            tensor: Its input in the new graph.
            place: Where it is nested.

        Returns:
            Its output in the new graph.

        Raises:
            NotImportedError: If it has several inputs or outputs, or a layer is refused.
        """
        if len(place.names) > _DEEPEST:
            raise NotImportedError(
                f"The model {node.name!r} is nested {_DEEPEST} levels deep. Expected fewer; save "
                "its parts as one model."
            )
        topology = read_topology(node.class_name, node.config, name=node.name)
        require_one_way(topology)
        places = _places(topology.nodes, place)
        done: dict[Origin, Any] = {}
        waiting = [
            (one, number) for one in topology.nodes for number in range(max(len(one.calls), 1))
        ]
        while waiting:
            left = []
            for one, number in waiting:
                found = self._try(one, number, topology, tensor, done, places[one.name])
                if found is None:
                    left.append((one, number))
                else:
                    done[Origin(one.name, number)] = found
            if len(left) == len(waiting):
                raise NotImportedError(
                    f"The layers of {topology.name!r} are connected in a circle, or to a layer "
                    f"that is missing: {', '.join(repr(one.name) for one, _ in left[:3])}. The "
                    "file is damaged; save the model again."
                )
            waiting = left
        return _look_up(done, topology.nodes, topology.outputs[0])

    def _try(
        self,
        node: Node,
        number: int,
        topology: Topology,
        tensor: Any,
        done: Mapping[Origin, Any],
        place: Place,
    ) -> Any:
        """The output of a call, or None if what it is called with is not there yet."""
        if node.class_name == "InputLayer":
            return tensor
        call = node.calls[number] if node.calls else Call(())
        arguments = [
            _look_up(done, topology.nodes, one) if isinstance(one, Origin) else one
            for one in call.arguments
        ]
        if any(found is None for found, one in zip(arguments, call.arguments, strict=True)
               if isinstance(one, Origin)):  # fmt: skip
            return None
        tensors = [
            found
            for found, one in zip(arguments, call.arguments, strict=True)
            if isinstance(one, Origin)
        ]
        if not call.origins:  # the first layer of a Sequential without an input of its own
            tensors, arguments = [tensor], [tensor]
        if node.is_model:
            return self.model(node, _only(tensors, node), place)
        return self._layer(node, call, tensors, arguments, place)

    def _layer(
        self, node: Node, call: Call, tensors: Sequence[Any], arguments: list[Any], place: Place
    ) -> Any:
        if node.is_custom:
            raise refused_class(node.class_name, node.name)
        if node.class_name in IDENTITIES:
            if call.training and node.class_name in _DROPOUTS:
                raise NotImportedError(
                    f"The layer {node.name!r} ({node.class_name}) is called as in training, so the "
                    "model answers differently every time. Build it without `training=True`."
                )
            self.left_out.append(node.name)
            return _only(tensors, node)
        if is_operation(node, arguments, len(tensors)):
            operation, operands = as_layer(node, arguments, self._unique(node.name))
            self._note_scaling(node, operation)
            return operands[0] if operation is None else self._applied(operation, operands, node)
        if call.training and node.class_name == "BatchNormalization":
            raise NotImportedError(
                f"The layer {node.name!r} (BatchNormalization) is called as in training, so an "
                "answer depends on the other images of its batch. Build the model without "
                "`training=True`."
            )
        if is_of_applications(node):
            name = self._unique(node.name)
            layer, tensors = of_applications(node, tensors, place, self.weights, name=name)
            return self._applied(layer, tensors, node)
        if node.class_name in ATTENTION:
            require_plain_attention(node, call.options)
        settings = settings_of(node.class_name, node.config, name=node.name, keras_2=self.keras_2)
        self._require_in_file(node, settings, tensors)
        layer = self._created(node, settings, tensors, place)
        self._note_scaling(node, layer)
        return self._applied(layer, tensors, node, place)

    def _created(
        self, node: Node, settings: dict[str, Any], tensors: Sequence[Any], place: Place
    ) -> keras.layers.Layer:
        import keras

        if node.class_name == "Normalization":
            channels, name = tensors[0].shape[-1], self._unique(node.name)
            return normalisation(settings, channels, place, self.weights, name=name)
        try:
            return getattr(keras.layers, node.class_name)(**settings, name=self._unique(node.name))
        except (TypeError, ValueError):
            raise _does_not_fit(node) from None

    def _applied(
        self,
        layer: keras.layers.Layer,
        tensors: Sequence[Any],
        node: Node,
        place: Place | None = None,
    ) -> Any:
        """Calls a new layer and gives it the weights of its place, if it has one."""
        import tensorflow as tf

        try:
            # All other layers take several tensors as a list.
            one_by_one = len(tensors) == 1 or node.class_name == "MultiHeadAttention"
            output = layer(*tensors) if one_by_one else layer(list(tensors))
        except (TypeError, ValueError, MemoryError, tf.errors.OpError):
            raise _does_not_fit(node) from None
        shape = output.shape[1:]
        if None in shape or math.prod(shape) > _MOST_VALUES:
            raise _does_not_fit(node)
        if place is not None and layer.weights:
            layer.set_weights(self._weights_of(layer, node, place))
        return output

    def _weights_of(self, layer: keras.layers.Layer, node: Node, place: Place) -> Arrays:
        if node.class_name == "MultiHeadAttention":
            return attention_weights(layer, place, self.weights)
        wanted = [Wanted(one.name, tuple(one.shape)) for one in layer.weights]
        return self.weights.of(place, wanted)

    def _note_scaling(self, node: Node, layer: keras.layers.Layer | None) -> None:
        """Notes what scales the pixels before anything is learned from them."""
        if node.class_name in (*_WITH_KERNEL, "DepthwiseConv2D"):
            self._reached_kernel = True
        elif not self._reached_kernel and type(layer).__name__ == "Rescaling":
            self.scaled.append(node.name)

    def _require_in_file(
        self, node: Node, settings: Mapping[str, Any], tensors: Sequence[Any]
    ) -> None:
        """Refuses a layer with more weights than the file has, before memory is taken for it."""
        if node.class_name not in _WITH_KERNEL:
            return
        size = settings.get("kernel_size", 1)
        width = settings.get("filters", settings.get("units", settings.get("key_dim")))
        channels = tensors[0].shape[-1]
        try:
            area = math.prod(size) if isinstance(size, list) else int(size) ** 2
            inside = channels // int(settings.get("groups") or 1)
            needed = inside * (area if node.class_name == "SeparableConv2D" else area * int(width))
        except (TypeError, ValueError, ZeroDivisionError):
            raise _does_not_fit(node) from None
        if needed > self.num_values:
            raise NotImportedError(
                f"The layer {node.name!r} ({node.class_name}) needs {needed:,} weights, and the "
                f"whole file has {self.num_values:,}. It is damaged, or does not contain the "
                "weights: save the whole model with `model.save`."
            )

    def _unique(self, name: str) -> str:
        """A name that no other layer of the flat graph has, without what Keras does not allow."""
        base = name.replace("/", "_") or "layer"
        found, number = base, 1
        while found in self._taken:
            found, number = f"{base}_{number}", number + 1
        self._taken.add(found)
        return found


def _places(nodes: Sequence[Node], place: Place) -> dict[str, Place]:
    """The place of each layer, counted as a `.keras` file counts them."""
    used: dict[str, int] = {}
    found = {}
    for node in nodes:
        key = layer_key(node.class_name)
        number = used.get(key, 0)
        used[key] = number + 1
        keys = (*place.keys, f"{key}_{number}" if number else key)
        found[node.name] = Place((*place.names, node.name), keys)
    return found


def _look_up(done: Mapping[Origin, Any], nodes: Sequence[Node], origin: Origin) -> Any:
    """The output of a call. A layer with one call has that, whatever number the file gives it.

    Keras counts the calls of a nested model from 1, as it was called once when it was built.
    """
    node = next((node for node in nodes if node.name == origin.layer), None)
    if node is None or len(node.calls) <= 1:
        return done.get(Origin(origin.layer, 0))
    if node.is_model:
        raise NotImportedError(
            f"The model {node.name!r} is called {len(node.calls)} times. Expected once; build the "
            "whole model without using it again."
        )
    return done.get(origin)


def _only(tensors: Sequence[Any], node: Node) -> Any:
    if len(tensors) != 1:
        raise NotImportedError(
            f"{node.name!r} ({node.class_name}) is called with {len(tensors)} inputs; expected one."
        )
    return tensors[0]


def _does_not_fit(node: Node) -> NotImportedError:
    return NotImportedError(
        f"The layer {node.name!r} ({node.class_name}) cannot be built as its configuration says on "
        "what the layers before it give. If the model takes images of any size, give one that it "
        "was trained with as --size; otherwise the file is damaged: save the model again."
    )
