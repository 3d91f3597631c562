"""Fixed changes that imitate images from another department, to test a model's robustness.

Unlike augmentation, nothing is random, so that two models are tested on the same images.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from model_training.augmentation import background

Image = NDArray[np.uint8]


def _gamma(power: float) -> Callable[[Image], Image]:
    table = np.round(255 * (np.arange(256) / 255) ** power).astype(np.uint8)

    def change(image: Image) -> Image:
        return np.asarray(table[image], np.uint8)

    return change


def _contrast(factor: float) -> Callable[[Image], Image]:
    def change(image: Image) -> Image:
        mean = image.mean()
        changed = np.clip((image - mean) * factor + mean, 0, 255)
        return np.asarray(changed.round(), np.uint8)

    return change


def _crop(fraction: float) -> Callable[[Image], Image]:
    """Crops that fraction at each edge and scales back to the original size."""

    def change(image: Image) -> Image:
        height, width = image.shape[:2]
        top, left = round(height * fraction), round(width * fraction)
        inside = image[top : height - top, left : width - left]
        resized = cv2.resize(inside, (width, height), interpolation=cv2.INTER_LINEAR)
        return np.asarray(resized, np.uint8).reshape(image.shape)

    return change


def _unsharp(fraction: float) -> Callable[[Image], Image]:
    """Mixes in a blurred copy; a negative fraction sharpens."""

    def change(image: Image) -> Image:
        blurred = cv2.GaussianBlur(image, (0, 0), 1.0).reshape(image.shape)
        mixed = image + fraction * (blurred.astype(np.float32) - image)
        return np.clip(mixed, 0, 255).round().astype(np.uint8)

    return change


SHIFTS: Mapping[str, Callable[[Image], Image]] = {
    "darker": _gamma(1.5),
    "lighter": _gamma(0.7),
    "less contrast": _contrast(0.7),
    "more contrast": _contrast(1.4),
    "cropped": _crop(0.07),
    "blurred": _unsharp(1.0),
    "sharpened": _unsharp(-1.0),
    "corners covered": background.cover_corners,
}


def shifted(images: Image, name: str) -> Image:
    """Applies one change to every image of a batch.

    Args:
        images: uint8, `(batch, height, width, channels)`, left unchanged.
        name: One of `SHIFTS`.

    Returns:
        uint8, same shape.
    """
    return np.stack([SHIFTS[name](image) for image in images])
