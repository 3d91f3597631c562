"""A cluster worker: an engine on one core, in its own process, on any machine.

It never raises, because Ray would log the exception, whose text may contain a path.
"""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.core.backend_names import BackendName
from app.core.bundles.bundle import load_bundle
from app.core.errors import BundleError, OverreadError, Remedy, Status, raised_at
from app.core.gate.observation import Observation
from app.core.images.preparation import PIPELINE_VERSION
from app.core.images.reading import AS_STORED, ReadOptions
from app.core.scoring.engine import Engine
from app.core.scoring.prediction import Prediction
from app.core.scoring.ray_cluster.connection import load_ray
from app.core.scoring.result import Result
from app.core.scoring.second_look import SecondLook
from app.core.sources.source import Source


class Answer(NamedTuple):
    """A result as sent by a worker: without the source, which the driver has.

    Attributes:
        image_id: SHA-256 of the file; empty if it could not be read.
        status: As in `Result`.
        reason_code: Stable short code for why it has no score.
        reason: The same as a sentence.
        prediction: The prediction, if any.
        evidence: float32 `(rows, columns)` in logits, if any.
        chosen: The reader's choices that were used.
        observation: What the gate saw of the image, if anything.
        remedy: What would make a refused image what it should be, if that is certain.
        likeness: Mark of what the image shows; empty if it was not decoded.
        reading: How the image was read in the end, see `SecondLook`.
        is_known: Whether the driver already has the result, so that the rest is empty.
    """

    image_id: str
    status: Status
    reason_code: str
    reason: str
    prediction: Prediction | None
    evidence: NDArray[np.float32] | None
    chosen: ReadOptions = AS_STORED
    observation: Observation | None = None
    remedy: Remedy | None = None
    likeness: bytes = b""
    reading: ReadOptions = AS_STORED
    is_known: bool = False


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a worker cannot continue, in a sentence without file names."""

    sentence: str


class Worker:
    """The Ray actor. It is created with the bundle's digest and receives the files later."""

    def __init__(
        self,
        sha256: str,
        backend: BackendName,
        folder: str,
        pipeline: int,
        second_look: SecondLook | None = None,
    ) -> None:
        """Creates the worker without loading the bundle.

        Args:
            sha256: Digest of the bundle.
            backend: Library to compute with.
            folder: Current folder of the driver.
            pipeline: Pipeline version of the driver.
            second_look: Which refused films are read once more, and how.
        """
        self._second_look = second_look
        self._sha256 = sha256
        self._backend = backend
        self._pipeline = pipeline
        self._opened: tuple[Engine, Digests] | None = None
        self._opening = threading.Lock()
        # All workers of a machine would compete for the memory of the same GPU.
        os.environ |= {"CUDA_VISIBLE_DEVICES": "-1", "HIP_VISIBLE_DEVICES": "-1"}
        try:
            os.chdir(folder)  # so that relative paths mean the same as for the driver
        except OSError:
            os.chdir(os.sep)  # so that they fail, rather than find a film of the same name

    def open(self, shared: list[Any]) -> Failure | None:
        """Prepares the engine, so that no batch has to wait for it."""
        try:
            self._ready(shared)
        except Exception as error:
            return _failure(error)
        return None

    def score(self, shared: list[Any], sources: Sequence[Source]) -> list[Answer] | Failure:
        """Scores a batch.

        Args:
            shared: Ray references to the bundle's files and the digests of known films.
            sources: The images.

        Returns:
            An answer for each source in order, or why the worker cannot continue.
        """
        try:
            engine, known = self._ready(shared)
            return [
                _answer(one)
                for one in engine.score(sources, known=known, second_look=self._second_look)
            ]
        except Exception as error:
            return _failure(error)

    def _ready(self, shared: list[Any]) -> tuple[Engine, Digests]:
        if self._pipeline != PIPELINE_VERSION:
            raise OverreadError(
                "A worker of the cluster has another version of Overread, which may score films "
                "differently. Install the same version on every machine."
            )
        with self._opening:
            if self._opened is None:
                files, digests = load_ray().get(shared)
                self._opened = self._engine(files), Digests(digests)
            return self._opened

    def _engine(self, files: dict[str, bytes]) -> Engine:
        with tempfile.TemporaryDirectory(prefix="overread-bundle-") as folder:
            for name, content in files.items():
                path = Path(folder, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
            base, adapted = Path(folder, "bundle"), Path(folder, "adapted")
            bundle = load_bundle(adapted, base=base) if adapted.is_dir() else load_bundle(base)
            if bundle.sha256 != self._sha256:
                raise BundleError("The bundle was changed while being sent to the workers.")
            return Engine(bundle, backend=self._backend, workers=1)


class Digests:
    """The results that the driver has, with the interface that the engine expects."""

    def __init__(self, digests: NDArray[np.bytes_]) -> None:
        """Stores the digests.

        Args:
            digests: Sorted digests of known films, 32 bytes each, `(num_films,)`.
        """
        self._digests = digests

    def get(self, image_id: str, source: Source) -> Result | None:
        """A result without a prediction if the driver has it, else None.

        Args:
            image_id: SHA-256 of the file.
            source: The source that the returned result refers to.
        """
        if source.reading != AS_STORED:
            return None  # a digest does not tell whether the choices would change the result
        digest = np.array(bytes.fromhex(image_id), "S32")
        position = int(np.searchsorted(self._digests, digest))
        if position < len(self._digests) and self._digests[position] == digest:
            return Result(source, image_id, "ok")
        return None

    def add(self, results: Sequence[Result]) -> None:
        """Does nothing: the driver stores the results."""


def _answer(result: Result) -> Answer:
    return Answer(
        result.image_id,
        result.status,
        result.reason_code,
        result.reason,
        result.prediction,
        result.evidence,
        result.chosen,
        result.observation,
        result.remedy,
        result.likeness,
        result.source.reading,
        is_known=result.status == "ok" and result.prediction is None,
    )


def _failure(error: Exception) -> Failure:
    if isinstance(error, OverreadError):
        return Failure(str(error))
    return Failure(
        f"A worker had an unexpected error ({type(error).__name__} at {raised_at(error)}). "
        "Completed results are kept. Please report it."
    )
