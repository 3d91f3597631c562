"""Augmentation as Keras layers, applied to batches before the network and never saved with it.

Batches are float32 `(batch, height, width, channels)` in [0, 255] and stay so.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers, ops

from model_training.config import AUGMENTATIONS

Tensor = Any


def build(name: str, *, seed: int) -> keras.Sequential | None:
    """The augmentation of that name, or None for `none`.

    `classic`: flip, zoom 0.2, shift 0.1, rotation 5 degrees, brightness and contrast 0.2.
    `medical`: flip, rotation 10 degrees, shift, zoom of each side on its own (so that the
    aspect ratio of a stretched film tells nothing), then what differs between X-ray rooms:
    exposure (gamma), contrast, brightness, sharpness, noise, and an occluded patch.

    Raises:
        ValueError: If there is no augmentation of that name.
    """
    if name not in AUGMENTATIONS:
        raise ValueError(f"`name` must be one of {AUGMENTATIONS}. Received {name!r}.")
    if name == "none":
        return None
    seeds = iter(np.random.SeedSequence(seed).generate_state(16).tolist())
    # Mirrored, not black: films have no black wedges at their edges, and a network that only
    # ever sees them with such reads every real film a little wrong.
    border = {"fill_mode": "reflect"}
    if name == "classic":
        return keras.Sequential(
            [
                layers.RandomFlip("horizontal", seed=next(seeds)),
                layers.RandomRotation(5 / 360, **border, seed=next(seeds)),
                layers.RandomTranslation(0.1, 0.1, **border, seed=next(seeds)),
                layers.RandomZoom(0.2, **border, seed=next(seeds)),
                layers.RandomBrightness(0.2, seed=next(seeds)),
                layers.RandomContrast(0.2, seed=next(seeds)),
            ],
            name="classic",
        )
    return keras.Sequential(
        [
            layers.RandomFlip("horizontal", seed=next(seeds)),
            layers.RandomRotation(10 / 360, **border, seed=next(seeds)),
            layers.RandomTranslation(0.08, 0.08, **border, seed=next(seeds)),
            layers.RandomZoom((-0.25, 0.1), (-0.25, 0.1), **border, seed=next(seeds)),
            RandomGamma(0.6, seed=next(seeds)),
            layers.RandomContrast(0.4, seed=next(seeds)),
            layers.RandomBrightness(0.15, seed=next(seeds)),
            RandomSoftness(0.8, seed=next(seeds)),
            RandomNoise(8.0, seed=next(seeds)),
            layers.RandomErasing(0.5, scale=(0.02, 0.1), fill_value=0.0, seed=next(seeds)),
        ],
        name="medical",
    )


class _PerImage(layers.Layer):  # type: ignore[misc]
    """A layer that draws one number an image and leaves pixels in [0, 255]."""

    def __init__(self, strength: float, *, seed: int) -> None:
        super().__init__()
        self.strength = strength
        self.generator = keras.random.SeedGenerator(seed)

    def draw(self, images: Tensor, low: float, high: float) -> Tensor:
        """One uniform number an image, shape `(batch, 1, 1, 1)`."""
        return keras.random.uniform((ops.shape(images)[0], 1, 1, 1), low, high, seed=self.generator)


class RandomGamma(_PerImage):
    """Exposure: raises the film to a power between `exp(-strength)` and `exp(strength)`."""

    def call(self, images: Tensor) -> Tensor:
        """Applies one power to each image."""
        power = ops.exp(self.draw(images, -self.strength, self.strength))
        return 255.0 * ops.power(ops.clip(images / 255.0, 1e-6, 1.0), power)


class RandomSoftness(_PerImage):
    """Sharpness: mixes each film with a blurred copy, by a share up to `strength`."""

    def call(self, images: Tensor) -> Tensor:
        """Blurs each image by its own share."""
        blurred = ops.average_pool(images, 3, strides=1, padding="same")
        share = self.draw(images, -0.5, self.strength)  # below zero the film is sharpened
        return ops.clip(images + share * (blurred - images), 0.0, 255.0)


class RandomNoise(_PerImage):
    """Grain: adds normal noise whose standard deviation is at most `strength` grey levels."""

    def call(self, images: Tensor) -> Tensor:
        """Adds noise of one strength to each image."""
        deviation = self.draw(images, 0.0, self.strength)
        noise = keras.random.normal(ops.shape(images), seed=self.generator)
        return ops.clip(images + deviation * noise, 0.0, 255.0)
