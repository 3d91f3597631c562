"""Images of kinds that a model is not for, of which its reference learns what they look like.

Half of the images of a kind show what it looks like; the other half, of other patients and without
near-duplicates of the first, show how many such images are refused.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from app.core.bundles.bundle_files import file_sha256
from app.core.bundles.network_input import Input
from app.core.bundles.reference_section import MOST_LETTERS
from app.core.errors import DatasetError, ImageError
from app.core.images.reading import ReadOptions
from app.core.progress import progress
from app.core.sources.patient_names import patient_in_name
from model_training.data.datasets import Case
from model_training.data.duplicates import near_duplicate_groups, thumbnail
from model_training.reference.bundle_films import files_below
from model_training.reference.known_cases import KnownCase
from model_training.reference.views import read_film

# Of a kind, those that are no near-duplicates of each other: with fewer, half of them would say
# little of what others of the kind look like, and the other half little of how many are refused.
FEWEST = 30


@dataclass(frozen=True, slots=True, eq=False)
class OtherKind:
    """Images of one kind.

    Attributes:
        name: What an image of it looks like, such as `a T1-weighted slice`.
        shown: Those that show what the kind looks like.
        held_out: The others.
    """

    name: str
    shown: tuple[KnownCase, ...]
    held_out: tuple[KnownCase, ...]


def kinds_called(calls: Sequence[str]) -> dict[str, list[Case]]:
    """The images of each kind, by its name.

    Args:
        calls: `NAME=FOLDER` each; those of one name are one kind.

    Raises:
        DatasetError: If one has another form, or its folder holds no image.
    """
    kinds: dict[str, list[Case]] = {}
    for call in calls:
        name, _, folder = (part.strip() for part in call.partition("="))
        if not name or not folder or len(name) > MOST_LETTERS:
            raise DatasetError(
                f"{call!r} names no kind of image. Expected NAME=FOLDER, where NAME completes the "
                f"sentence 'This image looks like …' in at most {MOST_LETTERS} letters, such as "
                "'a T1-weighted slice=others/t1'."
            )
        kinds.setdefault(name, []).extend(files_below(Path(folder)))
    return kinds


def divided(
    kinds: Mapping[str, Sequence[Case]],
    known: Collection[str],
    *,
    network_input: Input,
    reading: ReadOptions,
) -> tuple[OtherKind, ...]:
    """Each kind in two halves; files that cannot be read are left out.

    Images whose names give the same patient, or in one folder below that of the kind, are of one
    patient, and stay together, as near-duplicates do.

    Args:
        kinds: Name -> the images.
        known: SHA-256 of the films that the model was trained or tested on.
        network_input: What the network is given.
        reading: How files are read that leave it open.

    Raises:
        DatasetError: If an image is a film of the model, or of two kinds, or a kind has too few.
    """
    rng = np.random.default_rng(0)
    owners: dict[str, str] = {}
    found = []
    for name, cases in kinds.items():
        images = _readable(name, cases, network_input=network_input, reading=reading)
        for one in images:
            if one.image_id in known:
                raise DatasetError(
                    f"An image of the kind {name!r} is one of the films that the model was trained "
                    "or tested on. Leave them out: the model is for them."
                )
            if owners.setdefault(one.image_id, name) != name:
                raise DatasetError(
                    f"An image is of the kinds {owners[one.image_id]!r} and {name!r}. Give it to "
                    "one of them."
                )
        groups = sorted({one.group for one in images})
        if len(groups) < FEWEST:
            raise DatasetError(
                f"Of the kind {name!r} there are {len(images):,} images that can be read, in "
                f"{len(groups):,} groups of near-duplicates or of one patient. At least {FEWEST} "
                "groups are needed to learn what it looks like, and to say how many are refused."
            )
        chosen = {groups[at] for at in rng.permutation(len(groups))[: len(groups) // 2]}
        found.append(
            OtherKind(
                name,
                tuple(one for one in images if one.group in chosen),
                tuple(one for one in images if one.group not in chosen),
            )
        )
    return tuple(found)


def _readable(
    name: str, cases: Sequence[Case], *, network_input: Input, reading: ReadOptions
) -> list[KnownCase]:
    """The images that can be read, each file once, with their groups."""
    films: dict[str, tuple[Case, NDArray[np.uint8]]] = {}
    for case in progress(cases, title=name, unit="image"):
        digest = file_sha256(case.path)
        try:
            films.setdefault(digest, (case, thumbnail(read_film(case, network_input, reading))))
        except ImageError:
            continue
    if not films:
        return []
    thumbnails = np.stack([one for _, one in films.values()])
    alike = near_duplicate_groups(thumbnails, list(films))
    groups = _together(alike, [case for case, _ in films.values()])
    return [
        KnownCase(case, digest, f"group {group}")
        for (digest, (case, _)), group in zip(films.items(), groups, strict=True)
    ]


def _together(alike: NDArray[np.int64], cases: Sequence[Case]) -> list[int]:
    """A group for each image: equal for near-duplicates, and for those of one patient."""
    patients = [_patient(case) for case in cases]
    place = {
        patient: at for at, patient in enumerate(dict.fromkeys(patients), int(alike.max()) + 1)
    }
    links = (alike, np.array([place[patient] for patient in patients]))
    size = int(alike.max()) + 1 + len(place)
    graph = coo_array((np.ones(len(alike), np.bool_), links), shape=(size, size))
    return [int(group) for group in connected_components(graph, directed=False)[1][alike]]


def _patient(case: Case) -> str:
    """The patient of an image by its name or its folder; the image itself if neither says one."""
    folder = case.path.parent if "/" in case.name else case.path
    return patient_in_name(case.path.name) or folder.as_posix()
