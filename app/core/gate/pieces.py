"""The connected pieces of a mask, found where there are any."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray


def pieces_of(mask: NDArray[np.uint8]) -> NDArray[np.int32]:
    """The pieces of a mask, whose pixels touch at sides or corners, in any order.

    Only the box that holds them is looked through: strokes are few, and what is around the box
    would take most of the time.

    Args:
        mask: uint8 `(rows, columns)`, grey: 0, or 1 to 255 in a piece; of fewer than 262,144
            pixels, so that the number of its pieces fits into 16 bits.

    Returns:
        Left, top, width, height and area of each, in pixels, int32 `(num_pieces, 5)`.
    """
    left, top, columns, rows = cv2.boundingRect(mask)
    if columns == 0:
        return np.zeros((0, 5), np.int32)
    box = np.ascontiguousarray(mask[top : top + rows, left : left + columns])
    found = cv2.connectedComponentsWithStats(box, connectivity=8, ltype=cv2.CV_16U)[2]
    pieces = np.asarray(found[1:], np.int32)
    pieces[:, :2] += (left, top)
    return pieces
