"""Scores labelled films, and leaves out those that cannot be used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Literal, NamedTuple

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
from app.core.gate.familiarity import CROPPED, UNFAMILIAR
from app.core.gate.observation import Observation
from app.core.images.decoding import image_id
from app.core.images.guard import guarded
from app.core.progress import progress
from app.core.scoring.engine import Engine
from app.core.sources.source import Source
from app.core.spreadsheets import escape_formula
from app.core.statistics.zones import Units

_MAX_LISTED = 3
# Reasons for which the gate refuses films that a place may have many of: framed or exposed in
# another way, they look like no film that the model knows, or like a part of one. Whoever gave
# their truth has looked at them.
USED_ALL_THE_SAME = frozenset({UNFAMILIAR, CROPPED})
# What is done with films one after the other, for whoever watches.
Step = Literal["scored", "compared with cropped copies"]
# Is told of how many films a step is done, and of how many it will be. What it raises ends the
# work.
Watch = Callable[[int, int, Step], None]


class ShownFilm(NamedTuple):
    """A film as it is shown.

    Attributes:
        image_id: SHA-256 of the file.
        name: Of the file.
        source: Where it can be read again.
    """

    image_id: str
    name: str
    source: Source


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
        looks_cropped: Which the gate takes for films of which a part is missing, `(num_films,)`.
        sources: Where each can be read again.
        left_out: Films that are not used, by reason, see `left_out`.
        examples: Names of some of those that contradict each other.
    """

    logits: NDArray[np.float64]
    labels: NDArray[np.int64]
    patient_ids: NDArray[np.str_]
    image_ids: NDArray[np.str_]
    names: NDArray[np.str_]
    distances: NDArray[np.float64]
    looks_cropped: NDArray[np.bool_]
    sources: tuple[Source, ...]
    left_out: dict[str, int] = field(default_factory=dict)
    examples: tuple[str, ...] = ()

    @property
    def refused(self) -> NDArray[np.bool_]:
        """Which the gate refuses, `(num_films,)`."""
        is_far = self.distances > 1 if len(self.distances) else np.zeros(len(self.labels), bool)
        return np.asarray(is_far | self.looks_cropped, np.bool_)

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

    @property
    def taken_for_cropped(self) -> tuple[ShownFilm, ...]:
        """Films of which the gate thinks that a part is missing, to be looked at."""
        return tuple(
            ShownFilm(str(self.image_ids[one]), str(self.names[one]), self.sources[one])
            for one in np.flatnonzero(self.looks_cropped)
        )

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
            self.looks_cropped[which],
            tuple(self.sources[one] for one in which),
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
    """Scores labelled films, also those that look unfamiliar or cropped, as others' films may.

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
            watch(number, len(labelled), "scored")
        if result.logits is None or (
            result.prediction is None and result.reason_code not in USED_ALL_THE_SAME
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
            is_cropped = result.prediction is None and result.reason_code == CROPPED
            usable[digest] = _Usable(one, result.logits, result.observation, is_cropped)
        elif usable[digest].labelled.label == one.label:
            left_out[REPEATED] += 1
        else:
            contradicting[digest] = one.source.name
            left_out[CONTRADICTING] += 2
            del usable[digest]
    if watch is not None:
        watch(len(labelled), len(labelled), "scored")
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
        np.array([one.looks_cropped for one in found], np.bool_),
        tuple(one.labelled.source for one in found),
        dict(left_out),
        examples,
    )


class _Usable(NamedTuple):
    """A labelled film and what the network gave for it."""

    labelled: Labelled
    logits: NDArray[np.float64]
    observation: Observation | None
    looks_cropped: bool


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
