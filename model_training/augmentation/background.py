"""Image content other than the patient's anatomy: side markers, lettering, a skull or none.

Images are uint8 `(height, width, channels)` in [0, 255] and are left unchanged.
"""

from __future__ import annotations

from itertools import product

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]

# Side of a corner as a fraction of the image's side.
_CORNER = 0.2

# Grey levels up to this are background, compression noise included.
_BACKGROUND = 16

_LETTERS = ("L", "R", "A", "P", "I", "S", "AP", "PA", "LAT", "SUP")


def cover_corners(image: Image) -> Image:
    """Fills each corner, a fifth of the image's height and width, with its median.

    Takes and returns uint8 of shape `(height, width, channels)`.
    """
    covered = image.copy()
    for rows, columns in _corners(image, _CORNER):
        covered[rows, columns] = np.median(image[rows, columns], axis=(0, 1)).astype(np.uint8)
    return covered


def change_corners(image: Image, generator: np.random.Generator) -> Image:
    """Leaves each corner, covers it with its median, or writes letters on it, at random.

    Args:
        image: uint8, shape `(height, width, channels)`.
        generator: Source of all randomness.

    Returns:
        A changed copy, same shape.
    """
    changed = image.copy()
    for rows, columns in _corners(image, generator.uniform(0.1, 0.25)):
        corner = np.ascontiguousarray(changed[rows, columns])
        kind = generator.choice(("left", "covered", "letter"))
        if kind == "covered":
            corner[:] = np.median(corner, axis=(0, 1))
        elif kind == "letter":
            _write(corner, generator)
        changed[rows, columns] = corner
    return changed


def add_skull(image: Image, generator: np.random.Generator) -> Image:
    """Draws a rim of random brightness and width around the foreground, like a skull.

    Args:
        image: uint8, shape `(height, width, channels)`.
        generator: Source of all randomness.

    Returns:
        A changed copy, same shape; `image` itself where less than 5 % of it is foreground.
    """
    height, width = image.shape[:2]
    inside = (image.max(axis=2) > _BACKGROUND).astype(np.uint8)
    if inside.mean() < 0.05:
        return image
    points = cv2.findNonZero(cv2.erode(inside, np.ones((3, 3), np.uint8)))
    if points is None:
        return image
    brain = np.zeros((height, width), np.uint8)
    cv2.fillConvexPoly(brain, cv2.convexHull(points), 1)
    distance = cv2.distanceTransform(1 - brain, cv2.DIST_L2, 5)
    gap = width * generator.uniform(0.0, 0.03)
    thickness = width * generator.uniform(0.01, 0.06)
    # Soft edges and uneven brightness: a real skull is neither sharp nor uniform.
    rim = np.clip(distance - gap, 0, 1) * np.clip(gap + thickness - distance, 0, 1)
    coarse = generator.uniform(0.4, 1.0, (5, 5)).astype(np.float32)
    texture = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    skull = (generator.uniform(70, 255) * rim * texture)[..., None]
    fluid = (generator.uniform(0, 70) * (distance < gap) * (1 - inside))[..., None]
    added = np.maximum(image, np.maximum(skull, fluid))
    return np.asarray(np.clip(added, 0, 255), np.uint8)


def _corners(image: Image, fraction: float) -> list[tuple[slice, slice]]:
    height, width = image.shape[:2]
    rows, columns = round(height * fraction), round(width * fraction)
    return list(
        product(
            (slice(0, rows), slice(height - rows, height)),
            (slice(0, columns), slice(width - columns, width)),
        )
    )


def _write(corner: Image, generator: np.random.Generator) -> None:
    """Writes letters at a random place in a corner, in place."""
    height, width = corner.shape[:2]
    letters = str(generator.choice(_LETTERS))
    size = height * generator.uniform(0.3, 0.8) / 22
    place = (int(generator.integers(width // 2 + 1)), int(generator.integers(height // 3, height)))
    grey = float(generator.uniform(120, 255))
    colour = (grey,) * corner.shape[2]
    cv2.putText(
        corner, letters, place, cv2.FONT_HERSHEY_SIMPLEX, size, colour, thickness=1 + (height > 30)
    )
