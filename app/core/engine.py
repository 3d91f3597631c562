"""The engine: a stream of images in, a stream of results out, in order, in constant memory.

Each core takes a batch through all its stages by itself: decoding, one pass of the network
that gives features and logits, and, for heatmaps, the gradient of the head behind the
heatmap layer. So no core waits for another.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.core import heatmaps, images
from app.core.bundle import Bundle
from app.core.errors import ImageError
from app.core.network import class_logits, load_network
from app.core.reading import Reading, read
from app.core.sources import Source
from app.core.suitability import check_suitable

# From 2 to 16 the rate is the same; a small batch holds little memory and is soon cancelled.
BATCH_SIZE = 8
NUM_WORKERS = os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one image.

    Attributes:
        source: Where it came from.
        image_id: SHA-256 of its bytes; empty when they could not be read.
        status: `ok`, `refused` or `unreadable`.
        reason: Code and sentence when it has no score, else empty.
        reading: Prediction and probabilities when it was scored.
        evidence: float32 Grad-CAM map of the predicted class in logits, positive and
            negative, `(rows, columns)` over the whole film; None unless asked for.
    """

    source: Source
    image_id: str
    status: str
    reason: str = ""
    reading: Reading | None = None
    evidence: NDArray[np.float32] | None = None


@dataclass(frozen=True, slots=True)
class _Decoded:
    result: Result
    pixels: NDArray[np.uint8] | None = None
    film_shape: tuple[int, int] = (0, 0)


class Engine:
    """A bundle's network, compiled. Safe to share between threads."""

    def __init__(self, bundle: Bundle) -> None:
        """Loads and compiles the network.

        Raises:
            BundleError: If the network does not fit its manifest.
        """
        self.bundle = bundle
        self.network = load_network(bundle)
        self._compiled = _compile(self.network.logits_model, bundle)
        self._evidence = self.network.evidence_function()

    def score(
        self,
        sources: Iterable[Source],
        *,
        with_heatmaps: bool = False,
    ) -> Iterator[Result]:
        """Scores images as they come. An image that cannot be scored costs only its own row.

        Args:
            sources: Images; read lazily, two batches a core ahead at most.
            with_heatmaps: Whether each result carries its evidence map.

        Yields:
            One result for each source, in the order of the sources.
        """
        remaining = iter(sources)
        ahead: deque[Future[list[Result]]] = deque()
        with ThreadPoolExecutor(NUM_WORKERS, thread_name_prefix="score") as pool:
            try:
                while True:
                    while len(ahead) < 2 * NUM_WORKERS:
                        batch = list(islice(remaining, BATCH_SIZE))
                        if not batch:
                            break
                        ahead.append(pool.submit(self._score_batch, batch, with_heatmaps))
                    if not ahead:
                        return
                    yield from ahead.popleft().result()
            finally:
                for future in ahead:
                    future.cancel()

    def _decode(self, source: Source) -> _Decoded:
        image_id = ""
        try:
            data = source.read()
            image_id = images.image_id(data)
            film = images.decode(data)
            check_suitable(film, self.bundle.manifest.input)
            pixels = self.fitted(film)
        except ImageError as error:
            return _Decoded(Result(source, image_id, error.status, error.reason))
        rows, columns = film.pixels.shape[:2]
        return _Decoded(Result(source, image_id, "ok"), pixels, (rows, columns))

    def _score_batch(self, sources: list[Source], with_heatmaps: bool) -> list[Result]:
        decoded = [self._decode(source) for source in sources]
        scored = [item for item in decoded if item.pixels is not None]
        if not scored:
            return [item.result for item in decoded]
        features, logits = self.forward(np.stack([item.pixels for item in scored]))  # type: ignore[misc]
        readings = [read(row, self.bundle.manifest) for row in class_logits(logits)]
        maps: list[NDArray[np.float32] | None] = [None] * len(scored)
        if with_heatmaps:
            evidence = self.evidence(features, [reading.class_index for reading in readings])
            maps = [
                heatmaps.without_padding(one, item.film_shape, self.bundle.manifest.input)
                for one, item in zip(evidence, scored, strict=True)
            ]
        found = iter(zip(readings, maps, strict=True))
        results = []
        for item in decoded:
            reading, evidence_map = (None, None) if item.pixels is None else next(found)
            results.append(replace(item.result, reading=reading, evidence=evidence_map))
        return results

    def forward(self, pixels: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Features of the heatmap layer and logits of a batch of fitted images.

        Args:
            pixels: uint8 `(batch, height, width, channels)` in [0, 255].
        """
        # A request of its own, so that threads do not wait for each other.
        output = self._compiled.create_infer_request().infer(pixels.astype(np.float32))
        return np.array(output[0]), np.array(output[1])

    def evidence(
        self, features: NDArray[np.float32], class_indices: list[int]
    ) -> NDArray[np.float32]:
        """Grad-CAM maps of the given classes, `(batch, rows, columns)`, in logits."""
        units = self.network.model.output_shape[-1]
        weights = np.zeros((len(features), units), np.float32)
        for row, index in enumerate(class_indices):
            if units == 1:  # evidence for the first class is evidence against the second
                weights[row, 0] = 1.0 if index == 1 else -1.0
            else:
                weights[row, index] = 1.0
        return np.asarray(self._evidence(features, weights), np.float32)

    def explain(self, film: images.Film) -> tuple[Reading, tuple[NDArray[np.float32], ...]]:
        """The reading of one film, and an evidence map `(rows, columns)` for each class."""
        features, logits = self.forward(self.fitted(film)[np.newaxis])
        classes = list(range(len(self.bundle.manifest.task.classes)))
        maps = self.evidence(np.repeat(features, len(classes), axis=0), classes)
        rows, columns = film.pixels.shape[:2]
        return read(class_logits(logits)[0], self.bundle.manifest), tuple(
            heatmaps.without_padding(one, (rows, columns), self.bundle.manifest.input)
            for one in maps
        )

    def fitted(self, film: images.Film) -> NDArray[np.uint8]:
        """The film as the network sees it, `(height, width, channels)`."""
        size = self.bundle.manifest.input
        return images.fit(
            film, height=size.height, width=size.width, channels=size.channels, how=size.fit
        )


def _compile(model: Any, bundle: Bundle) -> Any:
    """The network as an OpenVINO model for this machine's CPU, in float32.

    OpenVINO would choose bfloat16 by itself where the CPU has it, and a film would then
    score differently on another machine.
    """
    import openvino
    import tensorflow as tf

    size = bundle.manifest.input
    shape = (None, size.height, size.width, size.channels)
    function = tf.function(
        lambda pixels: model(pixels, training=False),
        input_signature=[tf.TensorSpec(shape, tf.float32)],
    )
    converted = openvino.convert_model(function.get_concrete_function())
    settings = {"INFERENCE_PRECISION_HINT": "f32", "NUM_STREAMS": str(NUM_WORKERS)}
    return openvino.compile_model(converted, "CPU", settings)
