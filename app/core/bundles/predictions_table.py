"""The table of predictions of a bundle: its columns, how it is read, and what it must hold."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pandas as pd

from app.core.bundles.bundle_files import PREDICTIONS
from app.core.bundles.findings import (
    FINDING_COLUMNS,
    column,
    finding_predictions,
    with_missing_labels,
)
from app.core.bundles.task import Task
from app.core.errors import BundleError

# The splits that training uses; a predictions table may name others, such as `external`.
SplitName = Literal["train", "val", "test"]
# Empty for a case that is in no split yet.
CaseSplit = SplitName | Literal[""]
PREDICTION_COLUMNS = (
    "split", "image_id", "path", "patient_id", "subgroup", "y_true", "logit", "probability",
)  # fmt: skip
# Read as they are written: `0001` is no number. The last two are of results without a model.
_TEXT_COLUMNS = ("image_id", "path", "patient_id", "subgroup", "case", "site")
# Before the name of each of several subgroups, of results without a model.
SUBGROUP = "subgroup:"
# Images with the same value always go into the same split; missing from older bundles.
GROUP_ID = "group_id"
_OLD_GROUP_ID = "kept_together"


def read_predictions(folder: Path, task: Task) -> pd.DataFrame:
    """The predictions, one row per image.

    With findings, three columns for each, see `findings.FINDING_COLUMNS`; a missing label is NaN.

    Args:
        folder: Where the table is.
        task: Of the bundle.

    Raises:
        ValueError: If the file is not a table.
    """
    return as_predictions(read_table(folder), task)


def read_table(folder: Path) -> pd.DataFrame:
    """The table of all findings as it is written, one row per image.

    Args:
        folder: Where the table is.

    Raises:
        ValueError: If the file is not a table.
    """
    path = folder / PREDICTIONS
    names = [str(name) for name in pd.read_csv(path, nrows=0)]
    subgroups = [name for name in names if name.startswith(SUBGROUP)]
    text_columns = dict.fromkeys((*_TEXT_COLUMNS, *subgroups), str)
    table = pd.read_csv(path, dtype=text_columns, keep_default_na=False, na_values={})
    return table.rename(columns={_OLD_GROUP_ID: GROUP_ID})


def as_predictions(table: pd.DataFrame, task: Task, finding: str = "") -> pd.DataFrame:
    """What `read_predictions` gives of a table that was read before.

    Args:
        table: As from `read_table`.
        task: Of the bundle.
        finding: Gives the rows and columns of one finding, as of a model with two classes.
    """
    if finding:
        return finding_predictions(with_missing_labels(table, [finding]), finding)
    return with_missing_labels(table, task.classes) if task.any_of else table


def check_predictions(folder: Path, task: Task, *, bundle: str) -> None:
    """Refuses predictions that do not fit the task.

    Args:
        folder: Where the table is.
        task: Of the bundle.
        bundle: Name of its folder.

    Raises:
        BundleError: If it is no table, lacks columns, or holds other classes or no probabilities.
    """
    try:
        predictions = read_predictions(folder, task)
    except ValueError as error:  # pandas raises it for every kind of broken table
        raise BundleError(
            f"{PREDICTIONS} of the bundle {bundle!r} is not a valid CSV table "
            f"({type(error).__name__}). Train the bundle again."
        ) from None
    needed, numeric = _needed_columns(task)
    if lacking := [column_name for column_name in needed if column_name not in predictions]:
        raise BundleError(
            f"{PREDICTIONS} of the bundle {bundle!r} lacks the columns {lacking}. "
            "Train the bundle again."
        )
    numbers = predictions[numeric].apply(pd.to_numeric, errors="coerce")
    if not numbers.apply(_is_probability).all(axis=None):
        raise BundleError(
            f"{PREDICTIONS} of the bundle {bundle!r} contains probabilities that are "
            "not numbers from 0 to 1. Train the bundle again."
        )
    _check_labels(predictions, task, bundle)


def _needed_columns(task: Task) -> tuple[list[str], list[str]]:
    """The columns that a predictions table must have, and those of them with probabilities."""
    if task.any_of:
        shared = [name for name in PREDICTION_COLUMNS if name not in FINDING_COLUMNS]
        own = [column(name, finding) for finding in task.classes for name in FINDING_COLUMNS]
        return [*shared, *own], [column("probability", finding) for finding in task.classes]
    by_class = list(task.classes) if len(task.classes) > 2 else []
    return [*PREDICTION_COLUMNS, *by_class], ["probability", *by_class]


def _check_labels(predictions: pd.DataFrame, task: Task, bundle: str) -> None:
    classes = task.classes
    if task.any_of:
        found = predictions[[column("y_true", finding) for finding in classes]]
        labels = sorted(set(found.melt()["value"].dropna().tolist()) - {0, 1})
        expected = "0, 1, or nothing where an image is not labelled"
    else:
        labels = sorted(set(predictions["y_true"]) - set(range(len(classes))))
        expected = f"positions 0 to {len(classes) - 1} of {list(classes)}"
    if labels:
        raise BundleError(
            f"{PREDICTIONS} of the bundle {bundle!r} contains the classes {labels}; "
            f"expected {expected}. Train the bundle again."
        )


def _is_probability(values: pd.Series[float]) -> pd.Series[bool]:
    return values.between(0, 1)
