"""Opens model files that are not Keras, and knows them by their content; nothing is executed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from app.core.backends.openvino_cpu import read_model
from app.core.errors import system_reason
from model_training.importing.archives import damaged
from model_training.importing.onnx_outputs import probabilities_only
from model_training.importing.refusal import NotImportedError

ONNX, TFLITE, SAVED_MODEL, IR = "ONNX", "TensorFlow Lite", "a TensorFlow SavedModel", "OpenVINO IR"
_SAVED_MODEL_FILE = "saved_model.pb"
_TFLITE_MARK = b"TFL3"
_MOST_REASON = 200
# Of ONNX itself, of its classical models, and of ONNX Runtime, which OpenVINO knows in part.
_KNOWN_DOMAINS = ("", "ai.onnx", "ai.onnx.ml", "com.microsoft")


def graph_kind(path: Path) -> str | None:
    """What a model file is that is not Keras; None if it is none that is known here.

    Args:
        path: A file, or the folder of a SavedModel.
    """
    try:
        if path.is_dir():
            return SAVED_MODEL if (path / _SAVED_MODEL_FILE).is_file() else None
        with path.open("rb") as file:
            head = file.read(512)
    except OSError:
        return None
    if head[4:8] == _TFLITE_MARK:
        return TFLITE
    if path.suffix.lower() == ".onnx":
        return ONNX
    return IR if b"<net " in head else None


def open_graph(path: Path, kind: str) -> Any:
    """Reads a model file as an `openvino.Model`.

    Args:
        path: The file or folder.
        kind: As `graph_kind` says.

    Raises:
        NotImportedError: If it is damaged, refers to files outside its folder, or has what
            OpenVINO does not know.
    """
    content: bytes | None = None
    if kind == ONNX:
        content = probabilities_only(_checked_onnx(path), path.parent)
    elif kind == SAVED_MODEL:
        _check_folder(path)
    elif kind == IR and not path.with_suffix(".bin").is_file():
        raise NotImportedError(
            f"{path.name} has no weights beside it: {path.with_suffix('.bin').name} is missing. "
            "Copy both files that OpenVINO wrote."
        )
    try:
        return read_model(content or path)
    except RuntimeError as error:
        raise NotImportedError(
            f"{path.name} cannot be read as {kind}: {_reason(error)}. Is it complete? If it has "
            "operations of its own, export it again with standard ones only."
        ) from None


def _checked_onnx(path: Path) -> Any:
    """Reads the structure of an ONNX file without its external weights, and looks at both."""
    import onnx
    from google.protobuf.message import DecodeError

    try:
        model = onnx.load(path, load_external_data=False)
    except DecodeError:
        raise damaged(path.name) from None
    except OSError as error:
        raise NotImportedError(f"{path.name} cannot be read ({system_reason(error)}).") from None
    if not model.graph.node or not model.opset_import:
        raise damaged(path.name)
    own = sorted(
        {
            f"{one.op_type} ({one.domain})"
            for one in model.graph.node
            if one.domain not in _KNOWN_DOMAINS
        }
    )
    if own:
        raise NotImportedError(
            f"{path.name} has operations that are no part of ONNX: {', '.join(own[:5])}. They need "
            "code, which is never run. Export the model with standard operations only."
        )
    for tensor in _tensors(model.graph):
        if tensor.data_location == onnx.TensorProto.EXTERNAL:
            _check_external(path, {entry.key: entry.value for entry in tensor.external_data})
    return model


def _tensors(graph: Any) -> list[Any]:
    """All weights of a graph, also those within attributes and in graphs in its nodes."""
    found = list(graph.initializer)
    found += [part for one in graph.sparse_initializer for part in (one.values, one.indices)]
    for node in graph.node:
        for attribute in node.attribute:
            found += [attribute.t] if attribute.HasField("t") else []
            found += list(attribute.tensors)
            inner = [attribute.g] if attribute.HasField("g") else []
            for one in (*inner, *attribute.graphs):
                found += _tensors(one)
    return found


def _check_external(path: Path, where: dict[str, str]) -> None:
    """Refuses weights in a file that is missing, too short or not beside the model."""
    location = where.get("location", "")
    folder = path.parent.resolve()
    try:
        file = (folder / location).resolve()
        is_inside = bool(location) and file.is_relative_to(folder) and file != folder
    except (OSError, ValueError, RuntimeError):
        is_inside = False
    if not is_inside:
        raise NotImportedError(
            f"{path.name} refers to a file outside its folder for its weights. Nothing outside is "
            "read: save the model with all weights in one file."
        )
    name = Path(location).name
    if not file.is_file():
        raise NotImportedError(
            f"{path.name} keeps its weights in {name}, which is not beside it. Put both files into "
            "one folder, or drop both on the page, or save the model with all weights in one file."
        )
    try:
        end = int(where.get("offset", 0) or 0) + int(where.get("length", 0) or 0)
    except ValueError:
        raise damaged(path.name) from None
    if end > file.stat().st_size:
        raise damaged(name)


def _check_folder(path: Path) -> None:
    """Refuses links in a SavedModel, which could lead anywhere."""
    for one in path.rglob("*"):
        if one.is_symlink():
            raise NotImportedError(
                f"{path.name} has a link in it, {one.name}. Nothing outside of it is read: copy "
                "the files themselves."
            )


def _reason(error: Exception) -> str:
    """The sentence of OpenVINO's message that tells what is wrong, without places in its code."""
    lines = [line.strip(" -") for line in str(error).splitlines()]
    telling = [
        line
        for line in lines
        if line and not re.match(r"(Exception from|Check '|While validating|\[ .*\]$)", line)
    ]
    marks = ("No conversion rule found", "support")
    chosen = next((line for mark in marks for line in telling if mark in line), "")
    chosen = chosen or (telling[-1] if telling else type(error).__name__)
    return re.sub(r"\S*/\S+", "…", chosen)[:_MOST_REASON].rstrip(".: ")
