"""The results of one bundle in a store, with the interface that the engine expects."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.core.bundles.bundle import Bundle
from app.core.bundles.manifest import Manifest
from app.core.errors import TRANSIENT
from app.core.images.reading import ReadOptions, Window
from app.core.results import observations
from app.core.results.result_store import Entry, ResultStore
from app.core.scoring.prediction import Prediction, predict_findings
from app.core.scoring.result import Result
from app.core.sources.source import Source

_RESULT = "result"
_NO_SOURCE = Source("", None)


class BundleResults:
    """The results of one bundle in a store, with the interface that the engine expects."""

    def __init__(self, store: ResultStore, bundle: Bundle) -> None:
        """Stores nothing yet.

        Args:
            store: The store.
            bundle: The bundle whose results are read and added.
        """
        self._store = store
        self._bundle = bundle

    def get(self, image_id: str, source: Source) -> Result | None:
        """The stored result of a file; None if there is none.

        Args:
            image_id: SHA-256 of the file.
            source: The source that the returned result refers to.

        Raises:
            ResultStoreError: If the store cannot be read.
        """
        entry = self._store.get(image_id, self._bundle.sha256, _RESULT)
        return None if entry is None else self._result(image_id, source, entry.facts, entry.map)

    def results(self, image_ids: Sequence[str]) -> dict[str, Result | None]:
        """The stored results of several files, without source and heatmap; None without one.

        Args:
            image_ids: SHA-256 of the files, a few hundred at most.

        Raises:
            ResultStoreError: If the store cannot be read.
        """
        found = self._store.facts(image_ids, self._bundle.sha256, _RESULT)
        return {
            image_id: self._result(image_id, _NO_SOURCE, found[image_id], None)
            if image_id in found
            else None
            for image_id in image_ids
        }

    def _result(
        self,
        image_id: str,
        source: Source,
        facts: dict[str, Any],
        evidence: NDArray[np.float32] | None,
    ) -> Result:
        prediction = facts["prediction"]
        if prediction is not None:
            prediction = _prediction(prediction, self._bundle.manifest)
        return Result(
            source,
            image_id,
            facts["status"],
            facts["reason_code"],
            facts["reason"],
            prediction,
            evidence,
            _chosen(facts.get("chosen")),
            observations.unpacked(facts.get("observation")),
            facts.get("remedy"),
            base64.b64decode(facts.get("likeness", "")),
        )

    def image_ids(self) -> Iterator[str]:
        """SHA-256 of every image with a result.

        Raises:
            ResultStoreError: If the store cannot be read.
        """
        return self._store.image_ids(self._bundle.sha256, _RESULT)

    def add(self, results: Sequence[Result]) -> None:
        """Stores results, except transient failures.

        These are files that could not be read, which have no digest, films that did not fit into
        memory, and those at which a program failed.

        Raises:
            ResultStoreError: If the results cannot be written.
        """
        entries = [
            Entry(
                result.image_id,
                _RESULT,
                {
                    "status": result.status,
                    "reason_code": result.reason_code,
                    "reason": result.reason,
                    "prediction": _stored(result.prediction) if result.prediction else None,
                    "chosen": [
                        result.chosen.frame,
                        result.chosen.window,
                        result.chosen.model_window,
                        result.chosen.remedy,
                        result.chosen.override,
                    ],
                    "observation": observations.packed(result.observation),
                    "remedy": result.remedy,
                    "likeness": base64.b64encode(result.likeness).decode("ascii"),
                },
                result.evidence,
            )
            for result in results
            if result.image_id and result.reason_code not in TRANSIENT
        ]
        self._store.add(self._bundle.sha256, entries)


def _stored(prediction: Prediction) -> dict[str, Any]:
    """A prediction as it is stored; of findings, only the numbers that the rest follows from."""
    if prediction.findings:
        pairs = [(one.probability, one.raw_probability) for one in prediction.findings]
        return {"findings": pairs}
    return asdict(prediction)


def _prediction(facts: dict[str, Any], manifest: Manifest) -> Prediction:
    """A stored prediction."""
    if manifest.task.any_of:
        pairs = [
            (one["probability"], one["raw_probability"]) if isinstance(one, dict) else one
            for one in facts["findings"]  # earlier versions stored more of each
        ]
        probabilities, raw = zip(*pairs, strict=True)
        return predict_findings(manifest, probabilities=probabilities, raw_probabilities=raw)
    facts["class_probabilities"] = tuple(facts["class_probabilities"])
    facts["findings"] = ()  # which those stored by earlier versions do not have
    return Prediction(**facts)


def _chosen(stored: Sequence[Any] | None) -> ReadOptions:
    """What was chosen for a stored result; those of earlier versions lack what came later."""
    given: list[Any] = list(stored or ())
    given += [None] * (5 - len(given))
    frame, window, model_window, remedy, override = given
    return ReadOptions(frame, _window(window), _window(model_window), remedy, override or "")


def _window(stored: Sequence[float] | None) -> Window | None:
    return None if stored is None else (stored[0], stored[1])
