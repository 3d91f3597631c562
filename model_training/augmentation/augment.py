"""Random changes to training images; never part of the saved network.

Images are `(height, width, channels)` in [0, 255], RGB where there are three channels, uint8
before and float32 after. All randomness comes from the generator that is passed in, so that an
image of a given epoch is changed in the same way in every run, regardless of order and threads.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from model_training.augmentation import appearance, background
from model_training.augmentation.sets import Augmentation

Image = NDArray[np.float32]


def augment(
    image: NDArray[np.uint8], options: Augmentation, generator: np.random.Generator
) -> Image:
    """A random variant of one image.

    Args:
        image: `(height, width, channels)`, uint8, left unchanged.
        options: How far each change may go. `mixup` and `cutmix` need a second image; see `mix`.
        generator: Source of all randomness.

    Returns:
        `(height, width, channels)`, float32 in [0, 255].
    """
    if generator.random() < options.skull:
        image = background.add_skull(image, generator)
    placed = _place(image, options, generator)
    if generator.random() < options.markers:
        placed = background.change_corners(placed, generator)
    changed = _expose(placed, options, generator)
    changed = _process(changed, options, generator)
    changed = _sharpen(changed, options, generator)
    changed = _add_noise(changed, options, generator)
    changed = _record(changed, options, generator)
    return np.clip(_occlude(changed, options, generator), 0.0, 255.0)


def mix(
    images: Image,
    targets: NDArray[np.float32],
    options: Augmentation,
    generator: np.random.Generator,
) -> tuple[Image, NDArray[np.float32]]:
    """Mixes each image of a batch, and its targets, with another one of the batch.

    With both `mixup` and `cutmix` on, one of them is chosen at random for the batch.

    Args:
        images: `(batch, height, width, channels)`, float32 in [0, 255].
        targets: Class probabilities, `(batch, num_outputs)`.
        options: Only `mixup` and `cutmix` are used.
        generator: Source of all randomness.

    Returns:
        Images and targets of the same shapes.
    """
    chosen = [name for name in ("mixup", "cutmix") if getattr(options, name)]
    if not chosen:
        return images, targets
    name = chosen[int(generator.integers(len(chosen)))]
    alpha = getattr(options, name)
    fraction = float(generator.beta(alpha, alpha))
    partner = generator.permutation(len(images))
    if name == "mixup":
        mixed = fraction * images + (1 - fraction) * images[partner]
    else:
        height, width = images.shape[1:3]
        rows, columns = _patch(height, width, 1 - fraction, generator)
        mixed = images.copy()
        mixed[:, rows, columns] = images[partner][:, rows, columns]
        fraction = 1 - (rows.stop - rows.start) * (columns.stop - columns.start) / (height * width)
    mixed_targets = fraction * targets + (1 - fraction) * targets[partner]
    return mixed.astype(np.float32), mixed_targets.astype(np.float32)


def _place(
    image: NDArray[np.uint8], options: Augmentation, generator: np.random.Generator
) -> NDArray[np.uint8]:
    """Mirrors, rotates, scales and shifts in one resampling, so that the image is blurred once.

    Height and width are scaled independently, so that the aspect ratio of a stretched film carries
    no information.
    """
    mirrored = generator.random() < options.flip / 2
    angle = np.deg2rad(generator.uniform(-options.rotation, options.rotation))
    scale = 1 + generator.uniform(-options.zoom, options.zoom, 2)
    shift = generator.uniform(-options.shift, options.shift, 2)
    if not (mirrored or options.rotation or options.zoom or options.shift):
        return image
    height, width = image.shape[:2]
    centre = np.array([(width - 1) / 2, (height - 1) / 2])
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix = turn * scale @ np.diag([-1.0 if mirrored else 1.0, 1.0])
    offset = centre - matrix @ centre + shift * (width, height)
    # Mirrored edges, not black ones: real films have no black wedges at their edges, and a
    # network trained only on films that do is slightly wrong on every real one.
    placed = cv2.warpAffine(
        image,
        np.column_stack([matrix, offset]),
        (width, height),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REFLECT,
    )
    return np.asarray(placed, np.uint8).reshape(image.shape)


def _expose(
    image: NDArray[np.uint8], options: Augmentation, generator: np.random.Generator
) -> Image:
    """Gamma, contrast around the image's own mean, and brightness, in one lookup table."""
    power = np.exp(generator.uniform(-options.gamma, options.gamma))
    stretch = 1 + generator.uniform(-options.contrast, options.contrast)
    lift = 255 * generator.uniform(-options.brightness, options.brightness)
    if not (options.gamma or options.contrast or options.brightness):
        return image.astype(np.float32)
    table = 255 * (np.arange(256) / 255) ** power
    mean = float(np.bincount(image.ravel(), minlength=256) @ table) / image.size
    table = np.clip((table - mean) * stretch + mean + lift, 0, 255).astype(np.float32)
    return np.asarray(table[image], np.float32)


def _process(image: Image, options: Augmentation, generator: np.random.Generator) -> Image:
    """Tone curve and shading; nothing is drawn where they are off."""
    if options.tone:
        image = appearance.change_tone(image, options.tone, generator)
    if options.shading:
        image = appearance.shade(image, options.shading, generator)
    return image


def _record(image: Image, options: Augmentation, generator: np.random.Generator) -> Image:
    """Resolution and compression; nothing is drawn where they are off."""
    if options.resampling:
        image = appearance.resample(image, options.resampling, generator)
    if options.compression and generator.random() < options.compression:
        image = appearance.compress(image, generator)
    return image


def _sharpen(image: Image, options: Augmentation, generator: np.random.Generator) -> Image:
    """Mixes in a blurred copy; by a negative fraction the image is sharpened."""
    fraction = np.float32(generator.uniform(-options.sharpness / 2, options.sharpness))
    if not options.sharpness:
        return image
    blurred = cv2.blur(image, (3, 3)).reshape(image.shape)
    return image + fraction * (blurred - image)


def _add_noise(image: Image, options: Augmentation, generator: np.random.Generator) -> Image:
    deviation = np.float32(generator.uniform(0, options.noise))
    if not options.noise:
        return image
    return image + deviation * generator.standard_normal(image.shape, np.float32)


def _occlude(image: Image, options: Augmentation, generator: np.random.Generator) -> Image:
    if generator.random() >= options.occlusion:
        return image
    rows, columns = _patch(image.shape[0], image.shape[1], generator.uniform(0.02, 0.1), generator)
    covered = image.copy()
    covered[rows, columns] = 0
    return covered


def _patch(
    height: int, width: int, fraction: float, generator: np.random.Generator
) -> tuple[slice, slice]:
    """A rectangle covering that fraction of the image, up to three times as long as wide."""
    aspect = np.exp(generator.uniform(-np.log(3), np.log(3)) / 2)
    rows = min(height, round(height * np.sqrt(fraction) * aspect))
    columns = min(width, round(width * np.sqrt(fraction) / aspect))
    top = int(generator.integers(height - rows + 1))
    left = int(generator.integers(width - columns + 1))
    return slice(top, top + rows), slice(left, left + columns)
