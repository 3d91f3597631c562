"""Recognises the columns of a labelled table."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pandas as pd

from app.core.bundles.bundle import SplitName
from app.core.errors import DatasetError
from model_training.data.image_files import ImageIndex

# Names of the splits in public data sets.
SPLIT_NAMES: dict[str, SplitName] = {
    "train": "train", "training": "train",
    "val": "val", "valid": "val", "validation": "val",
    "test": "test", "testing": "test",
}  # fmt: skip

NO_COLUMN = "none"

# Usual names of columns, letters and digits only, most likely first.
_KNOWN_NAMES = {
    "path": ("path", "filepath", "imagepath", "filename", "file", "imagefile", "imagename",
             "image", "imageindex", "img", "imageid"),
    "label": ("label", "labels", "class", "classname", "target", "diagnosis", "dx", "category"),
    "patient": ("patientid", "patient", "subjectid", "subject"),
    "split": ("split", "part", "partition", "set", "subset"),
    "subgroup": ("subgroup",),
}  # fmt: skip

# A column with more values than this, most of them unique, is not a label.
_FEW_VALUES = 20

_SHOWN_COLUMNS = 30

_SAMPLED_ROWS = 100


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a table.

    None means to recognise the column, `none` not to read it.

    Attributes:
        path: File name or path of the image.
        label: Class.
        patient: Patient; optional.
        split: `train`, `val` or `test`; optional.
        subgroup: Optional.
    """

    path: str | None = None
    label: str | None = None
    patient: str | None = None
    split: str | None = None
    subgroup: str | None = None


def choose_columns(
    table: pd.DataFrame, given: Columns, index: ImageIndex, file_name: str
) -> dict[str, str | None]:
    """The column of each role, or None.

    Args:
        table: The table as it was read.
        given: Columns that were named.
        index: Finds the images that a column may name.
        file_name: Name of the table, for messages.

    Raises:
        DatasetError: If a column is missing or ambiguous.
    """
    chosen: dict[str, str | None] = {}
    for role in _KNOWN_NAMES:
        name = getattr(given, role)
        if name is None:
            chosen[role] = _recognised(table, role, index, file_name)
        else:
            chosen[role] = None if name.lower() == NO_COLUMN else _named(table, name, file_name)
    for role, what in (("path", "the file name"), ("label", "the label")):
        if chosen[role] is None:
            raise DatasetError(
                f"No column of {file_name} was recognised as {what}; found "
                f"{_shown_columns(table)}. Name it with --{role}-column."
            )
    label = str(chosen["label"])
    num_values = table[label].nunique()
    if num_values > _FEW_VALUES and 2 * num_values > len(table):
        raise DatasetError(
            f"The column {label!r} of {file_name} has {num_values:,} different values in "
            f"{len(table):,} rows, too many for classes. Name the label with --label-column; found "
            f"{_shown_columns(table)}."
        )
    return chosen


def _named(table: pd.DataFrame, name: str, file_name: str) -> str:
    columns = _columns(table)
    same = [column for column in columns if column == name] or [
        column for column in columns if column.lower() == name.lower()
    ]
    if len(same) != 1:
        raise DatasetError(
            f"{file_name} has {len(same) or 'no'} column{'s' * bool(same)} {name!r}; found "
            f"{_shown_columns(table)}. Name one of them."
        )
    return same[0]


def _recognised(table: pd.DataFrame, role: str, index: ImageIndex, file_name: str) -> str | None:
    columns, known = _columns(table), _KNOWN_NAMES[role]
    called = {column: re.sub(r"[\W_]", "", column.lower()) for column in columns}
    candidates = [column for name in known for column in columns if called[column] == name]
    if role == "path":
        finding = (
            column for column in candidates or columns if _names_images(table[column], index)
        )
        return next(finding, next(iter(candidates), None))
    if role == "label":
        candidates = [column for column in candidates if not _has_fractions(table[column])]
    if role == "split":
        candidates = [
            column
            for column in candidates
            if called[column] == "split" or _names_splits(table[column])
        ]
    if len(candidates) > 1:
        raise DatasetError(
            f"The columns {candidates} of {file_name} could each be the {role}. Name one with "
            f"--{role}-column."
        )
    return candidates[0] if candidates else None


def _columns(table: pd.DataFrame) -> list[str]:
    return [str(column) for column in table]


def _names_images(column: pd.Series[Any], index: ImageIndex) -> bool:
    sample = [text for text in texts_of(column.head(_SAMPLED_ROWS)) if text]
    return bool(sample) and sum(bool(index.find(text)) for text in sample) * 2 > len(sample)


def _names_splits(column: pd.Series[Any]) -> bool:
    return all(text.lower() in SPLIT_NAMES for text in texts_of(column))


def _has_fractions(column: pd.Series[Any]) -> bool:
    numbers = pd.to_numeric(column, errors="coerce")
    return bool((numbers % 1 > 0).any())


def _shown_columns(table: pd.DataFrame) -> str:
    names = _columns(table)
    more = f" and {len(names) - _SHOWN_COLUMNS} more" if len(names) > _SHOWN_COLUMNS else ""
    return ", ".join(names[:_SHOWN_COLUMNS]) + more


def texts_of(column: pd.Series[Any]) -> list[str]:
    """A column as stripped text; missing values are empty."""
    return ["" if text.lower() == "nan" else text for text in map(_text, column)]


def _text(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # pandas reads integer columns with missing values as floats
    return "" if value is None or value is pd.NA else str(value).strip()
