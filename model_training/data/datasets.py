"""Reads labelled folders and tables into cases with class, patient, subgroup and split."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from app.core.bundles.bundle import GROUP_ID, PREDICTION_COLUMNS, CaseSplit, SplitName
from app.core.bundles.manifest import TaskKind
from app.core.errors import DatasetError
from model_training.data.folders import MANIFEST, read_folders
from model_training.data.image_files import LabelledImage
from model_training.data.image_files import images_below as images_below
from model_training.data.patients import find_patients, find_subgroups
from model_training.data.table_columns import Columns
from model_training.data.tables import SUFFIXES, read_table, tables_in

SPLITS: tuple[SplitName, ...] = get_args(SplitName)

# What is known of one finding in one image: present (1), absent (0), or nothing (None).
Presence = Literal[0, 1] | None

NO_CLASS = -1

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
        name: Path relative to the data folder, with `/`.
        label: Index of its class; `NO_CLASS` where an image can show any of the classes.
        patient_id: Patient or pseudonym; empty if unknown.
        subgroup: Such as a subtype of the disease or a hospital; empty if unknown.
        split: `train`, `val` or `test` as given by the data, or empty.
        findings: With the task `any-of`, what is known of each class, in their order; else empty.
    """

    path: Path
    name: str
    label: int
    patient_id: str
    subgroup: str
    split: CaseSplit
    findings: tuple[Presence, ...] = ()

    @property
    def person(self) -> str:
        """What must not be on both sides of a split: the patient, or the image if unknown."""
        return f"patient {self.patient_id}" if self.patient_id else f"image {self.name}"


@dataclass(frozen=True, slots=True)
class Dataset:
    """The labelled images of a folder or table.

    Attributes:
        classes: Names in output order; with the task `any-of`, those of the findings.
        cases: The images.
        notes: Remarks about them.
        patients_from: How patients were identified; empty if they were not.
        task: Whether each image belongs to one of the classes, or can show any of them.
    """

    classes: tuple[str, ...]
    cases: list[Case]
    notes: tuple[str, ...] = ()
    patients_from: str = ""
    task: TaskKind = "one-of"

    @property
    def targets(self) -> NDArray[np.float32]:
        """1 where an image shows a class, 0 where it does not, NaN where that is not known.

        Shape `(num_cases, num_classes)`; with the task `one-of`, there is one 1 in every row.
        """
        if self.task == "one-of":
            labels = np.array([case.label for case in self.cases], np.int64)
            return np.eye(len(self.classes), dtype=np.float32)[labels]
        rows = [case.findings for case in self.cases]
        found = np.array(rows, np.float32)  # None becomes NaN
        return found.reshape(len(self.cases), len(self.classes))


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

    Patients and subgroups come from the columns of a table or of a `manifest.csv` next to the
    folders (`path`, `patient_id` and `subgroup`), otherwise from `patients.find_patients`. An
    image without a known patient counts as a patient of its own. A folder `masks` next to the
    classes or splits is ignored. A folder with one table and no class folders is read from that
    table.

    Args:
        data: The data folder, or a table next to the images it lists.
        positive: The positive of two classes; by default the one not named like `NORMAL`.
        table: A table that labels the images in the folder `data`, at any location.
        columns: The table's columns, if they should not be recognised automatically.
        class_names: New names by label or folder name; two labels may get the same name.
        patient_pattern: Regular expression that finds the patient in the path relative to the
            data folder; `none` ignores paths, None tries the known patterns.
        subgroup_pattern: Regular expression that finds the subgroup in the path.

    Raises:
        DatasetError: If there are fewer than two classes with images, the splits do not have
            the same classes, a table or manifest does not match its images, or a pattern
            is found in no path.
        ValueError: If a pattern is not a regular expression with a group.

    Example:
        dataset = read_dataset(Path("chest"), patient_pattern=r"(person\d+)_")
        print(dataset.classes, len(dataset.cases))
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
    """Number of images by class name, in class order.

    Args:
        cases: The images.
        classes: Names in output order.
    """
    counts = Counter(case.label for case in cases)
    return {name: counts[label] for label, name in enumerate(classes)}


def _labelled_images(
    data: Path, table: Path | None, columns: Columns | None
) -> tuple[list[LabelledImage], list[str]]:
    """The images labelled by the folder or the table."""
    if table is None and (data.is_file() or data.suffix.lower() in SUFFIXES):
        data, table = data.parent, data
    if table is not None:
        _require_table(table)
        return read_table(table, folder=data, columns=columns or Columns())
    images, notes = read_folders(data)
    tables = [file for file in tables_in(data) if file.name != MANIFEST]
    if len({image.label for image in images}) > 1 and columns is None:
        notes += [
            f"{file.name} is not read, because the folders give the classes. To use it instead, "
            "pass it as the data."
            for file in tables
        ]
        return images, notes
    if len(tables) > 1:
        raise DatasetError(
            f"The data folder contains {len(tables)} tables, {[file.name for file in tables]}, and "
            "no folders of two classes. Pass the table to read as the data."
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
    """The class of each image, with its new name if there is one."""
    unknown = sorted(set(new) - set(labels))
    if unknown:
        raise DatasetError(
            f"There are no classes {unknown} to rename; found {sorted(set(labels))}. Use the names "
            "in the data, such as --class-names 0=none 1=tumour."
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
            f"The splits do not have the same classes ({found}). Expected images of each class in "
            "every split; correct the split, or remove classes that a split lacks."
        )


def _class_order(names: set[str], positive: str | None) -> tuple[str, ...]:
    classes = sorted(names)
    if len(classes) < 2:
        found = f"one class only ({classes[0]})" if classes else "no class"
        raise DatasetError(
            f"The data contain images of {found}; at least two classes are needed. "
            "Expected CLASS/ folders, train|val|test/CLASS/ folders, or a table (CSV or Parquet) "
            "with one file name and label per row; --label-column names the column of a table."
        )
    reserved = sorted(names & {*PREDICTION_COLUMNS, GROUP_ID})
    if reserved:
        raise DatasetError(
            f"The classes {reserved} have the same names as columns of the predictions table. "
            "Rename them with --class-names."
        )
    if positive is not None and positive not in names:
        raise DatasetError(
            f"There is no class {positive!r} for --positive; found {classes}. Choose one of them."
        )
    if len(classes) > 2:
        if positive is not None:
            raise DatasetError(
                f"--positive needs exactly two classes; found {len(classes)}: {classes}. "
                "Leave it out, or merge classes with --class-names."
            )
        return tuple(classes)
    if positive is None:
        negative = [name for name in classes if _NEGATIVE_NAME.fullmatch(name)]
        positive = classes[0] if negative == classes[1:] else classes[1]
    return tuple(sorted(classes, key=lambda name: name == positive))
