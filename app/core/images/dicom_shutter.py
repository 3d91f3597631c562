"""The shutter of a DICOM image, which blackens what lies outside of it, PS3.3 C.7.6.11."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from app.core.images.dicom_file import invalid_header

if TYPE_CHECKING:
    from pydicom import Dataset

Depth = TypeVar("Depth", bound=np.unsignedinteger[Any])

_EDGES = (
    "ShutterUpperHorizontalEdge", "ShutterLowerHorizontalEdge", "ShutterLeftVerticalEdge",
    "ShutterRightVerticalEdge",
)  # fmt: skip
_CIRCLE = ("CenterOfCircularShutter", "RadiusOfCircularShutter")
_POLYGON = "VerticesOfThePolygonalShutter"


def shuttered(pixels: NDArray[Depth], header: Dataset) -> NDArray[Depth]:
    """An image with black where a shutter covers it; of several shutters, where any does.

    Args:
        pixels: uint8 or uint16, grey `(rows, columns)` or RGB `(rows, columns, 3)`.
        header: The file.

    Returns:
        The same, grey or RGB.

    Raises:
        UnreadableImageError: If a shutter does not state where it is.
    """
    shapes = header.get("ShutterShape") or []
    if shapes and not pixels.flags.writeable:
        pixels = pixels.copy()
    for shape in [shapes] if isinstance(shapes, str) else shapes:
        try:
            is_open = _OPENINGS[str(shape).strip()](pixels.shape[:2], header)
        except (KeyError, TypeError, ValueError, IndexError):
            raise invalid_header("its shutter does not say where it is") from None
        pixels[~is_open] = 0
    return pixels


def _rectangle(shape: tuple[int, ...], header: Dataset) -> NDArray[np.bool_]:
    top, bottom, left, right = (int(header[keyword].value) for keyword in _EDGES)
    is_open = np.zeros(shape, np.bool_)
    is_open[max(top - 1, 0) : max(bottom, 0), max(left - 1, 0) : max(right, 0)] = True
    return is_open


def _circle(shape: tuple[int, ...], header: Dataset) -> NDArray[np.bool_]:
    (row, column), radius = (header[keyword].value for keyword in _CIRCLE)
    is_open = np.zeros(shape, np.bool_)
    across = (np.arange(1, shape[1] + 1) - int(column)) ** 2
    for number, line in enumerate(is_open, start=1):
        line[:] = across <= int(radius) ** 2 - (number - int(row)) ** 2
    return is_open


def _polygon(shape: tuple[int, ...], header: Dataset) -> NDArray[np.bool_]:
    corners = np.array([int(one) for one in header[_POLYGON].value], np.int32).reshape(-1, 2)
    is_open = np.zeros(shape, np.uint8)
    cv2.fillPoly(is_open, [np.ascontiguousarray(corners[:, ::-1] - 1)], 1)
    return is_open.view(np.bool_)


_OPENINGS = {"RECTANGULAR": _rectangle, "CIRCULAR": _circle, "POLYGONAL": _polygon}
