"""Labelled folders and tables -> cases with class, patient, subgroup and split."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.core.bundles.bundle import GROUP_ID, PREDICTION_COLUMNS
from app.core.errors import DatasetError
from model_training.data.folders import MANIFEST, read_folders
from model_training.data.image_files import LabelledImage
from model_training.data.image_files import images_below as images_below
from model_training.data.tables import SUFFIXES, Columns, read_table, tables_in

SPLITS = ("train", "val", "test")

# File names whose patient (or study, where no patient is named) and subgroup are known.
PATIENT_PATTERNS = (
    re.compile(r"^(?P<patient>person\d+)_(?P<subgroup>bacteria|virus)_\d+"),
    re.compile(r"^(?:NORMAL2-)?IM-(?P<patient>\d+)-\d+"),
)

# Class names that mean "nothing found"; with two classes the other one is positive.
_NEGATIVE_NAME = re.compile(
    r"normal|negative|healthy|control|benign|none|no|false|0"
    r"|(no|non|not)[ _-].+|no(tumou?r|finding)",
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


def read_dataset(
    data: Path,
    *,
    positive: str | None = None,
    table: Path | None = None,
    columns: Columns | None = None,
    class_names: Mapping[str, str] | None = None,
) -> Dataset:
    """Reads `train|val|test/CLASS/` or `CLASS/` folders, or a table that labels images.

    Of folders, patients come from the columns `path` and `patient_id` of a `manifest.csv` beside
    them, else from the file name, else each image stands for itself. A folder `masks` beside the
    classes or splits is left alone. A table gives what it has columns for, and the file name the
    rest. A folder that holds no class folders and one table is read by that table.

    Args:
        data: The data folder, or a table beside the images that it names.
        positive: The positive of two classes; by default the one not named like `NORMAL`.
        table: A table that labels the images of the folder `data`, wherever the table is.
        columns: The table's columns, where they are not to be recognised.
        class_names: New names by label or folder name; two labels may get one name.

    Raises:
        DatasetError: If there are not at least two classes with images, the splits do
            not hold the same classes, or a table or manifest does not fit its images.
    """
    images, notes = _labelled_images(data, table, columns)
    names = _class_names([image.label for image in images], class_names or {})
    classes = _class_order(set(names), positive)
    cases = []
    for image, class_name in zip(images, names, strict=True):
        patient, subgroup = patient_of(image.path.name)
        cases.append(
            Case(
                path=image.path,
                name=image.name,
                label=classes.index(class_name),
                patient_id=image.patient or patient,
                subgroup=image.subgroup or subgroup,
                split=image.split,
            )
        )
    _require_same_classes(cases, classes)
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


def count_by_class(cases: Sequence[Case], classes: tuple[str, ...]) -> dict[str, int]:
    """Images of each class, in class order."""
    counts = Counter(case.label for case in cases)
    return {name: counts[label] for label, name in enumerate(classes)}


def _labelled_images(
    data: Path, table: Path | None, columns: Columns | None
) -> tuple[list[LabelledImage], list[str]]:
    """What the folder or the table labels, whichever is meant."""
    if table is None and (data.is_file() or data.suffix.lower() in SUFFIXES):
        data, table = data.parent, data
    if table is not None:
        _require_table(table)
        return read_table(table, folder=data, columns=columns or Columns())
    images, notes = read_folders(data)
    tables = [file for file in tables_in(data) if file.name != MANIFEST]
    if len({image.label for image in images}) > 1 and columns is None:
        notes += [
            f"{file.name} is not read: the folders give the classes. To take them from it, name "
            "it as the data."
            for file in tables
        ]
        return images, notes
    if len(tables) > 1:
        raise DatasetError(
            f"The data folder holds {len(tables)} tables, {[file.name for file in tables]}, and no "
            "folders of two classes. Name the table to be read as the data."
        )
    if not tables:
        return images, notes
    return read_table(tables[0], folder=data, columns=columns or Columns())


def _require_table(table: Path) -> None:
    if not table.is_file() or table.suffix.lower() not in SUFFIXES:
        what = "no table" if table.is_file() else "not there"
        raise DatasetError(
            f"{table.name!r} is {what}. Expected a folder of images, or a table of them, CSV or "
            "Parquet; check the path."
        )


def _class_names(labels: Sequence[str], new: Mapping[str, str]) -> list[str]:
    """The class of each image, renamed where that is asked for."""
    unknown = sorted(set(new) - set(labels))
    if unknown:
        raise DatasetError(
            f"There are no classes {unknown} to be renamed; found {sorted(set(labels))}. Name "
            "them as they are, such as --class-names 0=none 1=tumour."
        )
    return [new.get(label, label) for label in labels]


def _require_same_classes(cases: Sequence[Case], classes: tuple[str, ...]) -> None:
    splits = {
        split_name: [name for name, count in count_by_class(inside, classes).items() if count]
        for split_name in SPLITS
        if (inside := [case for case in cases if case.split == split_name])
    }
    if len({tuple(names) for names in splits.values()}) > 1:
        found = "; ".join(
            f"{split_name}: {', '.join(names)}" for split_name, names in splits.items()
        )
        raise DatasetError(
            f"The splits do not hold the same classes ({found}). Expected images of each class in "
            "every split; correct the split, or leave the classes out that a split lacks."
        )


def _class_order(names: set[str], positive: str | None) -> tuple[str, ...]:
    classes = sorted(names)
    if len(classes) < 2:
        found = f"one class only ({classes[0]})" if classes else "no class"
        raise DatasetError(
            f"The data hold images of {found}; at least two classes are needed. "
            "Expected CLASS/ folders, train|val|test/CLASS/ folders, or a table (CSV or Parquet) "
            "with a file name and a label a row; in a table, --label-column names the column."
        )
    reserved = sorted(names & {*PREDICTION_COLUMNS, GROUP_ID})
    if reserved:
        raise DatasetError(
            f"The classes {reserved} are named like columns of the predictions table. "
            "Rename them, or give new names with --class-names."
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
                "Leave it out, or merge classes with --class-names."
            )
        return tuple(classes)
    if positive is None:
        negative = [name for name in classes if _NEGATIVE_NAME.fullmatch(name)]
        positive = classes[0] if negative == classes[1:] else classes[1]
    return tuple(sorted(classes, key=lambda name: name == positive))
