"""Scores labelled films, and leaves out those that cannot be used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.core.adaptation.labels import Labelled
from app.core.bundles.bundle import SPLIT, Bundle
from app.core.bundles.guarantee import Unit
from app.core.errors import DatasetError, ImageError
from app.core.gate.familiarity import UNFAMILIAR
from app.core.gate.reference import load_reference
from app.core.images.decoding import image_id
from app.core.images.guard import guarded
from app.core.images.preparation import Prepared, prepare
from app.core.networks.class_logits import class_logits
from app.core.progress import progress
from app.core.scoring.engine import BATCH_SIZE, Engine
from app.core.spreadsheets import escape_formula
from app.core.statistics.zones import Units

# Why a film is not used, as counted and shown.
CONTRADICTING = "labelled as two classes"
REPEATED = "the same file again"
TRAINED_ON = "among the films of the training"
ADAPTED_TO = "among the films that were adapted to, or of their patients"
NO_OUTPUT = "no valid output"
_MAX_LISTED = 3
# Is told how many films are scored, and of how many. What it raises ends the work.
Watch = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, eq=False)
class LocalFilms:
    """The films of a place that can be used. All arrays have one entry for each.

    Attributes:
        logits: Before calibration, `(num_films, num_classes)`.
        labels: Class indices, `(num_films,)`.
        patient_ids: Empty where a patient is unknown, `(num_films,)`.
        image_ids: SHA-256 of each file, `(num_films,)`.
        names: Of the files, `(num_films,)`.
        distances: From the training images, divided by the limit, `(num_films,)`; empty if the
            bundle has no reference.
        left_out: Films that are not used, by reason.
        examples: Names of some of those that contradict each other.
    """

    logits: NDArray[np.float64]
    labels: NDArray[np.int64]
    patient_ids: NDArray[np.str_]
    image_ids: NDArray[np.str_]
    names: NDArray[np.str_]
    distances: NDArray[np.float64]
    left_out: dict[str, int] = field(default_factory=dict)
    examples: tuple[str, ...] = ()

    @property
    def units(self) -> Units:
        """Patient of each film; a film of an unknown one is a unit of its own."""
        known = [bool(one) for one in self.patient_ids]
        names = [
            f"patient {patient}" if patient else f"film {digest}"
            for patient, digest in zip(self.patient_ids, self.image_ids, strict=True)
        ]
        kind: Unit = "patient" if all(known) else "group" if any(known) else "film"
        return Units(np.array(names), kind)

    def select(self, which: NDArray[np.int64]) -> LocalFilms:
        """Some of the films.

        Args:
            which: Their positions, `(num_selected,)`.
        """
        return LocalFilms(
            self.logits[which],
            self.labels[which],
            self.patient_ids[which],
            self.image_ids[which],
            self.names[which],
            self.distances[which] if len(self.distances) else self.distances,
            self.left_out,
            self.examples,
        )

    @property
    def fingerprint(self) -> str:
        """SHA-256 of digests and labels, whatever their order."""
        pairs = sorted(zip(self.image_ids.tolist(), self.labels.tolist(), strict=True))
        return sha256(
            "\n".join(f"{digest} {label}" for digest, label in pairs).encode()
        ).hexdigest()


def score_films(
    engine: Engine, labelled: Sequence[Labelled], watch: Watch | None = None
) -> LocalFilms:
    """Scores labelled films, unfamiliar ones too, as those of another place may look it.

    Left out and counted are files that cannot be read or that the model refuses for another
    reason, copies, files with more than one label, and films that the model was trained or tested
    on; of an adapted model, also films that it was adapted to, and others of their patients.

    Args:
        engine: The model.
        labelled: The films.
        watch: Is told of each film.

    Raises:
        DatasetError: If none is left.
    """
    left_out: Counter[str] = Counter()
    by_digest: dict[str, Labelled] = {}
    scores = _Scores(engine)
    contradicting: dict[str, str] = {}
    known = _digests_of_training(engine.bundle)
    adapted_to = _AdaptedTo.of(engine.bundle)
    judged = engine.score(one.source for one in labelled)
    bar = progress(labelled, title="scoring", unit="film")
    for number, (one, result) in enumerate(zip(bar, judged, strict=True)):
        if watch is not None:
            watch(number, len(labelled))
        if result.prediction is None and result.reason_code != UNFAMILIAR:
            left_out[result.reason_code] += 1
            continue
        try:
            with guarded():
                data = one.source.read()
        except ImageError as error:
            left_out[error.code] += 1
            continue
        digest = image_id(data)
        if digest in known:
            left_out[TRAINED_ON] += 1
        elif adapted_to.has(digest, one.patient_id):
            left_out[ADAPTED_TO] += 1
        elif digest in contradicting:
            left_out[CONTRADICTING] += 1
        elif digest in by_digest:
            if by_digest[digest].label == one.label:
                left_out[REPEATED] += 1
            else:
                contradicting[digest] = one.source.name
                left_out[CONTRADICTING] += 2
                del by_digest[digest]
        else:
            prepared = prepare(
                data,
                engine.bundle.manifest.input,
                image_id=digest,
                reading=one.source.reading,
            )
            if isinstance(prepared, Prepared):
                by_digest[digest] = one
                scores.add(digest, prepared.pixels)
            else:
                left_out[prepared.error.code] += 1
    if watch is not None:
        watch(len(labelled), len(labelled))
    usable = list(by_digest.items())
    logits, distances = scores.of([digest for digest, _ in usable])
    finite = np.flatnonzero(np.isfinite(logits).all(axis=1))
    if len(finite) < len(usable):
        left_out[NO_OUTPUT] += len(usable) - len(finite)
    if not len(finite):
        raise DatasetError(
            f"None of the {len(labelled):,} labelled films can be used "
            f"({describe(dict(left_out))}). Choose films of this place that the model has not seen."
        )
    films = LocalFilms(
        logits,
        np.array([one.label for _, one in usable], np.int64),
        np.array([one.patient_id for _, one in usable], np.str_),
        np.array([digest for digest, _ in usable], np.str_),
        np.array([one.source.name for _, one in usable], np.str_),
        distances,
        dict(left_out),
        tuple(contradicting.values())[:_MAX_LISTED],
    )
    return films.select(finite)


def describe(left_out: dict[str, int]) -> str:
    """Why films are not used, such as `3 labelled as two classes, 1 blank`."""
    return ", ".join(
        f"{count:,} {reason.replace('_', ' ')}" for reason, count in sorted(left_out.items())
    )


class _Scores:
    """Class logits and distances of films, whose pixels are kept no longer than for a batch."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._reference = load_reference(engine.bundle)
        self._waiting: dict[str, NDArray[np.uint8]] = {}
        self._logits: dict[str, NDArray[np.float64]] = {}
        self._distances: dict[str, float] = {}

    def add(self, digest: str, pixels: NDArray[np.uint8]) -> None:
        """Takes a film, as the network does."""
        self._waiting[digest] = pixels
        if len(self._waiting) == BATCH_SIZE:
            self._score()

    def of(self, digests: Sequence[str]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Logits `(num_films, num_classes)`, and distances if the bundle has a reference."""
        self._score()
        logits = np.zeros((len(digests), len(self._engine.bundle.manifest.task.classes)))
        for row, digest in enumerate(digests):
            logits[row] = self._logits[digest]
        distances = [self._distances[one] for one in digests if one in self._distances]
        return logits, np.array(distances, np.float64)

    def _score(self) -> None:
        if not self._waiting:
            return
        scores = self._engine.run(np.stack(list(self._waiting.values())))
        self._logits |= zip(self._waiting, class_logits(np.asarray(scores.logits)), strict=True)
        if self._reference is not None and scores.features is not None:
            features = np.nan_to_num(np.asarray(scores.features, np.float32))
            distances = self._reference.distances(self._reference.standardised(features))[1]
            self._distances |= zip(self._waiting, map(float, distances), strict=True)
        self._waiting.clear()


@dataclass(frozen=True, slots=True)
class _AdaptedTo:
    """The films of an adaptation; none of a model that is not adapted."""

    digests: frozenset[str] = frozenset()
    patients: frozenset[str] = frozenset()

    @classmethod
    def of(cls, bundle: Bundle) -> _AdaptedTo:
        if bundle.adaptation is None:
            return cls()
        table = bundle.predictions()
        return cls(frozenset(table["image_id"]), frozenset(table["patient_id"]) - {""})

    def has(self, digest: str, patient: str) -> bool:
        # Patients are stored as a spreadsheet may open them.
        return digest in self.digests or escape_formula(patient) in self.patients


def _digests_of_training(bundle: Bundle) -> frozenset[str]:
    """SHA-256 of the films that the model was trained, tuned or tested on, as far as recorded."""
    digests: set[str] = set()
    for name in (SPLIT, "predictions.csv"):
        file = bundle.path / name
        if file.is_file():
            table = pd.read_csv(file, dtype=str, keep_default_na=False, usecols=_only_digests)
            if "image_id" in table:
                digests |= set(table["image_id"])
    return frozenset(digests - {""})


def _only_digests(column: str) -> bool:
    return column == "image_id"
