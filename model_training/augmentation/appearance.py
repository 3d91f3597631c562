"""Random changes of how an image was recorded, processed and stored; its content stays in place.

Images are float32 `(height, width, channels)` in [0, 255], and are returned in that range.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]

# Control points of a random tone curve.
_KNOTS = 6

# Lowest and highest quality of a JPEG copy.
_QUALITY = (20, 90)

_INTERPOLATIONS = (cv2.INTER_NEAREST, cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_AREA)


def change_tone(image: Image, strength: float, generator: np.random.Generator) -> Image:
    """Applies a random rising curve to the grey levels, one for all channels.

    The curve lies between the identity, the curve that makes all grey levels equally frequent
    (histogram equalisation), and a random one: the processing of an X-ray system is such a curve.

    Args:
        image: float32 `(height, width, channels)` in [0, 255].
        strength: Largest share of the other two curves, in [0, 1].
        generator: Source of all randomness.
    """
    levels = np.clip(image, 0, 255).astype(np.uint8)
    counts = np.bincount(levels.ravel(), minlength=256)
    equalised = 255 * np.cumsum(counts) / levels.size
    steps = generator.dirichlet(np.ones(_KNOTS))
    drawn = np.interp(
        np.arange(256), np.linspace(0, 255, _KNOTS + 1), 255 * np.append(0, np.cumsum(steps))
    )
    share = strength * generator.random()
    mixed = generator.random()
    curve = (1 - share) * np.arange(256) + share * (mixed * equalised + (1 - mixed) * drawn)
    return np.asarray(curve.astype(np.float32)[levels], np.float32)


def shade(image: Image, strength: float, generator: np.random.Generator) -> Image:
    """Adds a smooth random field: scatter, heel effect, and the processing against them.

    Args:
        image: float32 `(height, width, channels)` in [0, 255].
        strength: Largest amplitude of the field, as a fraction of the full range.
        generator: Source of all randomness.
    """
    height, width = image.shape[:2]
    cells = int(generator.integers(2, 6))
    coarse = generator.uniform(-1, 1, (cells, cells)).astype(np.float32)
    field = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)[..., None]
    field = np.clip(field, -1, 1)  # the interpolation overshoots
    amplitude = np.float32(255 * strength * generator.random())
    return np.clip(image + amplitude * field, 0, 255)


def resample(image: Image, strength: float, generator: np.random.Generator) -> Image:
    """Reduces the image and enlarges it again: the resolution and resizing of other sources.

    Args:
        image: float32 `(height, width, channels)` in [0, 255].
        strength: Largest fraction by which the sides are reduced, in [0, 1).
        generator: Source of all randomness.
    """
    height, width = image.shape[:2]
    scale = 1 - strength * generator.random()
    size = max(1, round(width * scale)), max(1, round(height * scale))
    down, up = generator.choice(_INTERPOLATIONS, 2)
    small = cv2.resize(image, size, interpolation=int(down))
    back = cv2.resize(small, (width, height), interpolation=int(up)).reshape(image.shape)
    return np.clip(back, 0, 255)


def compress(image: Image, generator: np.random.Generator) -> Image:
    """Stores the image as a JPEG of random quality and reads it back.

    Args:
        image: float32 `(height, width, channels)` in [0, 255].
        generator: Source of all randomness.
    """
    quality = int(generator.integers(_QUALITY[0], _QUALITY[1] + 1))
    levels = np.clip(np.round(image), 0, 255).astype(np.uint8)
    _, stored = cv2.imencode(".jpg", levels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    read = cv2.imdecode(stored, cv2.IMREAD_UNCHANGED)
    return np.asarray(read, np.float32).reshape(image.shape)
