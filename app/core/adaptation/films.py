"""Scores labelled films, and leaves out those that cannot be used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.core.adaptation.labels import Labelled
from app.core.adaptation.left_out import (
    ADAPTED_TO,
    CONTRADICTING,
    REPEATED,
    TRAINED_ON,
    left_out_sentences,
    not_judged,
)
from app.core.bundles.bundle import Bundle
from app.core.bundles.bundle_files import SPLIT
from app.core.bundles.guarantee import Unit
from app.core.errors import DatasetError, ImageError
from app.core.gate.familiarity import UNFAMILIAR
from app.core.gate.observation import Observation
from app.core.images.decoding import image_id
from app.core.images.guard import guarded
from app.core.progress import progress
from app.core.scoring.engine import Engine
from app.core.spreadsheets import escape_formula
from app.core.statistics.zones import Units

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
        left_out: Films that are not used, by reason, see `left_out`.
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
    usable: dict[str, _Usable] = {}
    contradicting: dict[str, str] = {}
    known = _digests_of_training(engine.bundle)
    adapted_to = _AdaptedTo.of(engine.bundle)
    judged = engine.score((one.source for one in labelled), keep_logits=True)
    bar = progress(labelled, title="scoring", unit="film")
    for number, (one, result) in enumerate(zip(bar, judged, strict=True)):
        if watch is not None:
            watch(number, len(labelled))
        if result.logits is None or (
            result.prediction is None and result.reason_code != UNFAMILIAR
        ):
            left_out[not_judged(result.status, result.reason_code)] += 1
            continue
        try:
            with guarded():
                # That of a result depends on how its file was read.
                digest = image_id(one.source.read())
        except ImageError as error:
            left_out[not_judged(error.status, error.code)] += 1
            continue
        if digest in known:
            left_out[TRAINED_ON] += 1
        elif adapted_to.has(digest, one.patient_id):
            left_out[ADAPTED_TO] += 1
        elif digest in contradicting:
            left_out[CONTRADICTING] += 1
        elif digest not in usable:
            usable[digest] = _Usable(one, result.logits, result.observation)
        elif usable[digest].labelled.label == one.label:
            left_out[REPEATED] += 1
        else:
            contradicting[digest] = one.source.name
            left_out[CONTRADICTING] += 2
            del usable[digest]
    if watch is not None:
        watch(len(labelled), len(labelled))
    examples = tuple(contradicting.values())[:_MAX_LISTED]
    if not usable:
        raise DatasetError(
            f"None of the {len(labelled):,} labelled films can be used. "
            f"{' '.join(left_out_sentences(left_out, examples))} Choose films of this place that "
            "the model can judge and has not seen, each with one label."
        )
    found = list(usable.values())
    observed = [one.observation.distance for one in found if one.observation is not None]
    return LocalFilms(
        np.stack([one.logits for one in found]),
        np.array([one.labelled.label for one in found], np.int64),
        np.array([one.labelled.patient_id for one in found], np.str_),
        np.array(list(usable), np.str_),
        np.array([one.labelled.source.name for one in found], np.str_),
        np.array(observed, np.float64),
        dict(left_out),
        examples,
    )


class _Usable(NamedTuple):
    """A labelled film and what the network gave for it."""

    labelled: Labelled
    logits: NDArray[np.float64]
    observation: Observation | None


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
