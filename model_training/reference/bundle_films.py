"""Finds the films that a bundle was trained on among those of a data folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from app.core.bundles.bundle import Bundle
from app.core.bundles.bundle_files import SPLIT, file_sha256
from app.core.bundles.predictions_table import GROUP_ID, CaseSplit
from app.core.errors import DatasetError
from app.core.images.reading import AS_STORED, ReadOptions
from model_training.augmentation.sets import (
    AUGMENTATIONS,
    Augmentation,
    choose,
    parse_changes,
)
from model_training.data.datasets import NO_CLASS, SPLITS, Case
from model_training.data.image_files import images_below
from model_training.reference.known_cases import KnownCase


@dataclass(frozen=True, slots=True, eq=False)
class FoundFilms:
    """The films of a bundle that were found.

    Attributes:
        cases: Each with the split that it had.
        listed: Split -> number of films that the bundle lists.
    """

    cases: tuple[KnownCase, ...]
    listed: dict[str, int]

    def in_words(self) -> str:
        """How many were found of each split, such as `train 120 of 130, val 40 of 40`."""
        found = {name: 0 for name in self.listed}
        for one in self.cases:
            found[one.case.split] += 1
        return ", ".join(f"{name} {found[name]:,} of {self.listed[name]:,}" for name in self.listed)


def files_below(folder: Path) -> list[Case]:
    """The images in a folder, without labels.

    Args:
        folder: The folder; images may be in folders in it.

    Raises:
        DatasetError: If there is no image.
    """
    found = images_below(folder)
    if not found:
        raise DatasetError(
            f"There is no image in the folder {folder.name!r}. Expected the images that the bundle "
            "was trained on; check the path."
        )
    return [Case(path, path.relative_to(folder).as_posix(), NO_CLASS, "", "", "") for path in found]


def kinds_below(folder: Path) -> dict[str, list[Case]]:
    """The images in a folder by the folder in it that they are in, which says what they show.

    Args:
        folder: The folder; the images directly in it are of the kind that its own name says.

    Raises:
        DatasetError: If there is no image.
    """
    kinds: dict[str, list[Case]] = {}
    for case in files_below(folder):
        kind, inside, _ = case.name.partition("/")
        kinds.setdefault(kind if inside else folder.resolve().name, []).append(case)
    return kinds


def find_films(bundle: Bundle, cases: Sequence[Case]) -> FoundFilms:
    """Finds the films of a bundle by the digest of their files, whatever they are called now.

    Args:
        bundle: The bundle, whose tables list its films.
        cases: The files to look among.
    """
    held_out = bundle.predictions()
    tables = [held_out]
    if SPLIT in bundle.manifest.files:
        tables.append(pd.read_csv(bundle.path / SPLIT, dtype=str, keep_default_na=False))
    groups = dict(zip(held_out["image_id"], _groups(held_out), strict=True))
    splits: dict[str, CaseSplit] = {}
    patients: dict[str, str] = {}
    for table in tables:
        splits |= {
            digest: name
            for digest, name in zip(table["image_id"], table["split"], strict=True)
            if name in SPLITS
        }
        patients |= dict(zip(table["image_id"], table["patient_id"], strict=True))
    found: dict[str, KnownCase] = {}
    for case in cases:
        digest = file_sha256(case.path)
        if digest not in splits or digest in found:
            continue
        patient = patients[digest]
        group = groups.get(digest) or (f"patient {patient}" if patient else f"image {digest}")
        found[digest] = KnownCase(
            replace(case, split=splits[digest], patient_id=patient), digest, group
        )
    of_split = list(splits.values())
    listed: dict[str, int] = {name: of_split.count(name) for name in SPLITS if name in of_split}
    return FoundFilms(tuple(found.values()), listed)


def reading_of(bundle: Bundle) -> ReadOptions:
    """What the training of a bundle chose where its files leave it open."""
    frame = bundle.manifest.training.get("frame")
    return replace(AS_STORED, frame=int(frame)) if isinstance(frame, int) else AS_STORED


def augmentation_of(bundle: Bundle) -> Augmentation:
    """How the films of the training of a bundle were changed; nothing if it does not say."""
    training = bundle.manifest.training
    name = str(training.get("augmentation"))
    if name not in AUGMENTATIONS:
        return Augmentation()
    return choose(name, parse_changes(str(training.get("augment") or "")))


def _groups(held_out: pd.DataFrame) -> list[str]:
    if GROUP_ID not in held_out:
        return [""] * len(held_out)
    return [f"group {group}" for group in held_out[GROUP_ID]]
