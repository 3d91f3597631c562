"""A network from a model file as a bundle needs it: flat, from raw pixels to probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app.core.backends.graph import Graph
from app.core.backends.running import AnyNetwork
from app.core.bundles.task import TaskKind
from app.core.errors import DatasetError
from app.core.networks.network import Network, silence_tensorflow
from model_training.data.positive_class import positive_of
from model_training.importing.graph_checks import odd_answers
from model_training.importing.graph_ending import graph_ending, graph_from
from model_training.importing.graph_entrance import (
    read_entrance,
    require_known_scaling,
    scaling_notes,
)
from model_training.importing.graph_files import graph_kind, open_graph
from model_training.importing.heads import Ending, Head, ending_of, with_head
from model_training.importing.heatmap_layers import heatmap_layer
from model_training.importing.input_size import InputShape, input_shape
from model_training.importing.keras_graph import graph_of
from model_training.importing.opening import Opened, open_model
from model_training.importing.refusal import NotImportedError
from model_training.importing.replay import Replay
from model_training.importing.saved_model_archive import unpacked
from model_training.importing.scaling import SCALES, scaled
from model_training.importing.weight_files import Place

# Gradients of each output are part of a network of Keras; with 1,000 they take minutes.
_MOST_OUTPUTS = 100


@dataclass(frozen=True, slots=True)
class Said:
    """What a person says of a model; None for what the file says itself.

    Attributes:
        classes: Names in the order of the outputs; of one sigmoid, that of 0 and that of 1.
        positive: The positive one of two classes.
        scale: One of `scaling.SCALES`.
        head: One of `heads.HEADS`.
        size: Height and width of its images.
        blue_first: Whether red and blue are exchanged before the scaling.
        asks_images: Whether the scaling, if nobody says it, is asked of labelled images later.
    """

    classes: tuple[str, ...] | None = None
    positive: str | None = None
    scale: str | None = None
    head: Head | None = None
    size: tuple[int, int] | None = None
    blue_first: bool = False
    asks_images: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Imported:
    """A network that was imported.

    Attributes:
        network: From raw pixels in [0, 255] to probabilities; of Keras a flat functional model, of
            other formats, and without a layer for heatmaps or of many classes, a graph of OpenVINO,
            which ends in logits.
        classes: Names in the order of its outputs; of two classes, the positive one last.
        task: Whether one of the classes is true, or any of the findings.
        scale: How pixels are scaled in the graph; one of `scaling.SCALES`, or empty if that is
            still to be found, and they are left as they are.
        kind: What the file is, such as `Keras 2 HDF5`.
        notes: What was recognised and decided, one sentence each.
    """

    network: AnyNetwork
    classes: tuple[str, ...]
    task: TaskKind
    scale: str
    kind: str
    notes: tuple[str, ...]

    @property
    def is_graph(self) -> bool:
        """Whether the network is a graph of OpenVINO, not one of Keras."""
        return isinstance(self.network, Graph)

    @property
    def is_binary(self) -> bool:
        """Whether there are two classes, one of which is true."""
        return self.task == "one-of" and len(self.classes) == 2


def import_network(path: Path, said: Said) -> Imported:
    """Builds the network of a model file anew, from layers of Keras; other kinds run as they are.

    Args:
        path: A `.keras` or `.h5` file, Teachable Machine's ZIP, one of `graph_files`, or a ZIP of
            a SavedModel.
        said: What a person says of it.

    Raises:
        NotImportedError: If it cannot be imported, or leaves a question open.

    Example:
        imported = import_network(
            Path("model.h5"), Said(classes=("NORMAL", "PNEUMONIA"), scale="0..1")
        )
        imported.network.model.predict(pixels)
    """
    with unpacked(path) as model_path:
        if (kind := graph_kind(model_path)) is not None:
            return _import_graph(model_path, kind, said)
    silence_tensorflow()
    import keras

    with open_model(path) as opened:
        shape = input_shape(opened.node, said.size)
        scale = said.scale or ("-1..1" if opened.teachable_machine else "0..255")
        pixels = keras.Input(shape, name="pixels")
        replay = Replay(opened.weights, opened.keras_2, opened.num_values)
        prepared = scaled(pixels, scale, blue_first=said.blue_first)
        output = replay.model(opened.node, prepared, Place())
        _require_one_scaling(said, opened, replay.scaled)
        is_known = bool(said.scale or replay.scaled or opened.teachable_machine)
        ending = ending_of(output, said.head)
        names = _classes(said, opened.labels, ending)
        order, positive_note = _order(names, ending, said.positive)
        model = keras.Model(pixels, with_head(ending, order), name="imported")
        notes = _notes(opened, shape, scale if is_known else "", replay, ending)
        if said.blue_first:
            notes.append("Red and blue are exchanged in the graph before that.")
    layer = heatmap_layer(model)
    network: AnyNetwork
    if layer is None or ending.units > _MOST_OUTPUTS:
        network = graph_of(model, has_map=layer is not None)
        notes += ["It runs in OpenVINO.", *_map_notes(network), *odd_answers(network, ending)]
    else:
        network = Network(model, layer)
        notes.append(f"Heatmaps are made of the layer {layer}.")
    classes = tuple(names[index] for index in order)
    return Imported(
        network,
        classes,
        ending.task,
        scale if is_known else "",
        opened.kind,
        tuple(notes + positive_note),
    )


def _import_graph(path: Path, kind: str, said: Said) -> Imported:
    """A network that is not Keras, as a graph of OpenVINO from raw pixels to logits."""
    entrance = read_entrance(open_graph(path, kind), said.size)
    ending = graph_ending(entrance.model, said.head)
    require_known_scaling(entrance, said.scale, asks_images=said.asks_images)
    names = _classes(said, (), ending)
    order, positive_note = _order(names, ending, said.positive)
    is_known = bool(said.scale or entrance.scaled)
    scale = said.scale or "0..255"
    graph = graph_from(entrance, scale, ending, order, blue_first=said.blue_first)
    notes = [
        f"The file is {kind}. It takes {'grey' if entrance.channels == 1 else 'colour'} images of "
        f"{entrance.height} × {entrance.width}, and runs in OpenVINO as it is.",
        *scaling_notes(entrance, scale if is_known else "", blue_first=said.blue_first),
        *_head_notes(ending),
        *odd_answers(graph, ending),
    ]
    notes += _map_notes(graph)
    classes = tuple(names[index] for index in order)
    return Imported(
        graph, classes, ending.task, scale if is_known else "", kind, tuple(notes + positive_note)
    )


def _map_notes(graph: Graph) -> list[str]:
    if graph.heatmap_layer:
        return [f"Heatmaps are made of the node {graph.heatmap_layer}."]
    return [
        "No layer near its end has a map of the image that all paths go through: it is imported "
        "for its scores, without heatmaps."
    ]


def _require_one_scaling(said: Said, opened: Opened, found: Sequence[str]) -> None:
    """Checks that pixels are scaled, and only once."""
    known = ", ".join(SCALES)
    if found and said.scale not in (None, "0..255"):
        raise NotImportedError(
            f"The model scales its pixels itself, in {', '.join(map(repr, found))}; received "
            f"--scale {said.scale}, which would scale them twice. Leave --scale out."
        )
    is_known = said.scale is not None or opened.teachable_machine or said.asks_images
    if not found and not is_known:
        raise NotImportedError(
            "The model does not scale its pixels itself, and the file does not say how that was "
            f"done where it was trained. Say it with --scale, one of {known}: `x / 255` is 0..1, "
            "`x / 127.5 - 1` is -1..1, `preprocess_input` of VGG and ResNet is caffe, of MobileNet "
            "-1..1, of DenseNet imagenet; 0..255 is nothing at all."
        )


def _classes(said: Said, labels: tuple[str, ...], ending: Ending) -> tuple[str, ...]:
    names = said.classes or labels
    needed = ending.num_classes
    what = "findings" if ending.task == "any-of" else "classes"
    if not names:
        order = "first that of 0, then that of 1" if ending.head == "sigmoid" else "in their order"
        raise NotImportedError(
            f"The model has {ending.units} outputs, and its file does not name the {what}. "
            f"Name them with --classes, {order}, or with --classes FILE, one name a line."
        )
    if len(names) != needed:
        received = "1 name" if len(names) == 1 else f"{len(names)} names"
        raise NotImportedError(
            f"The model tells {needed} {what}; received {received}: {', '.join(names[:10])}. "
            "Name each once, in the order of the outputs."
        )
    if not all(name.strip() for name in names):
        raise NotImportedError(
            f"Name {[bool(name.strip()) for name in names].index(False) + 1} of the {what} is "
            "empty. Give each a name with --classes."
        )
    if len(set(names)) < len(names):
        raise NotImportedError(
            f"The names of the {what} are not all different: {', '.join(names[:10])}. Name each "
            "once with --classes."
        )
    return names


def _order(
    names: tuple[str, ...], ending: Ending, positive: str | None
) -> tuple[tuple[int, ...], list[str]]:
    """Which class comes first, second and so on, and a note about it."""
    if ending.task == "any-of" or len(names) > 2:
        if positive is not None:
            raise NotImportedError(
                f"--positive {positive} is for two classes; this model has {len(names)} "
                f"{'findings' if ending.task == 'any-of' else 'classes'}. Leave it out."
            )
        return tuple(range(len(names))), []
    if positive is not None and positive not in names:
        raise NotImportedError(f"--positive {positive} is none of the classes {', '.join(names)}.")
    try:
        found = positive_of(names, positive)
    except DatasetError as error:
        raise NotImportedError(str(error)) from None
    note = [f"The positive class is {found.name}: {found.reason}"]
    if found.name == names[1]:
        return (0, 1), note
    return (1, 0), [*note, "It was the first of the outputs and is now the second."]


def _notes(
    opened: Opened, shape: InputShape, scale: str, replay: Replay, ending: Ending
) -> list[str]:
    height, width, channels = shape
    notes = [
        f"The file is {opened.kind}. It takes {'grey' if channels == 1 else 'colour'} images of "
        f"{height} × {width}.",
    ]
    if replay.scaled:
        notes.append(f"It scales its pixels itself, in {', '.join(replay.scaled)}.")
    elif opened.teachable_machine:
        notes.append(
            "It is of Teachable Machine, which scales pixels to -1..1; that is now part of the "
            "graph. There, the middle square of an image is used; here, the whole image."
        )
    elif scale:
        notes.append(f"Pixels are scaled to {scale} in the graph.")
    notes += _head_notes(ending)
    if replay.left_out:
        notes.append(
            f"Left out, as they do nothing once a model is trained: {_some(replay.left_out)}."
        )
    return notes


def _head_notes(ending: Ending) -> list[str]:
    notes = []
    if ending.head == "findings":
        notes.append(
            f"It has {ending.units} sigmoids, so an image can show any of {ending.units} findings."
        )
    if not ending.recognised:
        notes.append(f"It ends without activation; its outputs are taken as {ending.head}.")
    return notes


def _some(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    more = len(names) - 4
    return ", ".join(names[:4]) + (f" and {more} more" if more > 0 else "")
