"""The size of the images that a model takes, as its configuration says it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from model_training.importing.refusal import NotImportedError
from model_training.importing.topology import Node, Topology, read_topology

InputShape = tuple[int, int, Literal[1, 3]]
_KEYS = ("batch_shape", "batch_input_shape", "input_shape")
_DEEPEST = 20


def input_shape(model: Node, size: tuple[int, int] | None) -> InputShape:
    """Height, width and channels of the images that a model takes.

    Args:
        model: The outermost model of a file.
        size: Height and width, where the model takes any.

    Raises:
        NotImportedError: If the file does not say them and nobody does, they contradict what is
            said, or the model takes no images.
    """
    stated = _stated(model, 0)
    if stated is None:
        raise NotImportedError(
            "The file does not say which images the model takes. Load the model where it was "
            "made, call it on an image, and save it again with `model.save`."
        )
    if len(stated) != 3 or stated[2] not in (1, 3):
        raise NotImportedError(
            f"The model takes {tuple(stated)}. Expected images as (height, width, channels), with "
            "1 channel for grey or 3 for colour, channels last."
        )
    height, width, channels = stated
    if size is not None and any(
        known not in (None, given) for known, given in zip((height, width), size, strict=True)
    ):
        raise NotImportedError(
            f"The model takes images of {_text(height)} × {_text(width)}; received --size "
            f"{size[0]}x{size[1]}. {other_size((height, width))}"
        )
    if size is None and (height is None or width is None):
        raise NotImportedError(
            "The model takes images of any size. Say which it was trained with, such as --size "
            "224 or --size 224x320 (height x width)."
        )
    height, width = size or (height, width)
    if not all(isinstance(side, int) and 16 <= side <= 4096 for side in (height, width)):
        raise NotImportedError(
            f"The model takes images of {height} × {width}; expected sides of 16 to 4,096 pixels."
        )
    return height, width, 1 if channels == 1 else 3


def _stated(node: Node, depth: int) -> list[Any] | None:
    """`[height, width, channels]` as stated, with None where it is left open."""
    if depth > _DEEPEST:
        return None
    topology = read_topology(node.class_name, node.config, name=node.name)
    first = _first(topology)
    if first is None:
        return None
    if first.is_model:
        return _stated(first, depth + 1)
    config = first.config if isinstance(first.config, dict) else {}
    for key in _KEYS:
        shape = config.get(key)
        if isinstance(shape, list | tuple) and shape:
            return list(shape if key == "input_shape" else shape[1:])
    built = node.config.get("build_input_shape") if isinstance(node.config, dict) else None
    return list(built[1:]) if isinstance(built, list | tuple) and built else None


def _first(topology: Topology) -> Node | None:
    """The input of a model, or the first layer of a Sequential."""
    wanted = topology.inputs[0] if topology.inputs else None
    for node in topology.nodes:
        if wanted in (None, node.name):
            return node
    return None


def other_size(known: Sequence[int | None]) -> str:
    """What to say instead of a size that contradicts the model's own.

    Args:
        known: Its height and width, None where it takes any.
    """
    if None not in known:
        return "Leave --size out."
    fixed = ("height", known[0]) if known[0] is not None else ("width", known[1])
    return f"Say a --size whose {fixed[0]} is {fixed[1]}."


def _text(side: int | None) -> str:
    return "any" if side is None else str(side)
