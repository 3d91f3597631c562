"""The held-out films of a bundle that others are compared with: truth, patients and pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.core.bundles.bundle import Bundle
from app.core.bundles.bundle_files import PREDICTIONS, REFERENCE_SAMPLE, SPLIT
from app.core.bundles.findings import column
from app.core.bundles.predictions_table import GROUP_ID
from app.core.errors import BundleError
from app.core.gate.film_distances import NOT_LABELLED, Film
from app.core.gate.neighbours import KnownFilms
from app.core.gate.reference import load_reference

_GROUP = "group"
_TEXT = {"image_id": str, "patient_id": str, "split": str, GROUP_ID: str, _GROUP: str}


@dataclass(frozen=True, slots=True, eq=False)
class HeldOutFilms:
    """The held-out films that a bundle ships, for one question.

    Attributes:
        known: Their truth and where the network sees them.
        splits: The split of each film, by its digest.
        pictures: The small picture of each film, by its digest; empty if the bundle ships none.
        owners: Whose each film of the training data is, held out or not, by its digest.
    """

    known: KnownFilms
    splits: Mapping[str, str]
    pictures: Mapping[str, Path]
    owners: Mapping[str, Film]

    def owner(self, image_id: str) -> Film:
        """Whose a film is, as far as it is known.

        Args:
            image_id: SHA-256 of the file.
        """
        return self.owners.get(image_id, Film(image_id))


def load_held_out(bundle: Bundle) -> HeldOutFilms | None:
    """The held-out films that a bundle ships; None if it ships none.

    Args:
        bundle: The bundle. If its findings do not exclude each other, one of them, see
            `Bundle.of_finding`.

    Raises:
        BundleError: If its reference cannot be read, or does not fit together.
    """
    section, reference = bundle.manifest.reference, load_reference(bundle)
    if section is None or reference is None or REFERENCE_SAMPLE not in bundle.manifest.files:
        return None
    measured = section.contradictions_of(bundle.finding)
    return make_held_out(
        bundle,
        reference.sample.astype(np.float32),
        limit_share=section.limit_share,
        votes_needed=measured.votes if measured is not None else None,
    )


def make_held_out(
    bundle: Bundle,
    coordinates: NDArray[np.float32],
    *,
    limit_share: float,
    votes_needed: int | None = None,
) -> HeldOutFilms:
    """Joins the coordinates of the held-out films of a bundle with what its tables say of them.

    Args:
        bundle: A bundle with a reference. If its findings do not exclude each other, one of them,
            see `Bundle.of_finding`.
        coordinates: float32 `(n, k)`, in the order of its table of held-out films, each component
            of unit variance.
        limit_share: The share of films that may lie farther than the limit, see `Distances`.
        votes_needed: See `KnownFilms`.

    Raises:
        BundleError: If the table does not fit the coordinates.
    """
    table = read_sample_table(bundle, num_films=len(coordinates))
    owners = _owners(bundle, table)
    films = tuple(owners.get(image_id, Film(image_id)) for image_id in table["image_id"])
    try:
        known = KnownFilms.of(
            films,
            coordinates,
            sample_labels(bundle, table),
            num_classes=len(bundle.manifest.task.classes),
            limit_share=limit_share,
            votes_needed=votes_needed,
        )
    except ValueError as error:
        raise BundleError(
            f"{REFERENCE_SAMPLE} of the bundle {bundle.path.name!r} cannot be used: {error} Add "
            "the reference again with `overread-train reference`."
        ) from None
    pictures = {
        film.image_id: path for film in films if (path := bundle.picture(film.image_id)) is not None
    }
    splits = dict(zip(table["image_id"], table["split"], strict=True))
    return HeldOutFilms(known, splits, pictures, owners)


def read_sample_table(bundle: Bundle, *, num_films: int) -> pd.DataFrame:
    """The table of the held-out films that a bundle ships, one row a film.

    Args:
        bundle: A bundle with a reference.
        num_films: How many films the reference has coordinates of.

    Raises:
        BundleError: If it is not a table, lacks columns, or has another number of films.
    """
    task = bundle.manifest.task
    truth = [column("y_true", finding) for finding in task.classes if task.any_of]
    needed = ("image_id", "split", _GROUP, *(truth or [_label_column(bundle)]))
    table = _table(bundle, REFERENCE_SAMPLE, needed)
    if len(table) != num_films:
        raise BundleError(
            f"{REFERENCE_SAMPLE} of the bundle {bundle.path.name!r} has {len(table)} rows for "
            f"{num_films} held-out films. Copy or train the bundle again."
        )
    return table


def sample_labels(bundle: Bundle, table: pd.DataFrame) -> NDArray[np.int64]:
    """Position of the true class of each held-out film, int64 `(n,)`, or `NOT_LABELLED`.

    Args:
        bundle: A bundle with a reference, or one finding of it.
        table: As from `read_sample_table`.

    Raises:
        BundleError: If one is the position of no class.
    """
    labels = pd.to_numeric(table[_label_column(bundle)], errors="coerce").fillna(NOT_LABELLED)
    num_classes = len(bundle.manifest.task.classes)
    unknown = sorted(set(labels) - set(range(num_classes)) - {NOT_LABELLED})
    if unknown:
        raise BundleError(
            f"{REFERENCE_SAMPLE} of the bundle {bundle.path.name!r} contains the classes "
            f"{unknown[:5]}; expected positions 0 to {num_classes - 1}. Add the reference again "
            "with `overread-train reference`."
        )
    found: NDArray[np.int64] = labels.to_numpy().astype(np.int64)
    return found


def _label_column(bundle: Bundle) -> str:
    return column("y_true", bundle.finding) if bundle.finding else "y_true"


def _owners(bundle: Bundle, sample: pd.DataFrame) -> dict[str, Film]:
    """Whose each film of the training data is, by its digest."""
    patients: dict[str, str] = {}
    groups = dict(zip(sample["image_id"], sample[_GROUP], strict=True))
    if SPLIT in bundle.manifest.files:  # the only table that names the films of training
        table = _table(bundle, SPLIT, ("image_id", "patient_id"))
        patients |= dict(zip(table["image_id"], table["patient_id"], strict=True))
    predictions = _read(bundle.path / PREDICTIONS)
    patients |= dict(zip(predictions["image_id"], predictions["patient_id"], strict=True))
    if GROUP_ID in predictions:
        groups = dict(zip(predictions["image_id"], predictions[GROUP_ID], strict=True))
    return {
        image_id: Film(image_id, patients.get(image_id, ""), groups.get(image_id, ""))
        for image_id in {**patients, **groups}
    }


def _table(bundle: Bundle, name: str, needed: Sequence[str]) -> pd.DataFrame:
    """A table of a bundle.

    Raises:
        BundleError: If it is not a table, or lacks columns.
    """
    try:
        table = _read(bundle.path / name)
    except ValueError as error:  # pandas raises it for every kind of broken table
        raise BundleError(
            f"{name} of the bundle {bundle.path.name!r} is not a valid CSV table "
            f"({type(error).__name__}). Train or copy the bundle again."
        ) from None
    if lacking := [column_name for column_name in needed if column_name not in table]:
        raise BundleError(
            f"{name} of the bundle {bundle.path.name!r} lacks the columns {lacking}. "
            "Train or copy the bundle again."
        )
    return table


def _read(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype=_TEXT, keep_default_na=False, na_values={})
