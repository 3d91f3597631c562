"""Reads how the layers of a Keras configuration are connected, in the words of Keras 2 and 3."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from model_training.importing.refusal import NotImportedError

MODELS = ("Functional", "Model", "Sequential")
# What tensors are called where they are named, in the order of a call without names.
_OPERANDS = ("x1", "x2", "inputs", "query", "value", "key")
_OF_KERAS = ("keras", "tensorflow", "tf_keras")
_OLD_OPERANDS = ("training", "y", "value", "key", "bias")


@dataclass(frozen=True, slots=True)
class Origin:
    """The output of a layer: its name, and which of the calls of that layer it is of."""

    layer: str
    call: int


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a layer.

    Attributes:
        arguments: What it is called with: outputs of layers, numbers, or lists of numbers.
        training: Whether it was called as in training, whatever the model is used for.
        options: What it is called with by name, apart from that and tensors.
    """

    arguments: tuple[Any, ...]
    training: bool = False
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def origins(self) -> tuple[Origin, ...]:
        """The outputs of layers among the arguments."""
        return tuple(one for one in self.arguments if isinstance(one, Origin))


@dataclass(frozen=True, slots=True)
class Node:
    """A layer or nested model of a configuration.

    Attributes:
        name: Its name.
        class_name: Name of its class.
        config: Its own configuration.
        calls: The calls of it; none of an input.
        is_custom: Whether the file says that its class is none of Keras.
    """

    name: str
    class_name: str
    config: Any
    calls: tuple[Call, ...] = ()
    is_custom: bool = False

    @property
    def is_model(self) -> bool:
        """Whether it is a model with layers of its own."""
        return self.class_name in MODELS


@dataclass(frozen=True, slots=True)
class Topology:
    """The layers of a model and their connections.

    Attributes:
        name: Of the model.
        nodes: Its layers.
        inputs: Names of its inputs; empty for a Sequential that does not name one.
        outputs: Its outputs.
    """

    name: str
    nodes: tuple[Node, ...]
    inputs: tuple[str, ...]
    outputs: tuple[Origin, ...]


def read_topology(class_name: str, config: Any, *, name: str) -> Topology:
    """The layers of a model and how they are connected.

    Args:
        class_name: Of the model, one of `MODELS`.
        config: Its configuration, as the file has it.
        name: What to call it in messages if it has no name.

    Raises:
        NotImportedError: If it is no configuration of such a model.
    """
    try:
        if class_name == "Sequential":
            return _sequential(config, name)
        return _functional(config, name)
    except (KeyError, IndexError, TypeError, AttributeError, ValueError) as error:
        raise NotImportedError(
            f"The configuration of the model {name!r} cannot be understood "
            f"({type(error).__name__}). Expected a Sequential or functional model of Keras 2 or "
            "3; load it where it was made, and save it again with `model.save`."
        ) from None


def require_one_way(topology: Topology) -> None:
    """Refuses a model with several inputs or outputs.

    Args:
        topology: Of the model.

    Raises:
        NotImportedError: If it has them.
    """
    for what, names in (
        ("inputs", topology.inputs),
        ("outputs", tuple(one.layer for one in topology.outputs)),
    ):
        if len(names) > 1:
            listed = ", ".join(map(repr, names[:6]))
            raise NotImportedError(
                f"The model {topology.name!r} has {len(names)} {what} ({listed}). Expected one: "
                "an image in, its classes or findings out. Build a model from one of them, such "
                "as `keras.Model(model.inputs[0], model.outputs[0])`, and save that."
            )


def _sequential(config: Any, name: str) -> Topology:
    layers = config if isinstance(config, list) else config["layers"]
    named = config.get("name", name) if isinstance(config, dict) else name
    nodes: list[Node] = []
    inputs = []
    for number, layer in enumerate(layers):
        found = _node(layer, number)
        if found.class_name == "InputLayer":
            inputs.append(found.name)
            nodes.append(found)
            continue
        before = (Origin(nodes[-1].name, 0),) if nodes else ()
        nodes.append(replace(found, calls=(Call(before),)))
    return Topology(str(named), tuple(nodes), tuple(inputs), (Origin(nodes[-1].name, 0),))


def _functional(config: Any, name: str) -> Topology:
    nodes = tuple(
        replace(_node(layer, number), calls=_calls(layer["inbound_nodes"]))
        for number, layer in enumerate(config["layers"])
    )
    if len({node.name for node in nodes}) < len(nodes):
        raise ValueError("two layers of one name")
    return Topology(
        str(config.get("name", name)),
        nodes,
        tuple(origin.layer for origin in _ends(config["input_layers"])),
        tuple(_ends(config["output_layers"])),
    )


def _node(layer: Any, number: int) -> Node:
    class_name, config = str(layer["class_name"]), layer["config"]
    name = layer.get("name") or (config.get("name") if isinstance(config, dict) else None)
    origin = str(layer.get("module") or "keras").partition(".")[0]
    is_custom = origin not in _OF_KERAS or ">" in str(layer.get("registered_name"))
    return Node(str(name or f"{class_name}_{number}"), class_name, config, is_custom=is_custom)


def _ends(written: Any) -> list[Origin]:
    """`["a", 0, 0]`, a list of these, or, with several names for a model, a dictionary of them."""
    if isinstance(written, dict):
        return [one for part in written.values() for one in _ends(part)]
    if written and isinstance(written[0], str):
        return [_origin(written)]
    return [one for part in written for one in _ends(part)]


def _origin(written: Sequence[Any]) -> Origin:
    layer, call, tensor = written[:3]
    if tensor != 0:
        raise ValueError("a layer with several outputs")
    return Origin(str(layer), int(call))


def _calls(written: Any) -> tuple[Call, ...]:
    return tuple(_new_call(one) if isinstance(one, dict) else _old_call(one) for one in written)


def _new_call(written: dict[str, Any]) -> Call:
    """As Keras 3 writes a call: arguments, among them tensors with their history."""
    options = written.get("kwargs", {})
    operands = [options[key] for key in _OPERANDS if options.get(key) is not None]
    others = {key: one for key, one in options.items() if key not in (*_OPERANDS, "training")}
    arguments = tuple(_arguments([*written["args"], *operands]))
    return Call(arguments, options.get("training") is True, others)


def _arguments(written: Sequence[Any]) -> list[Any]:
    found: list[Any] = []
    for one in written:
        if isinstance(one, dict) and one.get("class_name") == "__keras_tensor__":
            found.append(_origin(one["config"]["keras_history"]))
        elif isinstance(one, list) and any(isinstance(part, dict | list) for part in one):
            found += _arguments(one)
        else:
            found.append(one)
    return found


def _old_call(written: Any) -> Call:
    """As Keras 2 writes a call: `[name, call, tensor, options]`, or a list of these."""
    parts = [written] if written and isinstance(written[0], str) else written
    arguments: list[Any] = []
    others: dict[str, Any] = {}
    training = False
    for part in parts:
        options = part[3] if len(part) > 3 else {}
        arguments.append(_origin(part))
        training = training or options.get("training") is True
        others |= {key: one for key, one in options.items() if key not in _OLD_OPERANDS}
        for key in _OLD_OPERANDS[1:]:
            if key in options:
                operand = options[key]
                is_origin = isinstance(operand, list) and operand and isinstance(operand[0], str)
                arguments.append(_origin(operand) if is_origin else operand)
    return Call(tuple(arguments), training, others)
