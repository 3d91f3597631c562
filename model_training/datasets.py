"""Labelled folders -> cases with class, patient, subgroup and split."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from app.core.errors import DatasetError
from app.core.sources import is_image_name

SPLITS = ("train", "val", "test")
MANIFEST = "manifest.csv"

# File names whose patient (or study, where no patient is named) and subgroup are known.
PATIENT_PATTERNS = (
    re.compile(r"^(?P<patient>person\d+)_(?P<subgroup>bacteria|virus)_\d+"),
    re.compile(r"^(?:NORMAL2-)?IM-(?P<patient>\d+)-\d+"),
)

# Class names that mean "nothing found"; with two classes the other one is positive.
_NEGATIVE_NAMES = frozenset({"normal", "negative", "healthy", "none", "no", "benign", "0"})


@dataclass(frozen=True, slots=True)
class Case:
    """One labelled image.

    Attributes:
        path: The file.
        name: Its path below the data folder, with `/`.
        label: Position of its class.
        patient_id: Patient or study; the file's own name where none is known.
        subgroup: Such as `bacteria`; empty where none is known.
        split: `train`, `val` or `test` as the folder gives it; empty where it gives none.
    """

    path: Path
    name: str
    label: int
    patient_id: str
    subgroup: str
    split: str


@dataclass(frozen=True, slots=True)
class Dataset:
    """The cases of a folder and their class names, in output order."""

    classes: tuple[str, ...]
    cases: list[Case]


def read_dataset(folder: Path, *, positive: str | None = None) -> Dataset:
    """Reads `train|val|test/CLASS/` or `CLASS/` folders.

    Patients come from the columns `path` and `patient_id` of a `manifest.csv` beside the
    folders, else from the file name, else each file is its own patient.

    Args:
        folder: The data folder.
        positive: The positive of two classes; by default the one not named like `NORMAL`.

    Raises:
        DatasetError: If the folder does not hold at least two classes with images.
    """
    files = _labelled_files(folder)
    classes = _class_order({class_name for class_name, _, _ in files}, positive)
    if len(classes) < 2:
        raise DatasetError(
            f"The data folder holds images of {len(classes)} classes {list(classes)}; at least 2 "
            "are needed. Expected CLASS/ folders, or train|val|test/CLASS/ folders, with images."
        )
    known = _manifest_patients(folder / MANIFEST)
    cases = []
    for class_name, split, path in files:
        name = path.relative_to(folder).as_posix()
        patient, subgroup = known.get(name, ("", "")) if known else ("", "")
        guessed_patient, guessed_subgroup = patient_of(path.stem)
        cases.append(
            Case(
                path=path,
                name=name,
                label=classes.index(class_name),
                patient_id=patient or guessed_patient,
                subgroup=subgroup or guessed_subgroup,
                split=split,
            )
        )
    return Dataset(classes, cases)


def patient_of(stem: str) -> tuple[str, str]:
    """Patient and subgroup told by a file name without its extension.

    Example:
    >>> patient_of("person123_bacteria_45")
    ('person123', 'bacteria')
    >>> patient_of("NORMAL2-IM-0115-0001")
    ('0115', '')
    """
    for pattern in PATIENT_PATTERNS:
        match = pattern.match(stem)
        if match:
            return match["patient"], match.groupdict().get("subgroup", "")
    return stem, ""


def count_by_class(cases: list[Case], classes: tuple[str, ...]) -> dict[str, int]:
    """Images of each class, in class order."""
    counts = Counter(case.label for case in cases)
    return {name: counts[label] for label, name in enumerate(classes)}


def _labelled_files(folder: Path) -> list[tuple[str, str, Path]]:
    """`(class, split, path)` of each image, in name order."""
    if not folder.is_dir():
        raise DatasetError(
            f"There is no folder {folder.name!r}. Expected a folder with CLASS/ or "
            "train|val|test/CLASS/ folders; check the path."
        )
    split_folders = [folder / split for split in SPLITS if (folder / split).is_dir()]
    if split_folders:
        class_folders = [
            (split.name, child) for split in split_folders for child in _folders(split)
        ]
    else:
        class_folders = [("", child) for child in _folders(folder)]
    return [
        (child.name, split, path)
        for split, child in class_folders
        for path in sorted(child.rglob("*"))
        if path.is_file() and is_image_name(path.name)
    ]


def _folders(folder: Path) -> list[Path]:
    return sorted(
        child for child in folder.iterdir() if child.is_dir() and not child.name.startswith(".")
    )


def _class_order(names: set[str], positive: str | None) -> tuple[str, ...]:
    classes = sorted(names)
    if positive is not None and positive not in names:
        raise DatasetError(
            f"There is no class {positive!r} to be the positive one; found {classes}. "
            "Name one of them."
        )
    if len(classes) == 2:
        negative = [name for name in classes if name.lower() in _NEGATIVE_NAMES]
        if positive is None and len(negative) == 1:
            positive = next(name for name in classes if name != negative[0])
        if positive == classes[0]:
            classes.reverse()
    return tuple(classes)


def _manifest_patients(path: Path) -> dict[str, tuple[str, str]]:
    """Patient and subgroup by path, from a manifest; empty where there is none."""
    if not path.is_file():
        return {}
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    lacking = {"path", "patient_id"} - set(table.columns)
    if lacking:
        raise DatasetError(
            f"{MANIFEST} lacks the columns {sorted(lacking)}; found {list(table.columns)}. "
            "Add them, or remove the file to take patients from the file names."
        )
    subgroups = table["subgroup"] if "subgroup" in table else [""] * len(table)
    return {
        name: (patient, subgroup)
        for name, patient, subgroup in zip(
            table["path"], table["patient_id"], subgroups, strict=True
        )
    }
