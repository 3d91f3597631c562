"""Initial weights: ImageNet's, those of a file, or those of another model."""

from __future__ import annotations

import re
import socket
import sys
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any, TypeAlias

import h5py
import keras
import numpy as np
from numpy.typing import NDArray

from app.core.bundles.bundle import load_bundle
from app.core.bundles.manifest import MANIFEST
from app.core.errors import WeightsError
from app.core.networks.network import load_network
from model_training.networks.blocks import PREDICTIONS_LAYER
from model_training.networks.catalogue import PRESETS, ImageNet

Arrays: TypeAlias = list[NDArray[np.float32]]

# A firewall that drops packets would otherwise block the download for ever.
_TIMEOUT_SECONDS = 30.0


def load_pretrained(model: keras.Model, preset_name: str, weights: str | Path) -> str:
    """Loads weights into the backbone of a new network; its head is left as it is.

    Args:
        model: A network built by the preset's `build`.
        preset_name: The preset's name.
        weights: `none`; `imagenet`, downloaded once into the Keras cache; or the path of a Keras
            `.weights.h5` or `.h5` file of the backbone (with or without its top), of a
            `model.keras`, or of a bundle. From a model, every layer with the same name and
            shapes is copied; in a preset without a backbone, all layers before its predictions
            count as the backbone.

    Returns:
        A sentence for the report.

    Raises:
        WeightsError: If the weights cannot be downloaded or read, are not Keras weights, or belong
            to another architecture.
        BundleError: If the bundle is damaged.
    """
    if weights == "none":
        return "Training starts from random weights."
    preset = PRESETS[preset_name]
    layers = _layers_with_weights(model, preset.backbone_end)
    if weights == "imagenet":
        weights = _download(preset_name, preset.imagenet)
    path = Path(weights)
    if not path.exists():
        raise WeightsError(
            f"There are no weights at {path.name!r}. Expected `none`, `imagenet`, a Keras weights "
            "file (.h5), a model.keras or a bundle folder; check the path of --weights."
        )
    if path.is_dir() or zipfile.is_zipfile(path):
        loaded = _load_model(layers, _read_model(path), name=path.name)
    elif h5py.is_hdf5(path):
        bgr = preset.imagenet is not None and preset.imagenet.bgr
        loaded = _load_file(layers, path, preset_name=preset_name, bgr=bgr)
    else:
        raise _not_weights(path.name)
    return f"Training starts from {path.name}: {loaded} of {len(layers)} layers with weights."


def _layers_with_weights(model: keras.Model, end: str | None) -> list[keras.layers.Layer]:
    """The layers that can be pre-trained, in the order of the graph."""
    names = [layer.name for layer in model.layers]
    stop = names.index(PREDICTIONS_LAYER) if end is None else names.index(end) + 1
    return [layer for layer in model.layers[:stop] if layer.weights]


def _download(preset_name: str, imagenet: ImageNet | None) -> Path:
    if imagenet is None:
        known = ", ".join(name for name, preset in PRESETS.items() if preset.imagenet)
        raise WeightsError(
            f"There are no ImageNet weights for {preset_name!r}, only for {known}. Choose "
            "one of those, or pass --weights none or a bundle to start from."
        )
    file = imagenet.url.rsplit("/", 1)[1]
    try:
        # Keras draws a progress bar, which would fill a log.
        bar = sys.stderr if sys.stderr.isatty() else StringIO()
        with _connection_timeout(_TIMEOUT_SECONDS), redirect_stdout(bar):
            return Path(
                keras.utils.get_file(
                    file, imagenet.url, cache_subdir="models", file_hash=imagenet.md5
                )
            )
    except Exception:
        raise WeightsError(
            f"The ImageNet weights of {preset_name!r} could not be downloaded. Download "
            f"{imagenet.url} on another machine, copy it here and pass it with "
            f"`--weights {file}`."
        ) from None


@contextmanager
def _connection_timeout(seconds: float) -> Iterator[None]:
    """Sets the timeout of new connections."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def _load_file(
    layers: Sequence[keras.layers.Layer], path: Path, *, preset_name: str, bgr: bool
) -> int:
    """Loads an HDF5 file of the whole backbone; every layer must fit."""
    try:
        found, legacy = _read_file(path, layers)
    except (OSError, LookupError):
        raise _not_weights(path.name) from None
    another = f"{path.name} holds the weights of another network than {preset_name!r}"
    for position, layer in enumerate(layers, start=1):
        arrays = found[position - 1] if position <= len(found) else []
        if _shapes(arrays) != _shapes(layer.weights):
            raise WeightsError(
                f"{another}: layer {position} of its {len(found)} layers with weights has "
                f"{_describe_shapes(arrays)}; expected {_describe_shapes(layer.weights)} "
                f"({layer.name}), in {len(layers)} layers. Pass a file of the same "
                "architecture, without its top."
            )
    # One more is the top, the classifier for ImageNet's own classes.
    if len(found) > len(layers) + 1:
        raise WeightsError(
            f"{another}: it has {len(found)} layers with weights, expected {len(layers)}. "
            "Pass a file of the same architecture, without its top."
        )
    if bgr and legacy:  # files saved by this trainer are RGB already
        found[0][0] = found[0][0][:, :, ::-1]
    for layer, arrays in zip(layers, found, strict=False):
        layer.set_weights(arrays)
    return len(layers)


def _read_file(path: Path, layers: Sequence[keras.layers.Layer]) -> tuple[list[Arrays], bool]:
    """Arrays of each layer, those of `layers` first, and whether Keras 1 or 2 wrote the file."""
    with h5py.File(path) as file:
        group = file["model_weights"] if "model_weights" in file else file
        if "layer_names" in group.attrs:
            return _in_file_order(group), True
        return _in_order_of(layers, group["layers"]), False


def _in_file_order(group: Any) -> list[Arrays]:
    """Arrays of each layer with weights in a file of Keras 1 or 2, which lists layers in order."""
    layers = [group[_text(name)] for name in group.attrs["layer_names"]]
    found = [
        [np.asarray(layer[_text(name)]) for name in layer.attrs["weight_names"]] for layer in layers
    ]
    return [arrays for arrays in found if arrays]


def _in_order_of(layers: Sequence[keras.layers.Layer], group: Any) -> list[Arrays]:
    """Arrays of each layer in a file of Keras 3, which numbers the layers of each class separately.

    Layers of the file that are not among `layers` come last.
    """
    held = {
        name: [np.asarray(part["vars"][str(index)]) for index in range(len(part["vars"]))]
        for name, part in group.items()
        if len(part.get("vars", ()))
    }
    counts: dict[str, int] = {}
    found = []
    for layer in layers:
        kind = re.sub("([a-z])([A-Z])", r"\1_\2", type(layer).__name__).lower()
        number = counts[kind] = counts.get(kind, -1) + 1
        found.append(held.pop(f"{kind}_{number}" if number else kind, []))
    return found + list(held.values())


def _read_model(path: Path) -> keras.Model:
    if path.is_dir():
        if not (path / MANIFEST).is_file():
            raise WeightsError(
                f"There is no bundle in the folder {path.name!r}: {MANIFEST} is missing. Pass a "
                "bundle folder or a weights file with --weights."
            )
        return load_network(load_bundle(path)).model
    try:
        return keras.models.load_model(path, compile=False)
    except Exception as error:
        raise WeightsError(
            f"{path.name} cannot be loaded as a Keras model ({type(error).__name__}). Expected a "
            "model.keras without custom layers; copy it again, or pass another with --weights."
        ) from None


def _load_model(layers: Sequence[keras.layers.Layer], source: keras.Model, *, name: str) -> int:
    """Loads the layers that the other model has too; most of them must fit."""
    held = {layer.name: layer.weights for layer in source.layers}
    misfits = [
        (position, layer)
        for position, layer in enumerate(layers, start=1)
        if _shapes(layer.weights) != _shapes(held.get(layer.name, []))
    ]
    if 2 * len(misfits) > len(layers):
        position, layer = misfits[0]
        raise WeightsError(
            f"{name} is a network of another architecture: {len(misfits)} of {len(layers)} layers "
            f"do not fit. The first is layer {position} ({layer.name}): it has "
            f"{_describe_shapes(held.get(layer.name, []))}, expected "
            f"{_describe_shapes(layer.weights)}. "
            "Pass a model of the same preset."
        )
    unfit = {layer.name for _, layer in misfits}
    for layer in layers:
        if layer.name not in unfit:
            layer.set_weights([np.asarray(weight) for weight in held[layer.name]])
    return len(layers) - len(misfits)


def _shapes(arrays: Sequence[Any]) -> list[tuple[int, ...]]:
    return [tuple(array.shape) for array in arrays]


def _describe_shapes(arrays: Sequence[Any]) -> str:
    return " and ".join(str(shape) for shape in _shapes(arrays)) or "nothing"


def _text(name: str | bytes) -> str:
    return name.decode() if isinstance(name, bytes) else name


def _not_weights(name: str) -> WeightsError:
    return WeightsError(
        f"{name} holds no Keras weights. Expected a .weights.h5 or .h5 file, a model.keras or a "
        "bundle folder; pass one of these with --weights."
    )
