"""Reads labelled folders and tables into cases with class, patient, subgroup and split."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from app.core.bundles.predictions_table import CaseSplit, SplitName
from app.core.bundles.task import TaskKind
from app.core.errors import DatasetError
from model_training.data.class_lists import about_class_lists
from model_training.data.class_names import (
    one_spelling,
    renamed,
    require_one_spelling_of_flags,
)
from model_training.data.class_order import class_order, require_findings
from model_training.data.conflicts import contradicting, refuse
from model_training.data.image_files import Presence
from model_training.data.labelled import read_labelled
from model_training.data.like_names import require_unlike
from model_training.data.patients import find_patients, find_subgroups
from model_training.data.rules import Rules
from model_training.data.table_columns import Columns
from model_training.data.wrappers import folders_for_tables

SPLITS: tuple[SplitName, ...] = get_args(SplitName)

NO_CLASS = -1


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
    classes_of_model: Sequence[str] = (),
    table: Path | Sequence[Path] = (),
    columns: Columns | None = None,
    class_names: Mapping[str, str] | None = None,
    patient_pattern: str | None = None,
    subgroup_pattern: str | None = None,
    rules: Rules | None = None,
) -> Dataset:
    r"""Reads `train|val|test/CLASS/` or `CLASS/` folders, or tables that label images.

    Patients and subgroups come from the columns of a table or of a `manifest.csv` next to the
    folders (`path`, `patient_id` and `subgroup`), otherwise from `patients.find_patients`. An
    image without a known patient counts as a patient of its own. A folder with one table and no
    class folders is read from that table. What was decided is in the notes of the result; what
    cannot be decided is an error that names the option.

    Args:
        data: The data folder, or a table next to the images it lists.
        positive: The positive of two classes; by default as `positive_class.positive_of`.
        classes_of_model: The classes of the model that the data are for, in output order: if the
            data have the same two, the positive one is the same.
        table: A table that labels the images in the folder `data`, at any location, or several
            that `rules.join` joins.
        columns: The table's columns, if they should not be recognised automatically.
        class_names: New names by label or folder name; two labels may get the same name.
        patient_pattern: Regular expression that finds the patient in the path relative to the
            data folder; `none` ignores paths, None tries the known patterns.
        subgroup_pattern: Regular expression that finds the subgroup in the path.
        rules: What to do where the data can be read in more than one way.

    Raises:
        DatasetError: If there are fewer than two classes with images, the splits do not have
            the same classes, a table or manifest does not match its images, a pattern is found
            in no path, labels contradict each other, or the data can be read in several ways.
        ValueError: If a pattern is not a regular expression with a group.

    Example:
        dataset = read_dataset(Path("chest"), patient_pattern=r"(person\d+)_")
        print(dataset.classes, len(dataset.cases))
    """
    rules = rules or Rules()
    tables = [table] if isinstance(table, Path) else list(table)
    reading = read_labelled(data, tables, columns, rules, named=list(class_names or ()))
    images, notes = reading.images, reading.notes
    if reading.findings:
        classes = tuple(renamed(reading.findings, class_names or {}))
        names = [""] * len(images)
        about_positive = ""
        require_findings(classes, positive)
    else:
        names, spellings = one_spelling([image.label for image in images])
        names, more = one_spelling(renamed(names, class_names or {}))
        notes += spellings + more
        is_models = (
            positive is None and set(names) == set(classes_of_model) and len(set(names)) == 2
        )
        if is_models:
            positive = classes_of_model[1]
        require_one_spelling_of_flags(set(names))
        notes += require_unlike(names, list((class_names or {}).values()))
        around = folders_for_tables(
            data if data.is_dir() else data.parent, [image.path for image in images]
        )
        notes += about_class_lists(around, sorted(set(names)), positive=positive)
        classes, about_positive = class_order(set(names), positive, reading.column)
        if is_models:
            about_positive = f"The positive class is {positive}: it is the model's."
    patients = find_patients(images, names, patient_pattern, folder=rules.patient_folder)
    subgroups = find_subgroups(images, subgroup_pattern)
    cases = [
        Case(
            image.path,
            image.name,
            NO_CLASS if reading.findings else classes.index(class_name),
            patient,
            subgroup,
            image.split,
            image.findings,
        )
        for image, class_name, patient, subgroup in zip(
            images, names, patients.values, subgroups.values, strict=True
        )
    ]
    about = [about_positive] if about_positive else []
    cases, more = _without_conflicts(cases, classes, rules)
    if not reading.findings:
        _require_same_classes(cases, classes)
    return Dataset(
        classes,
        cases,
        (*notes, *patients.notes, *subgroups.notes, *about, *more),
        patients_from=patients.source,
        task="any-of" if reading.findings else "one-of",
    )


def count_by_class(cases: Sequence[Case], classes: tuple[str, ...]) -> dict[str, int]:
    """Number of images by class name, in class order.

    Args:
        cases: The images.
        classes: Names in output order.
    """
    counts = Counter(case.label for case in cases)
    return {name: counts[label] for label, name in enumerate(classes)}


def _without_conflicts(
    cases: list[Case], classes: tuple[str, ...], rules: Rules
) -> tuple[list[Case], list[str]]:
    """The cases without identical files that have different labels, and a remark on them."""
    if rules.conflicts == "keep":
        return cases, []
    groups = contradicting(
        [case.path for case in cases], [(case.label, case.findings) for case in cases]
    )
    if rules.conflicts == "refuse":
        texts = [labels_in_words(case, classes) for case in cases]
        refuse(groups, [case.name for case in cases], texts)
    if not groups:
        return cases, []
    gone = {index for group in groups for index in group}
    note = f"Left out: {len(gone):,} images that are byte for byte the same as one with another"
    return [case for i, case in enumerate(cases) if i not in gone], [f"{note} label."]


def labels_in_words(case: Case, classes: tuple[str, ...]) -> str:
    """The class of a case, or the findings that it shows.

    Args:
        case: The case.
        classes: Names in output order.
    """
    if not case.findings:
        return classes[case.label]
    shown = [name for name, found in zip(classes, case.findings, strict=True) if found]
    nothing = "no known finding" if None in case.findings else "no finding"
    return "|".join(shown) or nothing


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
