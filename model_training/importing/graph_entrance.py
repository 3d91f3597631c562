"""The start of a graph: which images it takes, in which order of axes, and how it scales them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from app.core.backends.openvino_cpu import load_openvino
from model_training.importing.input_size import other_size
from model_training.importing.refusal import NotImportedError
from model_training.importing.scaling import CAFFE_MEANS, DEVIATIONS, MEANS, SCALES

_ARITHMETIC = ("Add", "BatchNormInference", "Divide", "Multiply", "Subtract")
_PASSED_ON = ("Convert", "Pad", "Reshape", "Squeeze", "Transpose", "Unsqueeze")
# A number of this size belongs to pixels from 0 to 255, not to those from 0 to 1.
_LARGEST_FACTOR, _SMALLEST_OFFSET = 0.05, 2.0
_FLAT_RANK, _IMAGE_RANK = 2, 4


@dataclass(frozen=True, slots=True, eq=False)
class Entrance:
    """A graph and the images that it takes.

    Attributes:
        model: The `openvino.Model` as it was read.
        height: Of the images.
        width: Of the images.
        channels: 1 for grey, 3 for colour.
        channels_first: Whether channels come before rows and columns.
        is_flat: Whether it takes each image as one row of numbers.
        scaled: The nodes that scale pixels from 0 to 255; empty if it wants them scaled.
    """

    model: Any
    height: int
    width: int
    channels: int
    channels_first: bool
    is_flat: bool
    scaled: tuple[str, ...]

    @property
    def takes_integers(self) -> bool:
        """Whether it takes whole numbers."""
        return not self.model.input(0).get_element_type().is_real()


def read_entrance(model: Any, size: tuple[int, int] | None) -> Entrance:
    """Finds out which images a graph takes.

    Args:
        model: An `openvino.Model`.
        size: Height and width, where it takes any.

    Raises:
        NotImportedError: If it takes something else than one image, or leaves the size open.
    """
    if len(model.inputs) != 1:
        names = ", ".join(_name_of(one) for one in model.inputs)
        raise NotImportedError(
            f"The model takes {len(model.inputs)} inputs ({names}). Expected one image: a model "
            "that needs more, such as age or a second view, cannot be imported."
        )
    shape = model.input(0).partial_shape
    if shape.rank.is_dynamic:
        raise _no_image("anything")
    sizes = [int(one.get_length()) if one.is_static else None for one in shape]
    if len(sizes) == _FLAT_RANK:
        return _flat(model, sizes[1], size)
    if len(sizes) != _IMAGE_RANK:
        raise _no_image(_text(sizes))
    if sizes[1] in (1, 3) and sizes[3] not in (1, 3):
        channels, places, first = sizes[1], sizes[2:], True
    elif sizes[3] in (1, 3):
        channels, places, first = sizes[3], sizes[1:3], False
    else:
        raise _no_image(_text(sizes))
    height, width = _places(places, size)
    return Entrance(model, height, width, channels or 1, first, False, _scaled(model))


def require_known_scaling(entrance: Entrance, scale: str | None, *, asks_images: bool) -> None:
    """Checks that pixels are scaled, and only once.

    Args:
        entrance: Of the graph.
        scale: One of `scaling.SCALES`, if somebody says it.
        asks_images: Whether it is asked of labelled images later.

    Raises:
        NotImportedError: If not.
    """
    if entrance.scaled and scale not in (None, "0..255"):
        raise NotImportedError(
            "The model scales its pixels itself, from 0..255, in "
            f"{', '.join(map(repr, entrance.scaled))}; received --scale {scale}, which would scale "
            "them twice. Leave --scale out."
        )
    if entrance.takes_integers and scale not in (None, "0..255"):
        raise NotImportedError(
            f"The model takes whole numbers; pixels scaled to {scale} would all be rounded to a "
            "few of them. Say --scale 0..255, or export it with float inputs."
        )
    if not entrance.scaled and scale is None and not asks_images:
        raise NotImportedError(
            "The file does not say how pixels were scaled where the model was trained. Say it with "
            f"--scale, one of {', '.join(SCALES)}: torchvision's ToTensor alone is 0..1, with "
            "Normalize it is imagenet; 0..255 is nothing at all."
        )


def scaling_notes(entrance: Entrance, scale: str, *, blue_first: bool) -> list[str]:
    """How pixels are scaled, in words.

    Args:
        entrance: Of the graph.
        scale: One of `scaling.SCALES`; empty if that is not known yet.
        blue_first: Whether red and blue are exchanged before that.
    """
    notes = []
    if entrance.scaled:
        notes.append(f"It scales its pixels itself, in {', '.join(entrance.scaled)}.")
    elif scale:
        notes.append(f"Pixels are scaled to {scale} in the graph.")
    if blue_first:
        notes.append("Red and blue are exchanged in the graph before that.")
    return notes


def scaled_pixels(pixels: Any, scale: str, channels: int, *, blue_first: bool) -> Any:
    """Raw pixels as a graph wants them; the same as `scaling.scaled` does in Keras.

    Args:
        pixels: A node, `(batch, height, width, channels)`, RGB, values in [0, 255].
        scale: One of `scaling.SCALES`.
        channels: 1 or 3.
        blue_first: Whether red and blue are exchanged before that.

    Raises:
        NotImportedError: If the scaling is one of colour images, and these are grey.
    """
    ops = load_openvino().opset13
    if channels != len(MEANS) and scale in ("imagenet", "caffe"):
        raise NotImportedError(
            f"--scale {scale} has a mean for red, green and blue; this model takes {channels} "
            "channel. Choose another scaling."
        )
    if channels == len(MEANS) and blue_first:
        pixels = _exchanged(pixels)
    if scale == "0..1":
        return ops.multiply(pixels, _number(1 / 255))
    if scale == "-1..1":
        return ops.subtract(ops.multiply(pixels, _number(1 / 127.5)), _number(1.0))
    if scale == "imagenet":
        factor, offset = 1 / (255 * np.array(DEVIATIONS)), -np.array(MEANS) / np.array(DEVIATIONS)
        return ops.add(ops.multiply(pixels, _number(factor)), _number(offset))
    if scale == "caffe":
        return ops.subtract(_exchanged(pixels), _number(np.array(CAFFE_MEANS)))
    if scale == "per-image":
        return ops.mvn(pixels, [1, 2, 3], True, 1e-7, "inside_sqrt")
    return pixels


def _exchanged(pixels: Any) -> Any:
    return load_openvino().opset13.gather(pixels, np.array([2, 1, 0]), 3)


def _number(value: Any) -> Any:
    return load_openvino().opset13.constant(np.asarray(value, np.float32))


def _flat(model: Any, count: int | None, size: tuple[int, int] | None) -> Entrance:
    """A model of rows of numbers, such as one of scikit-learn, that are the pixels in order."""
    if count is None or size is None:
        raise NotImportedError(
            f"The model takes a row of {count or 'any number of'} numbers. If these are the pixels "
            "of an image, row by row, say its size with --size, such as 28 or 28x32 (height x "
            "width); other numbers cannot be imported."
        )
    channels, rest = divmod(count, size[0] * size[1])
    if rest or channels not in (1, 3):
        raise NotImportedError(
            f"The model takes rows of {count} numbers; --size {size[0]}x{size[1]} makes "
            f"{size[0] * size[1]} pixels of them. Expected one or three numbers for each pixel."
        )
    _require_sides(*size)
    return Entrance(model, *size, channels, False, True, _scaled(model))


def _places(sizes: list[int | None], size: tuple[int, int] | None) -> tuple[int, int]:
    if size is not None and any(
        known not in (None, given) for known, given in zip(sizes, size, strict=True)
    ):
        raise NotImportedError(
            f"The model takes images of {_text(sizes)}; received --size {size[0]}x{size[1]}. "
            f"{other_size(sizes)}"
        )
    height, width = size or sizes
    if height is None or width is None:
        raise NotImportedError(
            "The model takes images of any size. Say which it was trained with, such as --size "
            "224 or --size 224x320 (height x width)."
        )
    _require_sides(height, width)
    return height, width


def _require_sides(height: int, width: int) -> None:
    if not all(16 <= side <= 4096 for side in (height, width)):
        raise NotImportedError(
            f"The model takes images of {height} × {width}; expected sides of 16 to 4,096 pixels."
        )


def _scaled(model: Any) -> tuple[str, ...]:
    """The nodes before the first one with weights, if they are made for pixels from 0 to 255."""
    found = list(_arithmetic(model.input(0).get_node()))
    is_raw = any(_is_of_raw_pixels(node) for node in found)
    return tuple(str(node.get_friendly_name()) for node in found) if is_raw else ()


def _arithmetic(node: Any) -> Iterator[Any]:
    """Arithmetic with numbers that the pixels go through first."""
    while True:
        consumers = list(node.output(0).get_target_inputs())
        if len(consumers) != 1:
            return
        node = consumers[0].get_node()
        if node.get_type_name() in _ARITHMETIC:
            yield node
        elif node.get_type_name() not in _PASSED_ON:
            return


def _is_of_raw_pixels(node: Any) -> bool:
    numbers = [
        constant.data.astype(np.float64)
        for constant in (node.input_value(at).get_node() for at in range(node.get_input_size()))
        if constant.get_type_name() == "Constant"
    ]
    if not numbers or not numbers[0].size:
        return False
    largest, smallest = float(np.abs(numbers[0]).max()), float(np.abs(numbers[0]).min())
    return {
        "Multiply": largest < _LARGEST_FACTOR,
        "Divide": smallest > 1 / _LARGEST_FACTOR,
        "Add": largest > _SMALLEST_OFFSET,
        "Subtract": largest > _SMALLEST_OFFSET,
    }.get(node.get_type_name(), False)


def _no_image(found: str) -> NotImportedError:
    return NotImportedError(
        f"The model takes {found}. Expected images with 1 channel for grey or 3 for colour, "
        "channels first or last."
    )


def _text(sizes: list[int | None]) -> str:
    return " × ".join("any" if one is None else str(one) for one in sizes)


def _name_of(output: Any) -> str:
    return str(next(iter(sorted(output.get_names())), output.get_node().get_friendly_name()))
