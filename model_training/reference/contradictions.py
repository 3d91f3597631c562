"""Chooses when similar films contradict the model, and counts how often they do on test films."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.core.bundles.findings import finding_manifest, finding_predictions, with_missing_labels
from app.core.bundles.manifest import Manifest
from app.core.bundles.predictions_table import GROUP_ID
from app.core.bundles.reference_section import Contradictions
from app.core.gate.film_distances import NOT_LABELLED, Film
from app.core.gate.neighbours import KnownFilms
from app.core.gate.votes import choose_votes, count_votes, votes_against
from app.core.performance.predictions import select
from app.core.performance.proportions import ClusteredProportion


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """Held-out films where the network sees them.

    Attributes:
        image_ids: SHA-256 of the files, `n` of them.
        coordinates: `(n, k)`, in the principal components, each of unit variance.
    """

    image_ids: tuple[str, ...]
    coordinates: NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class Measured:
    """When similar films contradict the model about one question, and how often they did.

    Attributes:
        section: The entry of the manifest.
        on_wrong: Of the wrong answers about test films, those contradicted; clustered by patient.
        on_right: The same of the right answers.
        voted_right: Test films for which most of the similar films are of the true class.
    """

    section: Contradictions
    on_wrong: ClusteredProportion
    on_right: ClusteredProportion
    voted_right: ClusteredProportion


def measure_contradictions(
    manifest: Manifest,
    predictions: pd.DataFrame,
    *,
    known: Placed,
    held_out: Mapping[str, Placed],
    limit_share: float,
) -> tuple[Measured, ...]:
    """Chooses the votes needed on validation films, and counts on test films.

    Args:
        manifest: Task and thresholds.
        predictions: The predictions table of the bundle.
        known: The films that others are compared with.
        held_out: `val` and `test` -> films of it.
        limit_share: See `KnownFilms.of`.

    Returns:
        One for the task; one for each finding where they do not exclude each other. None if the
        films are those of one patient.
    """
    films = _films(predictions, known.image_ids)
    findings = manifest.task.classes if manifest.task.any_of else ("",)
    measured = []
    for finding, (asked, table) in zip(findings, questions(manifest, predictions), strict=True):
        labels = dict(zip(table["image_id"], table["y_true"].astype(int), strict=True))
        try:
            compared = KnownFilms.of(
                films,
                known.coordinates,
                np.array([labels.get(one, NOT_LABELLED) for one in known.image_ids], np.int64),
                num_classes=len(asked.task.classes),
                limit_share=limit_share,
            )
        except ValueError:  # the films are those of one patient
            return ()
        voted = {
            split: _vote(asked, table, films=compared, split=split, placed=placed)
            for split, placed in held_out.items()
        }
        measured.append(_measured(finding, voted["val"], voted["test"]))
    return tuple(measured)


def questions(manifest: Manifest, predictions: pd.DataFrame) -> list[tuple[Manifest, pd.DataFrame]]:
    """Manifest and predictions of the task, or of each finding if they do not exclude each other.

    Args:
        manifest: That of the bundle.
        predictions: Its predictions table.
    """
    if not manifest.task.any_of:
        return [(manifest, predictions)]
    labelled = with_missing_labels(predictions, manifest.task.classes)
    return [
        (finding_manifest(manifest, name), finding_predictions(labelled, name))
        for name in manifest.task.classes
    ]


@dataclass(frozen=True, slots=True, eq=False)
class _Voted:
    """Films with an answer. Votes against it, whether it is right, votes that are right, unit."""

    against: NDArray[np.int64]
    right: NDArray[np.bool_]
    voted_right: NDArray[np.bool_]
    patients: NDArray[np.str_]


def _vote(
    manifest: Manifest, table: pd.DataFrame, *, films: KnownFilms, split: str, placed: Placed
) -> _Voted:
    cases = select(table, manifest.task, split=split)
    threshold = manifest.thresholds.decision if manifest.task.binary else None
    predicted = cases.predicted(threshold)
    row_of = {image_id: row for row, image_id in enumerate(cases.image_ids.tolist())}
    chosen = [number for number, one in enumerate(placed.image_ids) if one in row_of]
    image_ids = tuple(placed.image_ids[number] for number in chosen)
    rows = np.array([row_of[image_id] for image_id in image_ids], np.int64)
    votes, are_near = count_votes(placed.coordinates[chosen], _films(table, image_ids), films)
    truth = cases.y_true[rows]
    against = votes_against(votes, predicted[rows])
    against[~are_near] = 0
    return _Voted(
        against,
        predicted[rows] == truth,
        votes.argmax(axis=1) == truth,
        cases.patients[rows],
    )


def _measured(finding: str, validation: _Voted, test: _Voted) -> Measured:
    votes = choose_votes(validation.against, validation.right, validation.patients)
    spoken = test.against >= votes if votes is not None else np.zeros(len(test.right), bool)
    on_wrong = ClusteredProportion.of(spoken[~test.right], test.patients[~test.right])
    on_right = ClusteredProportion.of(spoken[test.right], test.patients[test.right])
    return Measured(
        Contradictions(
            finding=finding,
            votes=votes,
            on_wrong=on_wrong.successes,
            wrong=on_wrong.total,
            on_right=on_right.successes,
            right=on_right.total,
        ),
        on_wrong,
        on_right,
        ClusteredProportion.of(test.voted_right, test.patients),
    )


def _films(predictions: pd.DataFrame, image_ids: tuple[str, ...]) -> tuple[Film, ...]:
    """Whose some films are."""
    first = predictions.drop_duplicates("image_id").set_index("image_id")
    patients = first["patient_id"].astype(str).to_dict()
    groups = first[GROUP_ID].astype(str).to_dict() if GROUP_ID in first else {}
    return tuple(
        Film(image_id, patients.get(image_id, ""), groups.get(image_id, ""))
        for image_id in image_ids
    )
