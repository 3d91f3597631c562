"""Recognises the columns of a labelled table."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from app.core.errors import DatasetError
from model_training.data.cells import is_numeric, number_of, texts_of
from model_training.data.folder_column import find_folder_column, names_folders
from model_training.data.headers import names_an_image
from model_training.data.image_index import ImageIndex
from model_training.data.marked_columns import FEW_VALUES, marked_columns
from model_training.data.path_column import find_path_column
from model_training.data.spelling import composed, stripped
from model_training.data.split_columns import Splits, find_splits, named_splits
from model_training.data.split_names import words_of

NO_COLUMN = "none"

# Usual names of columns, letters and digits only.
_KNOWN_NAMES = {
    "label": ("label", "labels", "class", "classname", "classid", "target", "diagnosis", "dx",
              "category", "finding", "findings", "findinglabel", "findinglabels"),
    "patient": ("patientid", "patient", "patientnumber", "patientnr", "patientno", "patid",
                "subjectid", "subject", "participantid", "participant", "personid", "person",
                "pid", "mrn"),
    "subgroup": ("subgroup",),
}  # fmt: skip

# `lesion_id`, `examID`, `StudyInstanceUID`, `PatientName`, `eid`; but not `covid`.
_GROUPS = re.compile(
    r"[\W_]id$|[\W_]ID$|[a-z]U?I[dD]$|^[eE]?(id|ID)$|(?i:patient|subject|paciente|proband|person)"
)
# `patient_age` describes a patient, and `class_id` a class; `rad_id` is who labelled the image.
_DESCRIBES = frozenset(
    "age sex gender weight height size position birth alter edad race years class"
    " rad reader rater radiologist annotator doctor observer expert".split()
)

_MAX_LISTED = 30


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a table.

    None means to recognise the column, `none` not to read it.

    Attributes:
        path: File name or path of the image.
        label: Class, or several columns separated by commas, one for each class or finding.
        patient: Patient; optional.
        split: `train`, `val` or `test`; optional.
        subgroup: Optional.
    """

    path: str | None = None
    label: str | None = None
    patient: str | None = None
    split: str | None = None
    subgroup: str | None = None


@dataclass(frozen=True, slots=True)
class Chosen:
    """The columns that are read.

    Attributes:
        path: File name or path of the image.
        labels: One column of classes, or one column for each class or finding.
        patient: Patient, or None.
        splits: The split of each row, and the columns that give it.
        subgroup: Subgroup, or None.
        by_folder: Whether `path` names folders, of all images below which a row says the same.
        notes: Remarks on how they were chosen.
    """

    path: str
    labels: tuple[str, ...]
    patient: str | None
    splits: Splits
    subgroup: str | None
    by_folder: bool = False
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        what = "label" if len(self.labels) == 1 else "labels"
        read = {"path": self.path, what: ", ".join(self.labels)}
        read["patient"] = self.patient or ""
        read["split"] = ", ".join(self.splits.columns)
        read["subgroup"] = self.subgroup or ""
        return ", ".join(f"{role} from {column}" for role, column in read.items() if column)


def choose_columns(
    table: pd.DataFrame, given: Columns, index: ImageIndex, file_name: str
) -> Chosen:
    """The columns to read.

    Args:
        table: The table as it was read.
        given: Columns that were named.
        index: Finds the images that a column may name.
        file_name: Name of the table, for messages.

    Raises:
        DatasetError: If a column is missing or ambiguous.
    """
    chosen: dict[str, str | None] = {}
    for role in ("patient", "subgroup"):
        chosen[role] = _of_role(table, role, getattr(given, role), file_name)
    labels = _label_columns(table, given.label, file_name)
    path = given.path
    if path is not None:
        path = None if path.lower() == NO_COLUMN else _named(table, path, file_name)
    splits = _splits(table, given.split, {path, *labels, *chosen.values()}, file_name)
    notes = list(splits.notes)
    if given.path is None:
        never = {*splits.columns, chosen["subgroup"], *labels}
        possible = table[[column for column in table if column not in never]]
        patient = [chosen["patient"]] if chosen["patient"] else []
        path, more = find_path_column(possible, index, file_name, others=patient)
        notes += more
        if path is None or not any(map(index.find, texts_of(table[path]))):
            path = find_folder_column(possible, index, file_name) or path
    if path is None:
        raise _not_recognised(table, "path", "the file name", file_name, notes)
    if names_an_image(path, index):
        raise DatasetError(
            f"The first line of {file_name} names the image {path!r}, so it is not a header. Put a "
            "line with the names of the columns above it, such as path,label."
        )
    if given.label is None and not labels:
        used = [path, *splits.columns, *filter(None, chosen.values())]
        labels, more = marked_columns(table, used, file_name)
        notes += more
    if not labels:
        raise _not_recognised(table, "label", "the label", file_name)
    if len(labels) == 1:
        _require_few_values(table, labels[0], file_name)
    if chosen["patient"] is None and given.patient is None:
        notes += _about_groups(table, {path, *labels, *splits.columns, chosen["subgroup"]})
    return Chosen(
        path,
        tuple(labels),
        chosen["patient"],
        splits,
        chosen["subgroup"],
        names_folders(texts_of(table[path]), index),
        tuple(notes),
    )


def _splits(
    table: pd.DataFrame, given: str | None, used: Collection[str | None], file_name: str
) -> Splits:
    if given is None:
        return find_splits(table, used, file_name)
    if given.lower() == NO_COLUMN:
        return Splits((), [""] * len(table))
    return named_splits(table, _named(table, given, file_name), file_name)


def _about_groups(table: pd.DataFrame, used: Collection[str | None]) -> list[str]:
    """Remarks on columns such as `lesion_id`, whose images should perhaps stay together."""
    notes = []
    for column in _columns(table):
        if column in used or not _GROUPS.search(column) or _DESCRIBES & set(words_of(column)):
            continue
        values = [text for text in texts_of(table[column]) if text]
        if 1 < len(set(values)) < len(values):
            notes.append(
                f"{column} repeats ({len(set(values)):,} values in {len(values):,} rows): "
                f"--patient-column {column} keeps images with the same one in one split."
            )
    return notes


def _not_recognised(
    table: pd.DataFrame, role: str, what: str, file_name: str, notes: Sequence[str] = ()
) -> DatasetError:
    about = "".join(f" {note}" for note in notes)
    return DatasetError(
        f"No column of {file_name} was recognised as {what}; found {_listed_columns(table)}. Name "
        f"it with --{role}-column.{about}"
    )


def _of_role(table: pd.DataFrame, role: str, name: str | None, file_name: str) -> str | None:
    if name is None:
        return _recognised(table, role, file_name)
    return None if name.lower() == NO_COLUMN else _named(table, name, file_name)


def _label_columns(table: pd.DataFrame, name: str | None, file_name: str) -> list[str]:
    """The columns that are named, or recognised by their name."""
    if name is None:
        found = _recognised(table, "label", file_name)
        return [found] if found else []
    if name.lower() == NO_COLUMN:
        return []
    if "," in name and composed(stripped(name)) not in _columns(table):
        return [_named(table, part.strip(), file_name) for part in name.split(",")]
    return [_named(table, name, file_name)]


def _named(table: pd.DataFrame, name: str, file_name: str) -> str:
    columns = _columns(table)
    name = composed(stripped(name))
    same = [column for column in columns if column == name] or [
        column for column in columns if column.lower() == name.lower()
    ]
    if len(same) != 1:
        raise DatasetError(
            f"{file_name} has {len(same) or 'no'} column{'s' * bool(same)} {name!r}; found "
            f"{_listed_columns(table)}. Name one of them."
        )
    return same[0]


def _recognised(table: pd.DataFrame, role: str, file_name: str) -> str | None:
    """The column with a usual name; of several that divide the rows alike, the first with words."""
    columns, known = _columns(table), _KNOWN_NAMES[role]
    called = {column: _plain(column) for column in columns}
    candidates = [column for name in known for column in columns if called[column] == name]
    if role == "label":
        candidates = [column for column in candidates if not _has_fractions(table[column])]
    if len(candidates) > 1 and len({_division(table[column]) for column in candidates}) > 1:
        raise DatasetError(
            f"The columns {candidates} of {file_name} could each be the {role}. Name one with "
            f"--{role}-column."
        )
    worded = [column for column in candidates if not is_numeric(table[column])]
    found = next(iter([*worded, *candidates]), None)
    if found is not None:
        _require_one_of_the_name(table, found, f"--{role}-column", file_name)
    return found


def _require_one_of_the_name(table: pd.DataFrame, column: str, option: str, file_name: str) -> None:
    """Checks that no other column of the same name, which got a number behind it, differs.

    Raises:
        DatasetError: If one does.
    """
    differing = [
        other
        for other in _columns(table)
        if re.fullmatch(rf"{re.escape(column)}\.\d+", other)
        and _division(table[other]) != _division(table[column])
    ]
    if differing:
        raise DatasetError(
            f"{file_name} has {len(differing) + 1} columns called {column!r}, and they differ. "
            f"Remove the wrong ones, or choose one with {option}: {column} is the first, "
            f"{differing[0]} another."
        )


def _require_few_values(table: pd.DataFrame, label: str, file_name: str) -> None:
    num_values = len(set(texts_of(table[label])))
    if num_values > FEW_VALUES and 2 * num_values > len(table):
        raise DatasetError(
            f"The column {label!r} of {file_name} has {num_values:,} different values in "
            f"{len(table):,} rows, too many for classes. Name the label with --label-column; found "
            f"{_listed_columns(table)}."
        )


def _columns(table: pd.DataFrame) -> list[str]:
    return [str(column) for column in table]


def _plain(name: str) -> str:
    return re.sub(r"[\W_]", "", name.lower())


def _division(column: pd.Series[Any]) -> tuple[int, ...]:
    """Number of the group of each row: equal for columns that divide the rows alike."""
    numbers: dict[str, int] = {}
    return tuple(numbers.setdefault(text, len(numbers)) for text in texts_of(column))


def _has_fractions(column: pd.Series[Any]) -> bool:
    numbers = [number_of(text) for text in texts_of(column)]
    return any(number is not None and number % 1 > 0 for number in numbers)


def _listed_columns(table: pd.DataFrame) -> str:
    names = _columns(table)
    more = f" and {len(names) - _MAX_LISTED} more" if len(names) > _MAX_LISTED else ""
    return ", ".join(names[:_MAX_LISTED]) + more
