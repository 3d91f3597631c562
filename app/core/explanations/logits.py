"""The logits of a network and their gradients: everything the methods need from a network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from app.core.networks.class_logits import class_weights
from app.core.networks.network import Network

# float32 pixels `(batch, height, width, channels)` in [0, 255] -> logits `(batch, num_logits)`.
LogitsOf = Callable[[NDArray[np.float32]], NDArray[np.float32]]

# Called with the number of network passes done and the total. It may raise to cancel.
Progress = Callable[[int, int], None]

# Small enough for the gradients of a deep network to fit into memory.
BATCH_SIZE = 8


class ExplainedLogits(Protocol):
    """What the methods need of a network, see `Logits`; of a graph, see `GraphLogits`."""

    @property
    def num_logits(self) -> int:
        """Number of logits; 1 for a single sigmoid."""
        ...

    def of(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """See `Logits.of`."""
        ...

    def pixel_gradient(
        self, batch: NDArray[np.float32], class_weights: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """See `Logits.pixel_gradient`."""
        ...

    def features_and_gradient(
        self, pixels: NDArray[np.uint8], layer: str, class_weights: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """See `Logits.features_and_gradient`."""
        ...


@dataclass(frozen=True)
class Logits:
    """The logits of a network as a function of the pixels.

    Functions that are called many times are compiled once; for an ensemble this makes them ten
    times as fast.

    Attributes:
        network: The network. It is not modified.
        logits_of: A faster way to compute its logits; None computes them in Keras.
    """

    network: Network
    logits_of: LogitsOf | None = None

    @property
    def num_logits(self) -> int:
        """Number of logits; 1 for a single sigmoid."""
        return int(self.network.model.output_shape[-1])

    def of(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """The logits of each image.

        Args:
            batch: float32 `(batch, height, width, channels)` in [0, 255], grey or RGB.

        Returns:
            float32 `(batch, num_logits)`.

        Raises:
            ValueError: If `logits_of` returns an array of another shape.
        """
        if self.logits_of is None:
            return np.asarray(self._in_keras(batch))
        logits = np.asarray(self.logits_of(batch), np.float32)
        expected = (len(batch), self.num_logits)
        if logits.shape != expected:
            raise ValueError(
                f"`logits_of` must return shape {expected} (batch, logits). "
                f"Received shape {logits.shape}."
            )
        return logits

    def pixel_gradient(
        self, batch: NDArray[np.float32], class_weights: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Gradient of a weighted sum of the logits with respect to each pixel.

        Args:
            batch: float32 `(batch, height, width, channels)` in [0, 255], grey or RGB.
            class_weights: Weight of each logit in the sum, float32 `(num_logits,)`.

        Returns:
            float32 with the shape of `batch`, in logits per grey level.
        """
        return np.asarray(self._pixel_gradient(batch, class_weights))

    def features_and_gradient(
        self, pixels: NDArray[np.uint8], layer: str, class_weights: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """A layer's feature maps for one image, and the gradient with respect to them.

        The gradient covers every path from the layer to the output. Paths that bypass the layer are
        held constant, so the layer need not be a bottleneck.

        Args:
            pixels: uint8 `(height, width, channels)` in [0, 255], grey or RGB.
            layer: Name of a layer with feature maps.
            class_weights: Weight of each logit in the sum that is differentiated, float32
                `(num_logits,)`.

        Returns:
            The feature maps and the gradient, both float32 `(rows, columns, filters)`; the gradient
            is in logits per unit of activation.
        """
        import tensorflow as tf

        cut = self._up_to(layer)
        batch = tf.constant(pixels[np.newaxis], tf.float32)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(batch)
            features, logits = cut(batch, training=False)
            explained = tf.reduce_sum(logits * class_weights)
        gradient = tape.gradient(
            explained, features, unconnected_gradients=tf.UnconnectedGradients.ZERO
        )
        return np.asarray(features, np.float32)[0], np.asarray(gradient, np.float32)[0]

    def _up_to(self, layer: str) -> Any:
        """Pixels -> `(features of the layer, logits)`, built once."""
        import keras

        if layer not in self._cuts:
            maps = keras.tree.flatten(self.network.model.get_layer(layer).output)[0]
            logits = self.network.logits_model.outputs[1]
            self._cuts[layer] = keras.Model(self.network.model.input, [maps, logits])
        return self._cuts[layer]

    @cached_property
    def _cuts(self) -> dict[str, Any]:
        return {}

    @cached_property
    def _in_keras(self) -> Any:
        import tensorflow as tf

        model = self.network.logits_model
        pixels = tf.TensorSpec(model.input_shape, tf.float32)
        return tf.function(
            lambda batch: model(batch, training=False)[1],
            input_signature=[pixels],
            autograph=False,
        )

    @cached_property
    def _pixel_gradient(self) -> Any:
        import tensorflow as tf

        model = self.network.logits_model

        def gradient(batch: Any, class_weights: Any) -> Any:
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(batch)
                # Images in a batch are independent, so the gradient of the sum holds them all.
                explained = tf.reduce_sum(model(batch, training=False)[1] * class_weights)
            return tape.gradient(explained, batch)

        pixels = tf.TensorSpec(model.input_shape, tf.float32)
        weights = tf.TensorSpec((self.num_logits,), tf.float32)
        return tf.function(gradient, input_signature=[pixels, weights], autograph=False)


@dataclass(frozen=True, slots=True)
class ClassLogit:
    """The logit of one class.

    Attributes:
        logits: The logits of the network.
        class_index: Position of the class in the task.
    """

    logits: ExplainedLogits
    class_index: int

    def __post_init__(self) -> None:
        """Checks that the class exists.

        Raises:
            ValueError: If `class_index` is out of range.
        """
        num_classes = max(2, self.logits.num_logits)
        if not 0 <= self.class_index < num_classes:
            raise ValueError(
                f"`class_index` must be from 0 to {num_classes - 1}. Received {self.class_index}."
            )

    def of(self, batch: NDArray[np.float32]) -> NDArray[np.float64]:
        """The logit of the class for each image, float64 `(batch,)`; see `Logits.of`."""
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
        return class_weights(self.class_index, num_logits=self.logits.num_logits)
