"""A network's logits, computed and differentiated: all that the methods ask of a network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.core.networks.network import Network

# float32 pixels `(batch, height, width, channels)` in [0, 255] -> logits `(batch, num_logits)`.
LogitsOf = Callable[[NDArray[np.float32]], NDArray[np.float32]]

# Called with how many passes of the network are done, and of how many. It may raise to cancel.
Progress = Callable[[int, int], None]

# Few enough that what the gradients of a deep network need fits into memory.
BATCH_SIZE = 8


@dataclass(frozen=True)
class Logits:
    """The logits of a network as a function of the pixels.

    What takes many passes is compiled once, which for an ensemble is ten times as fast.

    Attributes:
        network: The network; nothing of it is changed.
        logits_of: A faster way to its logits; None computes them in Keras.
    """

    network: Network
    logits_of: LogitsOf | None = None

    @property
    def num_logits(self) -> int:
        """How many the network gives; 1 for a single sigmoid."""
        return int(self.network.model.output_shape[-1])

    def of(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """The logits of each image.

        Args:
            batch: `(batch, height, width, channels)` in [0, 255].

        Returns:
            `(batch, num_logits)`.

        Raises:
            ValueError: If `logits_of` gives another shape.
        """
        if self.logits_of is None:
            return np.asarray(self._in_keras(batch))
        logits = np.asarray(self.logits_of(batch), np.float32)
        expected = (len(batch), self.num_logits)
        if logits.shape != expected:
            raise ValueError(
                "`logits_of` must give the logits of this network. Received shape "
                f"{logits.shape}, expected {expected} (batch, logits)."
            )
        return logits

    def pixel_gradient(
        self, batch: NDArray[np.float32], class_weights: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """How a combination of the logits changes with each pixel, in logits per grey level.

        Args:
            batch: `(batch, height, width, channels)` in [0, 255].
            class_weights: The combination, `(num_logits,)`.

        Returns:
            As `batch`.
        """
        return np.asarray(self._pixel_gradient(batch, class_weights))

    def features_and_gradient(
        self, pixels: NDArray[np.uint8], layer: str, class_weights: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The maps of a layer for one image, and how the logits change with each value of them.

        The gradient runs through all that follows the layer. What reaches the output past it
        stays as it is, so a layer may be bypassed by other paths.

        Args:
            pixels: `(height, width, channels)` in [0, 255].
            layer: Name of a layer with maps.
            class_weights: The combination of logits that is differentiated, `(num_logits,)`.

        Returns:
            Two arrays `(rows, columns, filters)`; the gradient is in logits per activation.
        """
        import keras
        import tensorflow as tf

        maps = keras.tree.flatten(self.network.model.get_layer(layer).output)[0]
        cut = keras.Model(self.network.model.input, [maps, self.network.logits_model.outputs[1]])
        batch = tf.constant(pixels[np.newaxis], tf.float32)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(batch)
            features, logits = cut(batch, training=False)
            explained = tf.reduce_sum(logits * class_weights)
        gradient = tape.gradient(
            explained, features, unconnected_gradients=tf.UnconnectedGradients.ZERO
        )
        return np.asarray(features, np.float32)[0], np.asarray(gradient, np.float32)[0]

    @cached_property
    def _in_keras(self) -> Any:
        import tensorflow as tf

        model = self.network.logits_model
        pixels = tf.TensorSpec(model.input_shape, tf.float32)
        return tf.function(lambda batch: model(batch, training=False)[1], input_signature=[pixels])

    @cached_property
    def _pixel_gradient(self) -> Any:
        import tensorflow as tf

        model = self.network.logits_model

        def gradient(batch: Any, class_weights: Any) -> Any:
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(batch)
                # The images of a batch do not touch each other: their sum has all gradients.
                explained = tf.reduce_sum(model(batch, training=False)[1] * class_weights)
            return tape.gradient(explained, batch)

        pixels = tf.TensorSpec(model.input_shape, tf.float32)
        weights = tf.TensorSpec((self.num_logits,), tf.float32)
        return tf.function(gradient, input_signature=[pixels, weights])


@dataclass(frozen=True, slots=True)
class ClassLogit:
    """What is explained: the logit of one class.

    With a single sigmoid the first class has minus the logit of the second.

    Attributes:
        logits: Of the network.
        class_index: Position of the class in the task.
    """

    logits: Logits
    class_index: int

    def __post_init__(self) -> None:
        """Checks the class.

        Raises:
            ValueError: If the network has no such class.
        """
        num_classes = max(2, self.logits.num_logits)
        if not 0 <= self.class_index < num_classes:
            raise ValueError(
                f"`class_index` must be the position of one of the {num_classes} classes. "
                f"Received {self.class_index}, expected 0 to {num_classes - 1}."
            )

    def of(self, batch: NDArray[np.float32]) -> NDArray[np.float64]:
        """The class's logit of each image of a batch, `(batch,)`; see `Logits.of`."""
        return np.asarray(self.logits.of(batch).astype(np.float64) @ self._weights)

    def pixel_gradient(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """See `Logits.pixel_gradient`."""
        return self.logits.pixel_gradient(batch, self._weights)

    def features_and_gradient(
        self, pixels: NDArray[np.uint8], layer: str
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """See `Logits.features_and_gradient`."""
        return self.logits.features_and_gradient(pixels, layer, self._weights)

    @property
    def _weights(self) -> NDArray[np.float32]:
        num_logits = self.logits.num_logits
        if num_logits == 1:
            return np.array([1 if self.class_index == 1 else -1], np.float32)
        return np.asarray(np.eye(num_logits)[self.class_index], np.float32)
