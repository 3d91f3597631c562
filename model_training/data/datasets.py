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
from model_training.data.patients import find_patients, find_subgroups
from model_training.data.table_columns import Columns
from model_training.data.tables import SUFFIXES, read_table, tables_in

SPLITS = ("train", "val", "test")

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
        patient_id: Patient, or what stands for one; empty where none is known.
        subgroup: Such as a kind of the disease or a hospital; empty where none is known.
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
    """The labelled images of a folder or table.

    Attributes:
        classes: Names in output order.
        cases: The images.
        notes: Remarks about them.
        patients_from: What told who the patients are; empty where nothing did.
    """

    classes: tuple[str, ...]
    cases: list[Case]
    notes: tuple[str, ...] = ()
    patients_from: str = ""


def read_dataset(
    data: Path,
    *,
    positive: str | None = None,
    table: Path | None = None,
    columns: Columns | None = None,
    class_names: Mapping[str, str] | None = None,
    patient_pattern: str | None = None,
    subgroup_pattern: str | None = None,
) -> Dataset:
    r"""Reads `train|val|test/CLASS/` or `CLASS/` folders, or a table that labels images.

    Patients and subgroups come from a table's columns or, of folders, from the columns `path`,
    `patient_id` and `subgroup` of a `manifest.csv` beside them, and where these say nothing as
    `patients.find_patients` tells; else each image stands for itself. A folder `masks` beside
    the classes or splits is left alone. A folder that holds no class folders and one table is
    read by that table.

    Args:
        data: The data folder, or a table beside the images that it names.
        positive: The positive of two classes; by default the one not named like `NORMAL`.
        table: A table that labels the images of the folder `data`, wherever the table is.
        columns: The table's columns, where they are not to be recognised.
        class_names: New names by label or folder name; two labels may get one name.
        patient_pattern: Regular expression that finds the patient in the path below the data
            folder, `none` to take none from there; without one the known patterns are tried.
        subgroup_pattern: Regular expression that finds the subgroup there.

    Raises:
        DatasetError: If there are not at least two classes with images, the splits do not
            hold the same classes, a table or manifest does not fit its images, or a pattern
            is found in no path.
        ValueError: If a pattern is not a regular expression with a group.

    Example:
    >>> read_dataset(Path("chest"), patient_pattern=r"(person\d+)_").classes
    ('NORMAL', 'PNEUMONIA')
    """
    images, notes = _labelled_images(data, table, columns)
    names = _class_names([image.label for image in images], class_names or {})
    classes = _class_order(set(names), positive)
    patients = find_patients(images, names, patient_pattern)
    subgroups = find_subgroups(images, subgroup_pattern)
    cases = [
        Case(image.path, image.name, classes.index(class_name), patient, subgroup, image.split)
        for image, class_name, patient, subgroup in zip(
            images, names, patients.values, subgroups.values, strict=True
        )
    ]
    _require_same_classes(cases, classes)
    return Dataset(
        classes, cases, (*notes, *patients.notes, *subgroups.notes), patients_from=patients.source
    )


def count_by_class(cases: Sequence[Case], classes: tuple[str, ...]) -> dict[str, int]:
    """Number of images of each class, in class order.

    Args:
        cases: The images.
        classes: Names in output order.
    """
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
