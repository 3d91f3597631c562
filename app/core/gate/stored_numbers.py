"""Arrays of a bundle's file as numbers that can be reckoned with, or what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray


def stored_numbers(
    arrays: Mapping[str, NDArray[Any]], shapes: Mapping[str, tuple[int | None, ...]]
) -> dict[str, NDArray[np.float32]]:
    """Some of the arrays, in float32.

    Args:
        arrays: What the file holds, by name, each `(...)` of one of the shapes.
        shapes: The shape of each that is wanted; None stands for any length.

    Returns:
        Those that are wanted, by name, each `(...)` of its shape.

    Raises:
        ValueError: If one is missing, has another shape, or holds what is no finite number.
    """
    return {name: _numbers(arrays, name, shape) for name, shape in shapes.items()}


def _numbers(
    arrays: Mapping[str, NDArray[Any]], name: str, shape: tuple[int | None, ...]
) -> NDArray[np.float32]:
    if name not in arrays:
        raise ValueError(f"{name} is missing")
    array = arrays[name]
    if array.dtype.kind != "f" or array.ndim != len(shape):
        raise ValueError(f"{name} has the shape {array.shape} and the type {array.dtype}")
    numbers = array.astype(np.float32)
    if not np.isfinite(numbers).all():
        raise ValueError(f"{name} has numbers that are not finite")
    wanted = tuple(
        found if length is None else length
        for found, length in zip(array.shape, shape, strict=True)
    )
    if array.shape != wanted:
        raise ValueError(f"{name} has the shape {array.shape}, expected {wanted}")
    return numbers
