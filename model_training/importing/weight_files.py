"""Reads the weights of a Keras model from HDF5, following nothing that leads out of the file."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from model_training.importing.archives import MOST_BYTES, damaged
from model_training.importing.refusal import NotImportedError

if TYPE_CHECKING:
    import h5py

Arrays = list[NDArray[np.float32]]
Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A weight of a layer: its name, such as `kernel`, and its shape."""

    name: str
    shape: Shape


@dataclass(frozen=True, slots=True)
class Place:
    """Where a layer is in the model.

    Attributes:
        names: Its name, after those of the models that it is nested in, outermost first.
        keys: The same as a `.keras` file counts them, such as `functional`, `conv2d_3`.
    """

    names: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()


class Weights(Protocol):
    """The weights of a model."""

    def of(self, place: Place, wanted: Sequence[Wanted]) -> Arrays:
        """The weights of a layer, in the order and with the shapes that are wanted.

        Args:
            place: Where the layer is.
            wanted: Its weights.

        Raises:
            NotImportedError: If the file does not have them.
        """
        ...


def open_hdf5(path: Path, name: str) -> h5py.File:
    """Opens an HDF5 file of which no part is elsewhere.

    Args:
        path: The file.
        name: Its name for messages.

    Raises:
        NotImportedError: If it is no complete HDF5 file, or refers to other files.
    """
    import h5py

    try:
        file = h5py.File(path, "r")
    except OSError:
        raise damaged(name) from None
    try:
        _require_self_contained(file, name)
    except NotImportedError:
        file.close()
        raise
    except (OSError, RuntimeError, KeyError, ValueError):  # RecursionError too: links in a circle
        file.close()
        raise damaged(name) from None
    return file


def num_values(group: h5py.Group) -> int:
    """Number of values of all data in an HDF5 file.

    Args:
        group: The open file.
    """
    import h5py

    return sum(
        num_values(item) if isinstance(item, h5py.Group) else int(item.size or 0)
        for item in group.values()
        if isinstance(item, h5py.Group | h5py.Dataset)
    )


def _require_self_contained(group: h5py.Group, name: str) -> None:
    import h5py

    for key in group:
        if not isinstance(group.get(key, getlink=True), h5py.HardLink):
            raise _leads_elsewhere(name)
        item = group[key]
        if isinstance(item, h5py.Group):
            _require_self_contained(item, name)
        elif isinstance(item, h5py.Dataset):
            if item.external or item.is_virtual:
                raise _leads_elsewhere(name)
            if (item.size or 0) * item.dtype.itemsize > MOST_BYTES:
                raise damaged(name)


def _leads_elsewhere(name: str) -> NotImportedError:
    return NotImportedError(
        f"{name} refers to data in other files, which no Keras model does. Nothing was read from "
        "there. Save the model again with `model.save`, from a source you trust."
    )


class LegacyWeights:
    """The weights of a `.h5` file: a group for each outermost layer, with the names of weights."""

    def __init__(self, root: h5py.Group, name: str) -> None:
        """Stores where they are.

        Args:
            root: The group with a group for each layer.
            name: Of the file, for messages.
        """
        self._root, self._name = root, name

    def of(self, place: Place, wanted: Sequence[Wanted]) -> Arrays:
        """The weights of a layer, found by the layer's name and that of the weight.

        Args:
            place: Where the layer is.
            wanted: Its weights.

        Raises:
            NotImportedError: If there are none of these names and shapes.
        """
        group = self._root.get(place.names[0])
        listed = [] if group is None else [_text(one) for one in _attribute(group, "weight_names")]
        if len(place.names) == 1 and len(listed) == len(wanted):
            chosen = listed  # whatever an old version called them
        else:
            chosen = _of_layer(listed, place.names[1:] or place.names, wanted)
        if not all(chosen) or group is None:
            raise _lacks(self._name, place)
        return [
            _array(group.get(key), one, place, self._name)
            for key, one in zip(chosen, wanted, strict=True)
        ]


class ArchivedWeights:
    """The weights of a `.keras` file: numbered in a group for each layer, nested as the layers."""

    def __init__(self, root: h5py.Group, name: str) -> None:
        """Stores where they are.

        Args:
            root: The file.
            name: Of the archive, for messages.
        """
        self._root, self._name = root, name

    def of(self, place: Place, wanted: Sequence[Wanted]) -> Arrays:
        """The weights of a layer, found by the place of the layer.

        Args:
            place: Where the layer is.
            wanted: Its weights.

        Raises:
            NotImportedError: If there are none there, or of other shapes.
        """
        group = self._root
        for key in place.keys:
            # The layers in an attention lie beside its own weights.
            layers = group.get("layers", group.get("_layer_checkpoint_dependencies", group))
            group = layers.get(key)
            if group is None:
                raise _lacks(self._name, place)
        found = group.get("vars", {})
        return [
            _array(found.get(str(number)), one, place, self._name)
            for number, one in enumerate(wanted)
        ]


def layer_key(class_name: str) -> str:
    """What a `.keras` file calls the layers of a class: `DepthwiseConv2D` is `depthwise_conv2d`.

    Args:
        class_name: Name of the class.
    """
    spaced = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", re.sub(r"\W+", "", class_name))
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", spaced).lower()


def _of_layer(listed: Sequence[str], layers: Sequence[str], wanted: Sequence[Wanted]) -> list[str]:
    """The entries of one layer among those of all layers of a nested model; empty if unclear.

    An entry is named after layer and weight, such as `model/block/conv/kernel:0`, with or without
    the models around the layer. Keras 2 and 3 give some weights other names, in the same order.
    """
    for start in range(len(layers)):
        end = "/" + "/".join(layers[start:])
        found = [one for one in listed if f"/{one}".rpartition("/")[0].endswith(end)]
        if len(found) == len(wanted):
            return found
        by_name = {one.rpartition("/")[2].removesuffix(":0"): one for one in found}
        if len(by_name) == len(found) and all(one.name in by_name for one in wanted):
            return [by_name[one.name] for one in wanted]
    return [""]


def _array(item: Any, wanted: Wanted, place: Place, name: str) -> NDArray[np.float32]:
    import h5py

    if not isinstance(item, h5py.Dataset):
        raise _lacks(name, place)
    # Before anything is read: a file of a few bytes can claim any shape.
    if tuple(item.shape) != wanted.shape or item.dtype.kind not in "fiu":
        raise NotImportedError(
            f"{wanted.name} of the layer {place.names[-1]!r} in {name} has the shape "
            f"{tuple(item.shape)}; its configuration needs {wanted.shape}. The file is damaged, or "
            "its weights are of another model: save it again with `model.save`."
        )
    try:
        values = np.asarray(item[()], np.float32)
    except (OSError, RuntimeError):
        raise damaged(name) from None
    if not np.isfinite(values).all():
        raise NotImportedError(
            f"{wanted.name} of the layer {place.names[-1]!r} in {name} contains numbers that are "
            "not finite (NaN or infinity), as after a training that diverged. Import an earlier "
            "checkpoint."
        )
    return values.reshape(wanted.shape) if math.prod(wanted.shape) else values


def _lacks(name: str, place: Place) -> NotImportedError:
    return NotImportedError(
        f"{name} has no weights for the layer {place.names[-1]!r}. Save the whole model with "
        "`model.save`, not its weights alone, and import that file."
    )


def _attribute(group: h5py.Group, key: str) -> list[Any]:
    """A list that Keras divides into several attributes where it is long."""
    if key in group.attrs:
        return list(group.attrs[key])
    found: list[Any] = []
    while f"{key}{len(found)}" in group.attrs and len(found) < 10_000:
        found.append(group.attrs[f"{key}{len(found)}"])
    return [one for part in found for one in part]


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
