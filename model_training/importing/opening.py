"""Opens a model file and finds out what it is by its content; nothing in it is executed."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from app.core.errors import system_reason
from model_training.importing import archives
from model_training.importing.archives import damaged
from model_training.importing.refusal import NotImportedError
from model_training.importing.topology import MODELS, Node
from model_training.importing.weight_files import (
    ArchivedWeights,
    LegacyWeights,
    Weights,
    num_values,
    open_hdf5,
)

if TYPE_CHECKING:
    import h5py

_HDF5 = b"\x89HDF\r\n\x1a\n"
_ZIP = b"PK\x03\x04"
_EXPECTED = (
    "Expected a `.keras` or `.h5` file written by `model.save`, the ZIP that Teachable Machine "
    "exports for Keras (`keras_model.h5` with `labels.txt`), an ONNX or TensorFlow Lite file, a "
    "SavedModel folder or a ZIP of one, or OpenVINO IR (`.xml` and `.bin`)."
)
_OTHER_FORMATS = {
    ".tflite": "no TensorFlow Lite file", ".pt": "a PyTorch file", ".pth": "a PyTorch file",
    ".pkl": "a pickle, which is a program", ".joblib": "a pickle, which is a program",
    ".pb": "a TensorFlow graph without its folder", ".xml": "an XML file of another kind",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Opened:
    """A model file that is open.

    Attributes:
        kind: What it is, such as `Keras 2 HDF5`.
        node: The model in it, as configured.
        weights: Its weights.
        num_values: Number of values of all weights together.
        keras_2: Whether Keras 2 wrote it.
        labels: Class names that came with it, in output order; empty if none did.
        teachable_machine: Whether Teachable Machine exported it.
    """

    kind: str
    node: Node
    weights: Weights
    num_values: int
    keras_2: bool
    labels: tuple[str, ...] = ()
    teachable_machine: bool = False


@contextmanager
def open_model(path: Path) -> Iterator[Opened]:
    """Opens a model file while its weights are read.

    Args:
        path: A `.keras` or `.h5` file, or Teachable Machine's ZIP, whatever its name.

    Raises:
        NotImportedError: If it is none of these, damaged, or made to do harm.

    Example:
        with open_model(Path("keras_model.h5")) as opened:
            print(opened.kind, opened.labels)
    """
    name = path.name
    with ExitStack() as stack:
        try:
            is_folder = path.is_dir()
            head = b"" if is_folder else _head(path)
        except OSError as error:
            raise NotImportedError(
                f"{name} cannot be read ({system_reason(error)}). {_EXPECTED}"
            ) from None
        if head.startswith(_HDF5):
            yield _from_hdf5(stack.enter_context(open_hdf5(path, name)), name)
        elif head.startswith(_ZIP):
            yield _from_archive(path, name, stack)
        else:
            raise NotImportedError(f"{name} is {_other(path, is_folder)}. {_EXPECTED}")


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(16)


def _other(path: Path, is_folder: bool) -> str:
    if is_folder:
        return "a folder"
    if not path.stat().st_size:
        return "empty"
    return _OTHER_FORMATS.get(path.suffix.lower(), "no Keras model")


def _from_hdf5(file: h5py.File, name: str, labels: tuple[str, ...] | None = None) -> Opened:
    if "model_config" not in file.attrs:
        raise NotImportedError(
            f"{name} has weights, but not the model they belong to. Save the whole model with "
            "`model.save`, not with `model.save_weights`."
        )
    version = _text(file.attrs.get("keras_version", ""))
    keras_2 = not version.startswith("3")
    node = _model(_json(_text(file.attrs["model_config"]), name), name)
    root = file.get("model_weights", file)
    return Opened(
        f"Keras {version or '2'} HDF5",
        node,
        LegacyWeights(root, name),
        num_values(file),
        keras_2,
        labels or (),
        labels is not None,
    )


def _from_archive(path: Path, name: str, stack: ExitStack) -> Opened:
    try:
        archive = stack.enter_context(zipfile.ZipFile(path))
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise damaged(name) from None
    found = archives.members(archive, name)
    folder = Path(stack.enter_context(TemporaryDirectory(prefix="overread-import-")))
    by_file = {member.rsplit("/", 1)[-1]: member for member in found}
    weights = folder / "weights.h5"
    if {"config.json", "model.weights.h5"} <= found.keys():
        archives.copy(archive, found["model.weights.h5"], weights, name)
        return _from_keras(archive, found, weights, name, stack)
    if "keras_model.h5" in by_file:
        archives.copy(archive, found[by_file["keras_model.h5"]], weights, name)
        labels: tuple[str, ...] = ()
        if "labels.txt" in by_file:
            labels = read_labels(archives.read(archive, found[by_file["labels.txt"]], name))
        return _from_hdf5(stack.enter_context(open_hdf5(weights, name)), name, labels)
    listed = ", ".join(sorted(by_file)[:5]) or "nothing"
    hint = (
        " This is Teachable Machine's export for TensorFlow.js: choose Tensorflow, Keras there."
        if "model.json" in by_file
        else ""
    )
    raise NotImportedError(f"{name} is a ZIP archive without a model: {listed}.{hint} {_EXPECTED}")


def _from_keras(
    archive: zipfile.ZipFile,
    found: dict[str, zipfile.ZipInfo],
    weights: Path,
    name: str,
    stack: ExitStack,
) -> Opened:
    node = _model(_json(archives.read(archive, found["config.json"], name), name), name)
    version = ""
    if "metadata.json" in found:
        metadata = _json(archives.read(archive, found["metadata.json"], name), name)
        version = str(metadata.get("keras_version", "")) if isinstance(metadata, dict) else ""
    file = stack.enter_context(open_hdf5(weights, name))
    keras_2 = not version.startswith("3")
    return Opened(
        f"Keras {version or '2'} archive", node, ArchivedWeights(file, name), num_values(file),
        keras_2,
    )  # fmt: skip


def read_labels(content: bytes) -> tuple[str, ...]:
    """Class names from a `labels.txt`: one a line, after the number of its output or without it.

    Args:
        content: The file.
    """
    lines = [line.strip() for line in content.decode("utf-8-sig", "replace").splitlines()]
    lines = [line for line in lines if line]
    numbered = [re.fullmatch(r"(\d+)[\s:,]+(.+)", line) for line in lines]
    if lines and all(numbered):
        pairs = sorted((int(one[1]), one[2].strip()) for one in numbered if one)
        if [number for number, _ in pairs] == list(range(len(pairs))):
            return tuple(label for _, label in pairs)
    return tuple(lines)


def _model(config: Any, name: str) -> Node:
    """The outermost model of a configuration."""
    class_name = config.get("class_name") if isinstance(config, dict) else None
    if class_name not in MODELS:
        raise NotImportedError(
            f"The model in {name} is a {class_name!r}. Expected a Sequential or functional model: "
            "a class of its own needs its code, and code in a model file is never run. Build it "
            "from layers of Keras with `keras.Model(inputs, outputs)`, load its weights, and save "
            "that."
        )
    return Node(name, class_name, config.get("config"))


def _json(content: str | bytes, name: str) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise damaged(name) from None


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
