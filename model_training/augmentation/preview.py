"""A contact sheet of augmented images, to look at before training."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from model_training.augmentation.augment import augment, mix
from model_training.augmentation.sets import Augmentation

Sheet = NDArray[np.uint8]

_GAP = 6
_GROUND = 32  # grey between the images: dark like the films, but not black like their edges


def draw_sheet(
    images: NDArray[np.uint8], options: Augmentation, *, num_variants: int, seed: int
) -> Sheet:
    """Draws one row per image: the original, then augmented variants.

    Args:
        images: `(num_images, height, width, channels)`, uint8; 3 channels are RGB.
        options: What is varied. Mixing takes its partner from the other images.
        num_variants: Number of variants per image.
        seed: The same seed draws the same sheet.

    Returns:
        `(height, width, channels)`, uint8, channels as in `images`.
    """
    columns = [images]
    for variant in range(num_variants):
        changed = np.stack(
            [
                augment(image, options, np.random.default_rng([seed, variant, number]))
                for number, image in enumerate(images)
            ]
        )
        nothing = np.zeros((len(images), 1), np.float32)
        mixed, _ = mix(changed, nothing, options, np.random.default_rng([seed, variant]))
        columns.append(mixed.round().astype(np.uint8))
    return _beside([_below(list(column)) for column in columns])


def as_png(sheet: Sheet) -> bytes:
    """Encodes a sheet of shape `(height, width, 1 or 3)`, RGB, as PNG."""
    bgr = sheet if sheet.shape[-1] == 1 else cv2.cvtColor(sheet, cv2.COLOR_RGB2BGR)
    _, encoded = cv2.imencode(".png", bgr)
    return encoded.tobytes()


def _below(images: Sequence[Sheet]) -> Sheet:
    gap = np.full((_GAP, *images[0].shape[1:]), _GROUND, np.uint8)
    rows = [part for image in images for part in (image, gap)]
    return np.concatenate(rows[:-1])


def _beside(columns: Sequence[Sheet]) -> Sheet:
    height, _, channels = columns[0].shape
    gap = np.full((height, _GAP, channels), _GROUND, np.uint8)
    parts = [part for column in columns for part in (column, gap)]
    return np.concatenate(parts[:-1], axis=1)
