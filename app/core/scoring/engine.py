"""The engine: a stream of images in, a stream of results out, in order, in constant memory.

Files are read ahead by threads of their own. Each core then takes a batch through all other
stages by itself: decoding, fitting, and one pass of the network that gives logits and heatmaps.
So reading overlaps with computing, every core is busy with one stage or another, and none waits
for another core.
"""

from __future__ import annotations

import os
import sys
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from app.core.backend_names import BackendName
from app.core.backends.backend import open_backend
from app.core.bundles.bundle import Bundle
from app.core.errors import ImageError, Status
from app.core.images import decoding
from app.core.images.preparation import Prepared, Rejected, prepare
from app.core.networks.class_logits import class_logits, of_class
from app.core.networks.network import Network, load_network
from app.core.rendering import heatmaps
from app.core.scoring.prediction import Prediction, predict
from app.core.settings import read_settings
from app.core.sources.read_ahead import SECONDS_A_READ, Pending, ReadAhead
from app.core.sources.source import Source

# From 2 to 16 the rate is the same; a small batch holds little memory and is soon cancelled.
BATCH_SIZE = 8
# The lowest priority there is: what pages leave of the cores is enough.
_BACKGROUND_NICENESS = 19


def num_cores() -> int:
    """Cores this process may use, which in a container are fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _step_back() -> None:
    """Lets the other threads of this process go first, where the system knows that of a thread."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _BACKGROUND_NICENESS)


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one image.

    Attributes:
        source: Where it came from.
        image_id: SHA-256 of its bytes; empty when they could not be read.
        status: `ok`, `refused` or `unreadable`.
        reason_code: Stable short word that says why it has no score; empty where it has one.
        reason: The same as a sentence.
        prediction: Prediction and probabilities when it was scored.
        evidence: float32 Grad-CAM map of the predicted class in logits, positive and
            negative, `(rows, columns)` over the whole film; None where it was not scored.
    """

    source: Source
    image_id: str
    status: Status
    reason_code: str = ""
    reason: str = ""
    prediction: Prediction | None = None
    evidence: NDArray[np.float32] | None = None


class KnownResults(Protocol):
    """Results of earlier runs, found by what the files hold and not by their names."""

    def get(self, image_id: str, source: Source) -> Result | None:
        """The result of an earlier run; None if there is none.

        Args:
            image_id: SHA-256 of the file.
            source: The source that the result is returned for.
        """
        ...

    def add(self, results: Sequence[Result]) -> None:
        """Keeps the results of a batch."""
        ...


@dataclass(frozen=True, slots=True)
class _Fitted:
    source: Source
    image_id: str
    pixels: NDArray[np.uint8]
    film_shape: tuple[int, int]


class Engine:
    """A bundle's network, compiled. Safe to share between threads."""

    def __init__(
        self,
        bundle: Bundle,
        *,
        backend: BackendName = "auto",
        workers: int | None = None,
        cache: Path | None = None,
    ) -> None:
        """Compiles the network, from what is kept on disk where it was compiled before.

        Args:
            bundle: The model.
            backend: What computes; `auto` chooses.
            workers: Threads that score at once; by default one a core.
            cache: Folder of converted networks; by default that of this installation.

        Raises:
            BundleError: If the network does not fit its manifest, or the backend cannot take it.
        """
        self.bundle = bundle
        self.workers = workers or num_cores()
        self.backend = open_backend(
            bundle, backend, cache=cache or read_settings().converted, workers=self.workers
        )
        self._loading = threading.Lock()

    @cached_property
    def network(self) -> Network:
        """The network in Keras, for what looks into it; scoring does without."""
        with self._loading:
            return self.__dict__.get("network") or load_network(self.bundle)

    def score(
        self,
        sources: Iterable[Source],
        *,
        known: KnownResults | None = None,
        seconds_a_read: float = SECONDS_A_READ,
        is_background: bool = False,
    ) -> Iterator[Result]:
        """Scores images as they come. An image that cannot be scored costs only its own row.

        Args:
            sources: Images; listed lazily, two batches a worker ahead at most.
            known: Earlier results, which are not computed again, and where new ones are kept.
            seconds_a_read: After so long a file that is still being read is given up.
            is_background: Whether other threads of this process go first, such as pages.

        Yields:
            One result for each source, in the order of the sources.

        Raises:
            SourceError: If the file system does not answer any more.
        """
        remaining = iter(sources)
        ahead: deque[Future[list[Result]]] = deque()
        with (
            ThreadPoolExecutor(
                self.workers, "score", initializer=_step_back if is_background else None
            ) as pool,
            # Closed first: behind a batch that failed, whose bytes nobody takes, threads of the
            # pool wait for reads that there is no room for.
            ReadAhead(seconds_a_read=seconds_a_read) as reading,
        ):
            try:
                while True:
                    while len(ahead) < 2 * self.workers:
                        batch = [reading.read(one) for one in islice(remaining, BATCH_SIZE)]
                        if not batch:
                            break
                        ahead.append(pool.submit(self._score_batch, batch, known))
                    if not ahead:
                        return
                    yield from ahead.popleft().result()
            finally:
                for future in ahead:
                    future.cancel()

    def _score_batch(self, batch: list[Pending], known: KnownResults | None) -> list[Result]:
        prepared = [self._prepare(pending, known) for pending in batch]
        scored = iter(self._score_fitted([one for one in prepared if isinstance(one, _Fitted)]))
        results = [next(scored) if isinstance(one, _Fitted) else one for one in prepared]
        if known is not None:
            known.add(results)
        return results

    def _prepare(self, pending: Pending, known: KnownResults | None) -> Result | _Fitted:
        """One film as the network sees it, or what is known of it without the network."""
        source = pending.source
        try:
            data = pending.take()
        except ImageError as error:
            return _without_score(source, "", error)
        image_id = decoding.image_id(data)
        found = known.get(image_id, source) if known is not None else None
        if found is not None:
            return found
        prepared = prepare(data, self.bundle.manifest.input, image_id=image_id)
        if isinstance(prepared, Rejected):
            return _without_score(source, image_id, prepared.error)
        rows, columns = prepared.film.pixels.shape[:2]
        return _Fitted(source, image_id, prepared.pixels, (rows, columns))

    def _score_fitted(self, films: list[_Fitted]) -> list[Result]:
        if not films:
            return []
        logits, maps = self.run(np.stack([film.pixels for film in films]))
        results = []
        for film, row, film_maps in zip(films, class_logits(logits), maps, strict=True):
            prediction = predict(row, self.bundle.manifest)
            evidence = self._evidence(film_maps, prediction.class_index, film.film_shape)
            results.append(
                Result(film.source, film.image_id, "ok", prediction=prediction, evidence=evidence)
            )
        return results

    def run(self, pixels: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Logits and evidence maps of a batch of fitted images.

        Args:
            pixels: uint8 `(batch, height, width, channels)` in [0, 255].

        Returns:
            `(batch, num_logits)` and `(batch, rows, columns, num_logits)`, see `Backend.run`.
        """
        return self.backend.run(pixels.astype(np.float32))

    def explain(self, prepared: Prepared) -> tuple[Prediction, tuple[NDArray[np.float32], ...]]:
        """The prediction of one film, and an evidence map `(rows, columns)` for each class."""
        logits, maps = self.run(prepared.pixels[np.newaxis])
        rows, columns = prepared.film.pixels.shape[:2]
        classes = range(len(self.bundle.manifest.task.classes))
        return predict(class_logits(logits)[0], self.bundle.manifest), tuple(
            self._evidence(maps[0], index, (rows, columns)) for index in classes
        )

    def _evidence(
        self, maps: NDArray[np.float32], class_index: int, film_shape: tuple[int, int]
    ) -> NDArray[np.float32]:
        """The map of one class, of maps `(rows, columns, num_logits)` over the whole input."""
        evidence = of_class(maps, class_index)
        return heatmaps.without_padding(evidence, film_shape, self.bundle.manifest.input)


def _without_score(source: Source, image_id: str, error: ImageError) -> Result:
    return Result(source, image_id, error.status, error.code, str(error))
