"""Gradients of a network's head: by going back through it, or by nudging its features."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.core.backends.graph_parts import channel_axis, head_from, node_named
from app.core.backends.head_gradients import gradient_graph
from app.core.backends.openvino_cpu import compile_for_cpu

# Rounding, relative to the largest logit; more is a head that is not linear.
_LINEAR = 1e-4
# Of the size of the features: small enough for a curve to be straight, large enough for float32.
_STEP = 2.0**-6
# Floats of a batch of nudged features.
_MOST_FLOATS = 4_000_000
_Array = NDArray[np.float32]


class Head:
    """What a graph makes of its last map. Thread-safe.

    If its logits are linear in the map, as after global pooling and a dense layer, their gradient
    is the same for every image: it is found once, exactly, by steps of 1 from a map of zeros. If
    it consists of dense layers, rectifiers and pooling, as in VGG and AlexNet, it is gone through
    backwards for each image. If neither, each channel is nudged up and down a little, and the head
    alone is run on what results.

    Reference:
        - Selvaraju et al., Grad-CAM (ICCV 2017), https://arxiv.org/abs/1610.02391
    """

    def __init__(self, model: Any, layer: str) -> None:
        """Cuts the head off, and finds out whether it is linear.

        Args:
            model: An `openvino.Model` from pixels to logits.
            layer: Name of a node with a map that all paths go through.
        """
        node = node_named(model, layer)
        head, self.sees_means = head_from(model, layer)
        self._axis = channel_axis(node)
        self._takes_batches = bool(head.input(0).partial_shape[0].is_dynamic)
        self._compiled = compile_for_cpu(head, streams=1)
        self._shape = tuple(
            int(size.get_length()) for size in list(head.input(0).partial_shape)[1:]
        )
        shape = tuple(int(size.get_length()) for size in list(node.get_output_partial_shape(0))[1:])
        self._places = shape[:2] if self._axis == 3 else shape[1:]
        is_linear = self._is_linear()
        back = None if is_linear else gradient_graph(head)
        self._back = None if back is None else compile_for_cpu(back, streams=1)
        if back is not None:
            self._compiled = None  # its weights are not kept twice
        self._constant = self._of_channels(self._zeros(), 1.0) if is_linear else None

    @property
    def is_linear(self) -> bool:
        """Whether the gradient is the same for all images."""
        return self._constant is not None

    def mean_gradients(self, features: _Array) -> _Array:
        """For each channel, the mean over all places of the gradient of each logit.

        Args:
            features: The map of one image, float32 `(rows, columns, filters)`.

        Returns:
            float32 `(filters, num_logits)`, in logits per unit of activation.
        """
        if self._constant is not None:
            return self._constant
        start = self._start(features)
        return self._of_channels(start, self._step(start))

    def gradient(self, features: _Array, weights: _Array) -> _Array:
        """The gradient of a weighted sum of the logits at each place.

        Args:
            features: The map of one image, float32 `(rows, columns, filters)`.
            weights: Of each logit, float32 `(num_logits,)`.

        Returns:
            float32 `(rows, columns, filters)`, in logits per unit of activation.
        """
        if self.sees_means:
            of_channels = self.mean_gradients(features) @ weights
            return np.broadcast_to(of_channels, features.shape).astype(np.float32)
        start, step = (self._zeros(), 1.0) if self.is_linear else self._both(features)
        found = (self._of_each(start, step) @ weights).reshape(self._shape)
        return np.ascontiguousarray(found if self._axis == 3 else np.moveaxis(found, 0, -1))

    def evidence(self, maps: _Array) -> _Array:
        """Grad-CAM with its sign: each map weighted by the mean gradient of each logit.

        Args:
            maps: float32 `(batch, rows, columns, filters)`.

        Returns:
            float32 `(batch, rows, columns, num_logits)`, in logits.
        """
        return np.stack([one @ self.mean_gradients(one) for one in maps]).astype(np.float32)

    def _of_channels(self, start: _Array, step: float) -> _Array:
        """The mean gradient of each channel; if nudged, all of its places are at once."""
        num_places = int(np.prod(self._places))
        if self.sees_means:
            return np.asarray(self._of_each(start, step) / num_places, np.float32)
        if self._back is not None:
            of_places = self._of_each(start, step).reshape(*self._shape, -1)
            places = (0, 1) if self._axis == 3 else (1, 2)
            return np.asarray(of_places.mean(axis=places), np.float32)
        if self._axis == 3:
            filters = self._shape[2]
            # Channels last: the places of a channel are as far apart as there are channels.
            found = self._differences(start, step, np.arange(filters), filters, num_places)
        else:
            found = self._differences(
                start, step, np.arange(self._shape[0]) * num_places, 1, num_places
            )
        return np.asarray(found / num_places, np.float32)

    def _of_each(self, start: _Array, step: float) -> _Array:
        """The gradients of each feature, float32 `(num_features, num_logits)`."""
        if self._back is None:
            return self._differences(start, step, np.arange(start.size), 1)
        output = self._back.create_infer_request().infer(start.reshape(1, *self._shape))
        return np.array(next(iter(output.values()))).reshape(-1, start.size).T

    def _differences(
        self, start: _Array, step: float, first: NDArray[np.int64], stride: int, count: int = 1
    ) -> _Array:
        """How the logits change by a unit of some features, float32 `(num_nudges, num_logits)`.

        Args:
            start: The features, flat.
            step: How far they are nudged to both sides.
            first: Of each nudge, the first feature.
            stride: From one feature of a nudge to the next.
            count: Features of a nudge.
        """
        found = []
        size = max(_MOST_FLOATS // (2 * start.size), 1)
        for begin in range(0, len(first), size):
            chosen = first[begin : begin + size, None] + stride * np.arange(count)
            lines = np.arange(len(chosen))[:, None]
            up, down = np.tile(start, (len(chosen), 1)), np.tile(start, (len(chosen), 1))
            up[lines, chosen] += step
            down[lines, chosen] -= step
            logits = self._run(np.concatenate([up, down])).astype(np.float64)
            # What was really added, which rounding makes another number.
            nudged = (up - down)[lines, chosen].mean(axis=1, keepdims=True)
            found.append((logits[: len(up)] - logits[len(up) :]) / nudged)
        return np.concatenate(found).astype(np.float32)

    def _run(self, features: _Array) -> _Array:
        shaped = np.ascontiguousarray(features.reshape(-1, *self._shape), np.float32)
        request, size = self._compiled.create_infer_request(), len(shaped)
        size = size if self._takes_batches else 1
        parts = [
            np.array(next(iter(request.infer(shaped[at : at + size]).values())))
            for at in range(0, len(shaped), size)
        ]
        return np.concatenate(parts)

    def _is_linear(self) -> bool:
        rng = np.random.default_rng(0)
        zero = self._zeros()
        for size in (0.1, 1.0, 10.0):
            one, other = rng.normal(0, size, (2, zero.size)).astype(np.float32)
            logits = self._run(np.stack([one + other, one, other, zero])).astype(np.float64)
            difference = np.abs(logits[0] - logits[1] - logits[2] + logits[3]).max()
            if not difference <= _LINEAR * (np.abs(logits).max() + 1e-6):
                return False
        return True

    def _zeros(self) -> _Array:
        return np.zeros(int(np.prod(self._shape)), np.float32)

    def _start(self, features: _Array) -> _Array:
        """What the head is given of a map, flat."""
        if self.sees_means:
            return np.asarray(features.mean(axis=(0, 1)), np.float32).ravel()
        ordered = features if self._axis == 3 else np.moveaxis(features, -1, 0)
        return np.ascontiguousarray(ordered).ravel()

    def _step(self, start: _Array) -> float:
        return _STEP * max(float(np.sqrt(np.mean(np.square(start)))), 1e-3)

    def _both(self, features: _Array) -> tuple[_Array, float]:
        start = self._start(features)
        return start, self._step(start)
