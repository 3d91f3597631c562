"""The engine: scores a stream of images in order, with constant memory.

Files are read ahead in separate threads. Each core then takes a batch through all other stages:
decoding, resizing, and one pass of the network for logits and heatmaps. So reading overlaps with
computing, all cores are busy, and none waits for another.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.core.backend_names import BackendName
from app.core.backends.backend import open_backend
from app.core.backends.graph import load_graph
from app.core.backends.running import AnyNetwork, num_parameters_of
from app.core.backends.scores import Scores
from app.core.bundles.bundle import Bundle
from app.core.errors import BundleError, raised_at
from app.core.images.preparation import Prepared
from app.core.networks.network import Network, load_network
from app.core.scoring.batch_scoring import BatchScoring
from app.core.scoring.cores import lower_priority, num_cores
from app.core.scoring.gatekeeper import Gatekeeper
from app.core.scoring.judging import Judge, Judged, Outputs
from app.core.scoring.known_results import KnownResults
from app.core.scoring.prediction import Prediction
from app.core.scoring.result import Result
from app.core.scoring.second_look import SecondLook
from app.core.settings import read_settings
from app.core.sources.read_ahead import SECONDS_A_READ, ReadAhead
from app.core.sources.source import Source

# Sizes from 2 to 16 are equally fast; a small batch uses little memory and is quick to cancel.
BATCH_SIZE = 8


class Engine:
    """A bundle's compiled network. Thread-safe."""

    def __init__(
        self,
        bundle: Bundle,
        *,
        backend: BackendName = "auto",
        workers: int | None = None,
        cache: Path | None = None,
    ) -> None:
        """Compiles the network, or loads it if it was compiled before.

        Args:
            bundle: The model.
            backend: Library to compute with; `auto` chooses.
            workers: Number of scoring threads; None uses one per core.
            cache: Folder for converted networks; None uses the one in the settings.

        Raises:
            BundleError: If the network does not match its manifest, the backend does not support
                it, or the reference cannot be used.
        """
        self.bundle = bundle
        self.gatekeeper = Gatekeeper(bundle)
        self.workers = workers or num_cores()
        self.backend = open_backend(
            bundle, backend, cache=cache or read_settings().converted, workers=self.workers
        )
        self._loading = threading.Lock()

    @cached_property
    def network(self) -> Network:
        """The network in Keras, for explanations; scoring does not need it.

        Raises:
            BundleError: If it is not one of Keras.
        """
        if self.bundle.manifest.is_graph:
            raise BundleError(
                f"The network of {self.bundle.name!r} is not one of Keras, so there are no layers "
                "to walk through. Its scores and heatmaps need none."
            )
        with self._loading:
            return self.__dict__.get("network") or load_network(self.bundle)

    @cached_property
    def explained(self) -> AnyNetwork:
        """What explanations on request are computed with."""
        return load_graph(self.bundle) if self.bundle.manifest.is_graph else self.network

    @property
    def num_parameters(self) -> int:
        """How many numbers the network has learned."""
        return num_parameters_of(self.explained)

    def _judging(self) -> Judge:
        """Made anew for each use: kept, it would keep this engine in memory for longer."""
        return Judge(self.bundle.manifest, self.gatekeeper, self.run)

    def score(
        self,
        sources: Iterable[Source],
        *,
        known: KnownResults | None = None,
        second_look: SecondLook | None = None,
        seconds_a_read: float = SECONDS_A_READ,
        is_background: bool = False,
        keep_logits: bool = False,
    ) -> Iterator[Result]:
        """Scores images in order. An image that cannot be scored affects only its own result.

        Args:
            sources: The images; listed lazily, at most two batches per worker ahead.
            known: Cache of earlier results, to which new ones are added.
            second_look: Which refused films are read once more, and how; None leaves them refused.
            seconds_a_read: Time limit for reading a file, in seconds.
            is_background: Whether other threads of this process, such as pages, have priority.
            keep_logits: Whether results hold the logits of the network, too; of no use with
                `known`, whose results have none.

        Yields:
            One result for each source, in order.

        Raises:
            SourceError: If the file system no longer responds.

        Example:
            >>> from app.core.bundles.bundle import load_bundle
            >>> from app.core.sources.sources import from_paths
            >>> engine = Engine(load_bundle(Path("models/phantom-chest")))
            >>> results = list(engine.score(from_paths(["models/phantom-chest/samples/PNEUMONIA"])))
            >>> len(results), results[0].status
            (12, 'ok')
        """
        remaining = iter(sources)
        scoring = BatchScoring(
            self._judging(), known=known, second_look=second_look, keep_logits=keep_logits
        )
        ahead: deque[Future[list[Result]]] = deque()
        with (
            ThreadPoolExecutor(
                self.workers, "score", initializer=lower_priority if is_background else None
            ) as pool,
            # Must be closed first. After a failed batch, whose bytes nobody takes, threads of the
            # pool may be waiting for reads for which there is no room.
            ReadAhead(seconds_a_read=seconds_a_read) as reading,
        ):
            try:
                while True:
                    while len(ahead) < 2 * self.workers:
                        batch = [reading.read(one) for one in islice(remaining, BATCH_SIZE)]
                        if not batch:
                            break
                        ahead.append(pool.submit(scoring.score, batch))
                    if not ahead:
                        return
                    yield from ahead.popleft().result()
            finally:
                for future in ahead:
                    future.cancel()

    def run(self, pixels: NDArray[np.uint8]) -> Scores:
        """Logits, evidence maps and features of a batch.

        Args:
            pixels: uint8 `(batch, height, width, channels)` in [0, 255], grey or RGB.

        Returns:
            They may contain NaN, see `output_check`.

        Raises:
            BundleError: If the library fails to compute the network.
        """
        try:
            return self.backend.run(pixels.astype(np.float32))
        except Exception as error:
            raise BundleError(
                f"The network of {self.bundle.name!r} could not be computed "
                f"({type(error).__name__} at {raised_at(error)}). Check free memory, or choose "
                "another backend."
            ) from None

    def explain(self, prepared: Prepared) -> tuple[Prediction, tuple[NDArray[np.float32], ...]]:
        """The prediction of one film, and an evidence map for each class, whatever the gate says.

        Args:
            prepared: The film.

        Returns:
            The prediction, and float32 maps `(rows, columns)` over the whole film, in logits and
            class order; none if the network has no layer with a map.

        Raises:
            InvalidOutputError: If the model gave no valid output for it.
        """
        rows, columns = prepared.film.pixels.shape[:2]
        logits, maps, _ = self.run(prepared.pixels[np.newaxis])
        outputs = Outputs(logits[0], None if maps is None else maps[0])
        return self._judging().explain(outputs, (rows, columns))

    def judge(self, prepared: Prepared, source: Source) -> Judged:
        """One film as `score` judges it, with an evidence map for each class.

        Args:
            prepared: The film.
            source: Where it can be read again.
        """
        judge = self._judging()
        seen = judge.look_at([judge.fitted(source, prepared)])
        (outputs,) = judge.outputs(seen, self.run(prepared.pixels[np.newaxis]))
        return judge.judge(seen[0], outputs, every_class=True)
