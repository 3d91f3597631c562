"""The engine: scores a stream of images in order, with constant memory.

Files are read ahead in separate threads. Each core then takes a batch through all other stages:
decoding, resizing, and one pass of the network for logits and heatmaps. So reading overlaps with
computing, all cores are busy, and none waits for another.
"""

from __future__ import annotations

import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.core.backend_names import BackendName
from app.core.backends.backend import Scores, open_backend
from app.core.bundles.bundle import Bundle
from app.core.errors import BundleError, ImageError, RefusedImageError, Remedy, raised_at
from app.core.gate.admission import Impression, require_admitted
from app.core.gate.likeness import likeness
from app.core.gate.observation import Observation
from app.core.images import decoding
from app.core.images.guard import guarded
from app.core.images.preparation import Prepared, Rejected, for_model, prepare
from app.core.images.reading import AS_STORED, ReadOptions
from app.core.networks.class_logits import class_logits, values_of_class
from app.core.networks.network import Network, load_network
from app.core.rendering import heatmaps
from app.core.scoring.gatekeeper import Gatekeeper
from app.core.scoring.output_check import require_numbers
from app.core.scoring.prediction import Prediction, predict
from app.core.scoring.result import KnownResults, Result
from app.core.scoring.second_look import SecondLook
from app.core.settings import read_settings
from app.core.sources.read_ahead import SECONDS_A_READ, Pending, ReadAhead
from app.core.sources.source import Source

# Sizes from 2 to 16 are equally fast; a small batch uses little memory and is quick to cancel.
BATCH_SIZE = 8
# A page takes nine tenths of a core from a batch. At 19, the lowest priority, a batch all but
# stopped where other programs kept the machine busy.
_BACKGROUND_NICENESS = 10
# Of one film: with a remedy, then in spite of what the gate says of it, and once to spare.
_MOST_LOOKS = 3


def num_cores() -> int:
    """Number of cores this process may use, which containers may restrict."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _lower_priority() -> None:
    """Lowers the priority of this thread, on systems that support it."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _BACKGROUND_NICENESS)


@dataclass(frozen=True, slots=True)
class _Fitted:
    source: Source
    image_id: str
    pixels: NDArray[np.uint8]
    film_shape: tuple[int, int]
    chosen: ReadOptions
    impression: Impression
    likeness: bytes


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """One film with all that the model says of it.

    Attributes:
        prediction: None if it is refused, or the model gave no valid output.
        evidence: float32 maps `(rows, columns)` over the whole film, in logits and class order;
            empty without a prediction.
        observation: As in `Result`.
        error: Why there is no prediction.
    """

    prediction: Prediction | None = None
    evidence: tuple[NDArray[np.float32], ...] = ()
    observation: Observation | None = None
    error: ImageError | None = None


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
        """The network in Keras, for explanations; scoring does not need it."""
        with self._loading:
            return self.__dict__.get("network") or load_network(self.bundle)

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
        ahead: deque[Future[list[Result]]] = deque()
        with (
            ThreadPoolExecutor(
                self.workers, "score", initializer=_lower_priority if is_background else None
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
                        scoring = (batch, known, second_look, keep_logits)
                        ahead.append(pool.submit(self._score_batch, *scoring))
                    if not ahead:
                        return
                    yield from ahead.popleft().result()
            finally:
                for future in ahead:
                    future.cancel()

    def _score_batch(
        self,
        batch: list[Pending],
        known: KnownResults | None,
        second_look: SecondLook | None,
        keep_logits: bool,
    ) -> list[Result]:
        prepared = [self._prepare(one.source, one.take, known) for one in batch]
        fitted = [one for one in prepared if isinstance(one, _Fitted)]
        scored = iter(self._score_fitted(fitted, keep_logits=keep_logits))
        results = [next(scored) if isinstance(one, _Fitted) else one for one in prepared]
        if known is not None:
            known.add(results)
        if second_look is None:
            return results
        return [self._looked_at_again(one, known, second_look) for one in results]

    def _looked_at_again(
        self, result: Result, known: KnownResults | None, second_look: SecondLook
    ) -> Result:
        """The result of a refused film as it is read then; as it is if that is not accepted."""
        for _ in range(_MOST_LOOKS):
            reading = second_look.reading(result) if result.status == "refused" else None
            if reading is None:
                break
            second = self._score_alone(replace(result.source, reading=reading), known)
            if not second_look.accepts(second):
                break
            result = second
        return result

    def _score_alone(self, source: Source, known: KnownResults | None) -> Result:
        prepared = self._prepare(source, source.read, known)
        result = prepared if isinstance(prepared, Result) else self._score_fitted([prepared])[0]
        if known is not None:
            known.add([result])
        return result

    def _prepare(
        self, source: Source, read: Callable[[], bytes], known: KnownResults | None
    ) -> Result | _Fitted:
        """One film as network input, or its result if the network is not needed."""
        try:
            with guarded():
                data = read()
        except ImageError as error:
            return _without_score(source, "", error)
        image_id = decoding.image_id(data)
        if known is not None:
            reading = for_model(source.reading, self.bundle.manifest.input)
            found = _known_result(known, image_id, source, reading)
            if found is not None:
                return found
        prepared = prepare(
            data, self.bundle.manifest.input, image_id=image_id, reading=source.reading
        )
        if isinstance(prepared, Rejected):
            chosen = prepared.film.chosen if prepared.film is not None else AS_STORED
            return _without_score(source, prepared.image_id, prepared.error, chosen)
        film = prepared.film
        rows, columns = film.pixels.shape[:2]
        return _Fitted(
            source,
            prepared.image_id,
            prepared.pixels,
            (rows, columns),
            film.chosen,
            self.gatekeeper.look_at(film),
            likeness(prepared.pixels),
        )

    def _score_fitted(self, films: list[_Fitted], *, keep_logits: bool = False) -> list[Result]:
        if not films:
            return []
        scores = self.run(np.stack([film.pixels for film in films]))
        features = scores.features if scores.features is not None else [None] * len(films)
        results = [
            self._to_result(*one)
            for one in zip(films, scores.logits, scores.maps, features, strict=True)
        ]
        if not keep_logits:
            return results
        logits = class_logits(np.asarray(scores.logits))
        return [replace(one, logits=row) for one, row in zip(results, logits, strict=True)]

    def _to_result(
        self,
        film: _Fitted,
        logits: NDArray[np.float32],
        maps: NDArray[np.float32],
        features: NDArray[np.float32] | None,
    ) -> Result:
        observation = None
        try:
            require_numbers(logits, maps)
            observation = self.gatekeeper.observe(features, film.impression)
            self._require_admitted(film.source, film.chosen, observation, film.impression)
            prediction = predict(class_logits(logits[np.newaxis])[0], self.bundle.manifest)
        except ImageError as error:
            refused = _without_score(film.source, film.image_id, error, film.chosen, observation)
            return replace(refused, likeness=film.likeness)
        evidence = self._evidence(maps, prediction.class_index, film.film_shape)
        return Result(
            film.source,
            film.image_id,
            "ok",
            prediction=prediction,
            evidence=evidence,
            chosen=film.chosen,
            observation=observation,
            likeness=film.likeness,
        )

    def _require_admitted(
        self,
        source: Source,
        chosen: ReadOptions,
        observation: Observation | None,
        impression: Impression,
    ) -> None:
        """Refuses a film as the gate does, unless its reader decided otherwise.

        Raises:
            RefusedImageError: If the model is not for it.
        """
        if not chosen.override:
            require_admitted(
                observation,
                impression,
                remedied=lambda remedy: self._observe_with(remedy, source, chosen),
            )

    def _observe_with(
        self, remedy: Remedy, source: Source, chosen: ReadOptions
    ) -> Observation | None:
        """What is seen of a film with a remedy; None if it has one or cannot be read again."""
        if chosen.remedy is not None:
            return None
        try:
            with guarded():
                data = source.read()
        except ImageError:
            return None
        reading = replace(source.reading, remedy=remedy)
        prepared = prepare(data, self.bundle.manifest.input, reading=reading)
        if isinstance(prepared, Rejected):
            return None
        features = self.run(prepared.pixels[np.newaxis]).features
        if features is None:
            return None
        return self.gatekeeper.observe(features[0], Impression())

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
            class order.

        Raises:
            InvalidOutputError: If the model gave no valid output for it.
        """
        logits, maps, _ = self.run(prepared.pixels[np.newaxis])
        return self._explained(prepared, logits, maps)

    def judge(self, prepared: Prepared, source: Source) -> Judged:
        """One film as `score` judges it, with an evidence map for each class.

        Args:
            prepared: The film.
            source: Where it can be read again.
        """
        logits, maps, features = self.run(prepared.pixels[np.newaxis])
        impression = self.gatekeeper.look_at(prepared.film)
        observation = None
        try:
            of_one = features[0] if features is not None else None
            observation = self.gatekeeper.observe(of_one, impression)
            self._require_admitted(source, prepared.film.chosen, observation, impression)
            prediction, evidence = self._explained(prepared, logits, maps)
        except ImageError as error:
            return Judged(observation=observation, error=error)
        return Judged(prediction, evidence, observation)

    def _explained(
        self, prepared: Prepared, logits: NDArray[np.float32], maps: NDArray[np.float32]
    ) -> tuple[Prediction, tuple[NDArray[np.float32], ...]]:
        """See `explain`; of a batch of this film alone."""
        require_numbers(logits[0], maps[0])
        rows, columns = prepared.film.pixels.shape[:2]
        classes = range(len(self.bundle.manifest.task.classes))
        return predict(class_logits(logits)[0], self.bundle.manifest), tuple(
            self._evidence(maps[0], index, (rows, columns)) for index in classes
        )

    def _evidence(
        self, maps: NDArray[np.float32], class_index: int, film_shape: tuple[int, int]
    ) -> NDArray[np.float32]:
        """The map of one class, from maps `(rows, columns, num_logits)` over the whole input."""
        evidence = values_of_class(maps, class_index)
        return heatmaps.without_padding(evidence, film_shape, self.bundle.manifest.input)


def _known_result(
    known: KnownResults, digest: str, source: Source, reading: ReadOptions
) -> Result | None:
    """The result of an earlier run, unless the image would now be read otherwise."""
    for image_id in reading.image_ids(digest):
        found = known.get(image_id, source)
        if found is not None and _is_current(found, digest, reading):
            return found
    return None


def _is_current(found: Result, digest: str, reading: ReadOptions) -> bool:
    """Whether the reader has not since chosen what a result was refused for, or another window."""
    if reading.answers(found.reason_code):
        return False
    overrides = reading.window is not None and reading.model_window is not None
    if not overrides or found.image_id == reading.image_id(digest):
        return True
    return found.prediction is not None and found.chosen.model_window is None


def _without_score(
    source: Source,
    image_id: str,
    error: ImageError,
    chosen: ReadOptions = AS_STORED,
    observation: Observation | None = None,
) -> Result:
    remedy = error.remedy if isinstance(error, RefusedImageError) else None
    return Result(
        source,
        image_id,
        error.status,
        error.code,
        str(error),
        chosen=chosen,
        observation=observation,
        remedy=remedy,
    )
