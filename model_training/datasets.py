"""Labelled folders -> cases with class, patient, subgroup and split."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pandas as pd

from app.core.bundle import PREDICTION_COLUMNS
from app.core.errors import DatasetError
from app.core.sources import is_image_name

SPLITS = ("train", "val", "test")
MANIFEST = "manifest.csv"
MASKS = "masks"  # lies beside the classes in some data sets and is none

_HIDDEN = (".", "__MACOSX")

# The same parts under the names that public data sets give them.
_SPLIT_NAMES = {
    "train": "train", "training": "train",
    "val": "val", "valid": "val", "validation": "val",
    "test": "test", "testing": "test",
}  # fmt: skip

# File names whose patient (or study, where no patient is named) and subgroup are known.
PATIENT_PATTERNS = (
    re.compile(r"^(?P<patient>person\d+)_(?P<subgroup>bacteria|virus)_\d+"),
    re.compile(r"^(?:NORMAL2-)?IM-(?P<patient>\d+)-\d+"),
)

# Class names that mean "nothing found"; with two classes the other one is positive.
_NEGATIVE_NAME = re.compile(
    r"normal|negative|healthy|control|benign|none|no|0|(no|non|not)[ _-].+|no(tumou?r|finding)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Case:
    """One labelled image.

    Attributes:
        path: The file.
        name: Its path below the data folder, with `/`.
        label: Position of its class.
        patient_id: Patient or study; empty where none is known.
        subgroup: Such as `bacteria`; empty where none is known.
        split: `train`, `val` or `test` as the folder gives it; empty where it gives none.
    """

    path: Path
    name: str
    label: int
    patient_id: str
    subgroup: str
    split: str

    @property
    def person(self) -> str:
        """Who must not be on two sides of a split: the patient, else the image itself."""
        return f"patient {self.patient_id}" if self.patient_id else f"image {self.name}"


@dataclass(frozen=True, slots=True)
class Dataset:
    """The cases of a folder, their class names in output order, and remarks about them."""

    classes: tuple[str, ...]
    cases: list[Case]
    notes: tuple[str, ...] = ()


def read_dataset(folder: Path, *, positive: str | None = None) -> Dataset:
    """Reads `train|val|test/CLASS/` or `CLASS/` folders.

    Patients come from the columns `path` and `patient_id` of a `manifest.csv` beside the
    folders, else from the file name, else each image stands for itself. A folder `masks`
    beside the classes or parts is left alone.

    Args:
        folder: The data folder.
        positive: The positive of two classes; by default the one not named like `NORMAL`.

    Raises:
        DatasetError: If the folder does not hold at least two classes with images, or its
            manifest does not fit them.
    """
    files, notes = _labelled_files(folder)
    classes = _class_order({class_name for class_name, _, _ in files}, positive)
    manifest = _read_manifest(folder / MANIFEST)
    names = [_name(path, folder) for _, _, path in files]
    if manifest is not None:
        notes += _manifest_notes(manifest, names)
    cases = []
    for (class_name, split, path), name in zip(files, names, strict=True):
        patient, subgroup = (manifest or {}).get(name, ("", ""))
        guessed_patient, guessed_subgroup = patient_of(path.name)
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
    return Dataset(classes, cases, tuple(notes))


def patient_of(file_name: str) -> tuple[str, str]:
    """Patient and subgroup told by a file name; empty where it tells none.

    Example:
    >>> patient_of("person123_bacteria_45.jpeg")
    ('person123', 'bacteria')
    >>> patient_of("NORMAL2-IM-0115-0001.jpeg")
    ('0115', '')
    """
    for pattern in PATIENT_PATTERNS:
        match = pattern.match(file_name)
        if match:
            return match["patient"], match.groupdict().get("subgroup", "")
    return "", ""


def images_below(folder: Path) -> list[Path]:
    """The image files anywhere below a folder, in name order; hidden ones are passed over."""
    return [
        path
        for path in sorted(folder.rglob("*"))
        if is_image_name(path.name)
        and path.is_file()
        and not any(part.startswith(_HIDDEN) for part in path.relative_to(folder).parts)
    ]


def count_by_class(cases: Sequence[Case], classes: tuple[str, ...]) -> dict[str, int]:
    """Images of each class, in class order."""
    counts = Counter(case.label for case in cases)
    return {name: counts[label] for label, name in enumerate(classes)}


def _labelled_files(folder: Path) -> tuple[list[tuple[str, str, Path]], list[str]]:
    """`(class, split, path)` of each image, in name order, and what was left alone."""
    if not folder.is_dir():
        raise DatasetError(
            f"There is no folder {folder.name!r}. Expected a folder with CLASS/ or "
            "train|val|test/CLASS/ folders; check the path."
        )
    notes = []
    children = _folders(folder)
    parts = {child: _SPLIT_NAMES.get(child.name.lower(), "") for child in children}
    class_folders = [("", child) for child in children]
    if any(parts.values()):
        class_folders = [
            (part, child) for split, part in parts.items() if part for child in _folders(split)
        ]
        others = sum(not part for part in parts.values())
        if others:
            notes.append(
                f"{others} folder{'s' if others > 1 else ''} beside train, val and test "
                f"{'are' if others > 1 else 'is'} not read."
            )
    files = [
        (child.name, split, path) for split, child in class_folders for path in images_below(child)
    ]
    return files, notes


def _folders(folder: Path) -> list[Path]:
    return sorted(
        child
        for child in folder.iterdir()
        if child.is_dir() and child.name != MASKS and not child.name.startswith(_HIDDEN)
    )


def _name(path: Path, folder: Path) -> str:
    # A name that is not UTF-8 could not be written into the predictions table.
    return path.relative_to(folder).as_posix().encode("utf-8", "backslashreplace").decode()


def _class_order(names: set[str], positive: str | None) -> tuple[str, ...]:
    classes = sorted(names)
    if len(classes) < 2:
        raise DatasetError(
            f"The data folder holds images of {len(classes)} classes {classes}; at least 2 are "
            "needed. Expected CLASS/ folders, or train|val|test/CLASS/ folders, with images."
        )
    reserved = sorted(names & set(PREDICTION_COLUMNS))
    if reserved:
        raise DatasetError(
            f"The classes {reserved} are named like columns of the predictions table. "
            "Rename those folders."
        )
    if positive is not None and positive not in names:
        raise DatasetError(
            f"There is no class {positive!r} to be the positive one; found {classes}. "
            "Name one of them."
        )
    if len(classes) > 2:
        if positive is not None:
            raise DatasetError(
                f"A positive class is for two classes; found {len(classes)}: {classes}. "
                "Leave it out, or merge the folders."
            )
        return tuple(classes)
    if positive is None:
        negative = [name for name in classes if _NEGATIVE_NAME.fullmatch(name)]
        positive = classes[0] if negative == classes[1:] else classes[1]
    return tuple(sorted(classes, key=lambda name: name == positive))


def _read_manifest(path: Path) -> dict[str, tuple[str, str]] | None:
    """Patient and subgroup by image path; None where there is no manifest."""
    if not path.is_file():
        return None
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
    except ValueError as error:
        # What pandas says may quote a row.
        raise DatasetError(
            f"{MANIFEST} cannot be read as a table ({type(error).__name__}). Expected CSV, UTF-8, "
            "with the columns path and patient_id; save it again."
        ) from None
    lacking = {"path", "patient_id"} - set(table.columns)
    if lacking:
        raise DatasetError(
            f"{MANIFEST} lacks the columns {sorted(lacking)}; found {list(table.columns)}. "
            "Add them, or remove the file to take patients from the file names."
        )
    if "subgroup" not in table:
        table["subgroup"] = ""
    table["path"] = [PurePosixPath(name.replace("\\", "/")).as_posix() for name in table["path"]]
    rows = table[["path", "patient_id", "subgroup"]].drop_duplicates()
    repeated = int(rows["path"].duplicated().sum())
    if repeated:
        raise DatasetError(
            f"{MANIFEST} gives {repeated} images two patients or subgroups. Expected one row an "
            "image; remove the wrong ones."
        )
    return {
        name: (patient.strip(), subgroup.strip())
        for name, patient, subgroup in rows.itertuples(index=False)
    }


def _manifest_notes(manifest: dict[str, tuple[str, str]], names: list[str]) -> list[str]:
    lacking = sum(name not in manifest for name in names)
    if lacking == len(names):
        raise DatasetError(
            f"None of the {len(names)} images is in {MANIFEST}, which has {len(manifest)} rows. "
            "Expected paths below the data folder, such as train/CLASS/film.png; correct them, or "
            "remove the file to take patients from the file names."
        )
    return [f"{lacking} of {len(names)} images are not in {MANIFEST}."] if lacking else []
