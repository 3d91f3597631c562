"""Batches of training images, reproducible for every epoch in whichever run it is trained."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from model_training.augmentation.augment import augment, mix
from model_training.augmentation.sets import Augmentation
from model_training.config import TrainingConfig
from model_training.training.class_imbalance import class_frequencies, class_weights

# Independent random streams.
_ORDER, _IMAGE, _MIX = range(3)


class TrainingBatches:
    """The training images, shuffled each epoch and augmented, with their targets and weights.

    An epoch depends on the seed and its number alone: an epoch that is trained again after an
    interruption gets exactly the same batches.
    """

    def __init__(
        self,
        pixels: NDArray[np.uint8],
        labels: NDArray[np.int64] | NDArray[np.float32],
        rows: NDArray[np.int64],
        *,
        config: TrainingConfig,
        num_classes: int,
    ) -> None:
        """Starts epoch 0.

        Args:
            pixels: uint8 `(num_images, height, width, channels)` in [0, 255], RGB where there are
                three channels; may be memory-mapped.
            labels: Class indices, `(num_images,)`, or findings as 0, 1 or NaN,
                `(num_images, num_findings)`.
            rows: Indices of the images to train on, `(num_rows,)`.
            config: Batch size, seed, augmentation and treatment of class imbalance.
            num_classes: Two give one target per image, more give one per class; not used for
                findings.
        """
        self._pixels, self._labels, self._rows = pixels, labels, rows
        self._seed, self._batch_size = config.seed, config.batch_size
        self._options = config.augmentation_options
        self._num_classes = num_classes
        self._num_targets = labels.shape[1] if labels.ndim == 2 else num_targets(num_classes)
        # Of each class; findings are weighted in the loss instead, as an image has several.
        self._weights = np.ones(1, np.float32)
        self._frequencies = np.ones(1)
        if labels.ndim == 1:
            counts = np.bincount(labels[rows], minlength=num_classes).tolist()
            self._weights = class_weights(counts, config.imbalance).astype(np.float32)
            self._frequencies = class_frequencies(counts, config.imbalance)
        self._epoch = 0
        self._order = rows
        self.start_epoch(0)

    @property
    def finding_labels(self) -> NDArray[np.float32] | None:
        """The labels of the training images, `(num_rows, num_findings)`; None for classes."""
        if self._labels.ndim == 1:
            return None
        return np.asarray(self._labels[self._rows], np.float32)

    @property
    def num_steps(self) -> int:
        """Number of batches per epoch."""
        return -(-len(self._rows) // self._batch_size)

    def start_epoch(self, epoch: int) -> None:
        """Draws the order of an epoch, counted from 0; call it before reading its batches."""
        generator = np.random.default_rng([self._seed, _ORDER, epoch])
        self._epoch = epoch
        self._order = generator.permutation(self._drawn(generator))

    def dataset(self) -> tf.data.Dataset:
        """Batches of `(images, targets, weights)` of the epoch that was started last.

        Images are float32 `(batch, height, width, channels)` in [0, 255], targets
        `(batch, num_targets)`, weights `(batch,)`.
        """
        shape = self._pixels.shape[1:]

        def load(step: Any) -> tuple[Any, Any, Any]:
            types = [tf.float32, tf.float32, tf.float32]
            images, targets, weights = tf.numpy_function(self._load, [step], types, stateful=True)
            images.set_shape((None, *shape))
            targets.set_shape((None, self._num_targets))
            weights.set_shape((None,))
            return images, targets, weights

        steps = tf.data.Dataset.range(self.num_steps)
        return steps.map(load, num_parallel_calls=2).prefetch(2)

    def _load(self, step: int) -> tuple[NDArray[np.float32], ...]:
        first = int(step) * self._batch_size
        rows = self._order[first : first + self._batch_size]
        images = np.stack([self._image(int(row), first + place) for place, row in enumerate(rows)])
        targets = as_targets(self._labels[rows], self._num_classes)
        generator = np.random.default_rng([self._seed, _MIX, self._epoch, int(step)])
        images, targets = mix(images, targets, self._options, generator)
        return images, targets, self._weights_of(rows)

    def _weights_of(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        if self._labels.ndim == 2:
            return np.ones(len(rows), np.float32)
        return np.asarray(self._weights[self._labels[rows]])

    def _image(self, row: int, place: int) -> NDArray[np.float32]:
        image = np.asarray(self._pixels[row])
        if not _changes_images(self._options):
            return image.astype(np.float32)
        generator = np.random.default_rng([self._seed, _IMAGE, self._epoch, place])
        return augment(image, self._options, generator)

    def _drawn(self, generator: np.random.Generator) -> NDArray[np.int64]:
        """As many images as there are, with each class at its frequency."""
        if np.allclose(self._frequencies, 1):
            return self._rows
        labels = self._labels[self._rows]
        drawn = []
        for label, proportion in enumerate(self._frequencies):
            members = self._rows[labels == label]
            wanted = round(len(members) * proportion)
            whole, rest = divmod(wanted, len(members))
            drawn += [members] * whole + [generator.permutation(members)[:rest]]
        # Rounding may give one image too many or too few.
        return np.resize(np.concatenate(drawn), len(self._rows))


def validation_batches(
    pixels: NDArray[np.uint8],
    labels: NDArray[np.int64] | NDArray[np.float32],
    rows: NDArray[np.int64],
    *,
    batch_size: int,
    num_classes: int,
) -> tf.data.Dataset:
    """Batches of `(images, targets)` in order, read from the array as they are needed.

    Args:
        pixels: uint8 `(num_images, height, width, channels)` in [0, 255], may be memory-mapped.
        labels: Class indices, `(num_images,)`, or findings as 0, 1 or NaN,
            `(num_images, num_findings)`.
        rows: Indices of the images to use, `(num_rows,)`.
        batch_size: Images per batch.
        num_classes: Two give one target per image, more give one per class.
    """

    def fetch(batch: NDArray[np.int64]) -> NDArray[np.float32]:
        return pixels[batch].astype(np.float32)

    def load(batch: Any, targets: Any) -> tuple[Any, Any]:
        images = tf.numpy_function(fetch, [batch], tf.float32, stateful=False)
        images.set_shape((None, *pixels.shape[1:]))
        return images, targets

    targets = as_targets(labels[rows], num_classes)
    slices = tf.data.Dataset.from_tensor_slices((rows, targets)).batch(batch_size)
    return slices.map(load, num_parallel_calls=2).prefetch(2)


def num_targets(num_classes: int) -> int:
    """Number of outputs: one for two classes, else one per class."""
    return 1 if num_classes == 2 else num_classes


def as_targets(
    labels: NDArray[np.int64] | NDArray[np.float32], num_classes: int
) -> NDArray[np.float32]:
    """Targets of the network.

    Args:
        labels: Class indices, `(num_images,)`, or findings, which are targets as they are,
            `(num_images, num_findings)`.
        num_classes: Number of classes; not used for findings.

    Returns:
        0.0 or 1.0: one column of class 1 for two classes, else one column per class,
        `(num_images, num_targets)`.
    """
    if labels.ndim == 2:
        return labels.astype(np.float32)
    if num_classes == 2:
        return labels.astype(np.float32)[:, None]
    return np.eye(num_classes, dtype=np.float32)[labels.astype(np.int64)]


def _changes_images(options: Augmentation) -> bool:
    return options.without_mixing.changes_anything
