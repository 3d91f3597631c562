"""Decodes NumPy arrays of two axes (`.npy`), which are rows and columns.

Of three axes the file does not say which counts images, or whether one is of colours.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from app.core.errors import RefusedImageError, UnreadableImageError
from app.core.images.grey_range import scaled
from app.core.images.limits import check_size
from app.core.images.reading import Pixels, ReadOptions


def decode(data: bytes, reading: ReadOptions) -> Pixels | None:
    """Decodes an array of grey values; None for other bytes.

    Args:
        data: The whole file.
        reading: The reader's choices.

    Raises:
        UnreadableImageError: If the file does not fit its header.
        RefusedImageError: If it does not have two axes, does not hold numbers, or does not state
            their range.
    """
    if not data.startswith(npy.MAGIC_PREFIX):
        return None
    values = _values(data)
    shown, window = scaled(values, bits=None, reading=reading)
    return Pixels(shown, chosen=ReadOptions(window=window))


def _values(data: bytes) -> NDArray[Any]:
    """The array `(rows, columns)`."""
    file = BytesIO(data)
    version = npy.read_magic(file)
    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, is_by_columns, dtype = read(file)
    if len(shape) != 2:
        raise RefusedImageError(
            "volume",
            f"The NumPy array has {len(shape)} axes, {' × '.join(map(str, shape)) or 'none'}; "
            "expected rows and columns. The file does not say which axis counts images: save "
            "one image as an array of its own.",
        )
    if dtype.kind not in "uif" or dtype.itemsize > 8:
        raise RefusedImageError(
            "unsupported_layout",
            "The NumPy array holds neither integers nor floats. Save the image as such.",
        )
    rows, columns = shape
    check_size(columns, rows, "NumPy")
    size, start = rows * columns * dtype.itemsize, file.tell()
    if len(data) < start + size:
        raise UnreadableImageError(
            "damaged",
            f"The NumPy array has {len(data):,} bytes; its header states {start + size:,}. Copy or "
            "save the file again.",
        )
    if len(data) > start + size:
        raise UnreadableImageError(
            "invalid_header",
            f"The file continues after the {rows:,} × {columns:,} values that its header states: "
            "it holds several arrays, or its header is wrong. Save one array as a file of its own.",
        )
    stored = np.frombuffer(data, dtype, rows * columns, start)
    values = stored.astype(dtype.newbyteorder("="))
    by_rows = values.reshape(columns, rows).T if is_by_columns else values.reshape(rows, columns)
    return np.ascontiguousarray(by_rows)
