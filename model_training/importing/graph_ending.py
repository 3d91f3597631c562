"""The end of a graph, and the whole of it from raw pixels to logits."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from app.core.backends.graph import Graph
from app.core.backends.graph_parts import is_for_one
from app.core.backends.openvino_cpu import compile_for_cpu, load_openvino, read_model
from model_training.importing.graph_entrance import Entrance, scaled_pixels
from model_training.importing.heads import Ending, Head, ending_from
from model_training.importing.heatmap_layers import graph_heatmap_layer
from model_training.importing.refusal import NotImportedError

_ACTIVATIONS = {"LogSoftmax": "softmax", "Sigmoid": "sigmoid", "Softmax": "softmax"}
_PASSED_ON = ("Convert", "Identity", "Reshape", "Result", "Squeeze", "Unsqueeze")
# Logits of images alone, and in a batch.
_SAME = 1e-3


def graph_ending(model: Any, head: Head | None) -> Ending:
    """How a graph ends.

    Args:
        model: An `openvino.Model`.
        head: What its outputs are, if somebody says so.

    Raises:
        NotImportedError: If it gives no number for each class, or does not say what they are.
    """
    result = _output(model)
    units = _units(result.input_value(0))
    node = result.input_value(0).get_node()
    while node.get_type_name() in _PASSED_ON:
        node = node.input_value(0).get_node()
    if node.get_type_name() == "FakeQuantize":
        raise _rounded()
    activation = _ACTIVATIONS.get(node.get_type_name(), "linear")
    before = node.input_value(0) if activation != "linear" else result.input_value(0)
    if _units(before) != units:
        raise NotImportedError(
            f"The model's last layer, {node.get_friendly_name()!r}, has more places than one. "
            "Expected one number for each class."
        )
    return ending_from(activation, units, head, layer=before.get_node())


def graph_from(
    entrance: Entrance, scale: str, ending: Ending, order: tuple[int, ...], *, blue_first: bool
) -> Graph:
    """The graph from raw pixels to logits, as a bundle has it.

    Args:
        entrance: The graph as it was read, and the images that it takes.
        scale: One of `scaling.SCALES`.
        ending: How it ends.
        order: Which of its classes come first, second and so on, see `heads.with_head`.
        blue_first: Whether red and blue are exchanged before the scaling.

    Raises:
        NotImportedError: If it cannot be computed on images of that size.
    """
    openvino = load_openvino()
    ops = openvino.opset13
    size = (entrance.height, entrance.width, entrance.channels)
    for batch in (-1, 1):
        model = entrance.model.clone()
        logits = _same_node(model, ending.layer)
        pixels = ops.parameter([batch, *size], openvino.Type.f32, name="pixels")
        images = scaled_pixels(pixels, scale, entrance.channels, blue_first=blue_first)
        if entrance.is_flat:
            images = ops.reshape(images, np.array([-1, int(np.prod(size))]), False)
        elif entrance.channels_first:
            images = ops.transpose(images, [0, 3, 1, 2])
        start = model.input(0)
        if start.get_element_type() != openvino.Type.f32:
            images = ops.convert(images, start.get_element_type().to_string())
        for consumer in start.get_target_inputs():
            consumer.replace_source_output(images.output(0))
        ordered = _ordered(logits, ending, order)
        try:
            whole = openvino.Model([ordered.output(0)], [pixels])
            if batch == -1 and is_for_one(whole):
                continue
            read = read_again(whole)
            graph = Graph(read, graph_heatmap_layer(read))
            if _computes(graph, size, 2 if batch == -1 else 1):
                return graph
        except RuntimeError:
            continue
    raise NotImportedError(
        f"The model cannot be computed on images of {entrance.height} × {entrance.width} × "
        f"{entrance.channels}. If it takes images of any size, is --size the one that it was "
        "trained with?"
    )


def _ordered(logits: Any, ending: Ending, order: tuple[int, ...]) -> Any:
    """Logits as `(batch, units)`, in the new order."""
    ops = load_openvino().opset13
    flat = ops.convert(ops.reshape(logits, np.array([-1, ending.units]), False), "f32")
    if ending.head == "sigmoid":
        return flat if order == (0, 1) else ops.negative(flat)
    if order == tuple(range(ending.units)):
        return flat
    return ops.gather(flat, np.array(order), 1)


def read_again(model: Any) -> Any:
    """A graph as its files will have it: names of nodes are made unique when it is written.

    Args:
        model: An `openvino.Model`.
    """
    with TemporaryDirectory(prefix="overread-import-") as folder:
        path = Path(folder) / "network.xml"
        load_openvino().serialize(model, path, path.with_suffix(".bin"))
        # Weights are kept in the file as long as nobody copies them.
        return read_model(path).clone()


def _computes(graph: Graph, size: tuple[int, int, int], batch: int) -> bool:
    """Whether it answers, and with a free batch, each image as if it were alone."""
    compiled = compile_for_cpu(graph.model, streams=1)
    films = np.random.default_rng(0).integers(0, 256, (batch, *size)).astype(np.float32)

    def logits(pixels: Any) -> Any:
        return np.array(next(iter(compiled.create_infer_request().infer(pixels).values())))

    together = logits(films)
    if together.shape != (batch, graph.num_logits):
        return False
    alone = np.concatenate([logits(films[at : at + 1]) for at in range(batch)])
    return bool(np.allclose(together, alone, rtol=_SAME, atol=_SAME, equal_nan=True))


def _output(model: Any) -> Any:
    """The output with a number for each class; others, such as the class itself, are integers."""
    results = [
        one for one in model.get_results() if one.input_value(0).get_element_type().is_real()
    ]
    if not results:
        raise _rounded()
    if len(results) != 1:
        names = ", ".join(str(one.input_value(0).get_node().get_friendly_name()) for one in results)
        raise NotImportedError(
            f"The model gives {len(results)} outputs of numbers ({names}). Expected one, with a "
            "number for each class: a model with several tasks, or of features, cannot be imported."
        )
    return results[0]


def _rounded() -> NotImportedError:
    return NotImportedError(
        "The model answers in whole numbers, as one quantised to integers throughout does. Its "
        "probabilities would be rounded: convert it again in float, or with its weights alone "
        "quantised (without `representative_dataset`)."
    )


def _units(output: Any) -> int:
    """The number of values for each image."""
    shape = output.partial_shape
    sizes = [] if shape.rank.is_dynamic else list(shape)[1:]
    if shape.rank.is_dynamic or any(one.is_dynamic for one in sizes):
        raise NotImportedError(
            f"The model gives {shape} for each batch. Expected one number for each class."
        )
    counts = [int(one.get_length()) for one in sizes]
    if sum(count > 1 for count in counts) > 1:
        raise NotImportedError(
            f"The model gives {tuple(counts)} for each image. Expected one number for each class; "
            "a model that outlines or locates findings cannot be imported."
        )
    return int(np.prod(counts)) if counts else 1


def _same_node(model: Any, node: Any) -> Any:
    name = node.get_friendly_name()
    return next(one for one in model.get_ordered_ops() if one.get_friendly_name() == name)
