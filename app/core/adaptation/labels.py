"""Reads the labels of a place: a table of paths and classes, or a folder for each class."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from app.core.bundles.manifest import Task
from app.core.errors import DatasetError
from app.core.sources.left_out import LeftOut
from app.core.sources.source import Source
from app.core.sources.sources import from_paths

# Names of columns, the first that a table has.
_PATHS = ("path", "file", "filename", "image", "image_path")
_LABELS = ("label", "class", "truth", "y_true")
_PATIENTS = ("patient_id", "patient", "patientid", "subject")
_SUFFIXES = (".csv", ".tsv", ".parquet")
_MAX_LISTED = 3


@dataclass(frozen=True, slots=True)
class Labelled:
    """A film whose truth is known.

    Attributes:
        source: The file.
        label: Position of its class in the task.
        patient_id: Its patient; empty if unknown.
    """

    source: Source
    label: int
    patient_id: str = ""


def read_labels(path: Path, task: Task) -> list[Labelled]:
    """Reads labels, in the order of the table, or of classes and names.

    A table (CSV, TSV or Parquet) has the columns `path`, relative to the table, and `label`, and
    `patient_id` if patients are known. Rows without a label are passed over, as those of a list
    that is not yet filled in. In a folder, each class has a folder of its name.

    Args:
        path: The table or the folder.
        task: The classes, which are recognised by name or by display name.

    Raises:
        DatasetError: If nothing is labelled, a column is missing, or a label is not a class.
    """
    if path.is_dir():
        found = list(_from_folders(path, task))
    elif path.suffix.lower() in _SUFFIXES and path.is_file():
        found = list(_from_table(path, task))
    else:
        raise DatasetError(
            f"{path.name!r} holds no labels. Expected a table ({', '.join(_SUFFIXES)}) with the "
            f"columns path and label, or a folder with a folder for each class: "
            f"{', '.join(task.classes)}."
        )
    if not found:
        raise DatasetError(f"{path.name!r} has no film with a label. Fill in the column label.")
    return found


def class_positions(task: Task) -> dict[str, int]:
    """Position of each class by its name and its display name, in lower case."""
    positions = {task.display_name(name).lower(): i for i, name in enumerate(task.classes)}
    return positions | {name.lower(): i for i, name in enumerate(task.classes)}


def _from_folders(path: Path, task: Task) -> Iterator[Labelled]:
    positions = class_positions(task)
    folders = sorted(one for one in path.iterdir() if one.name.lower() in positions)
    folders = [one for one in folders if one.is_dir()]
    if not folders:
        raise DatasetError(
            f"The folder {path.name!r} has no folder of a class. Expected one for each of "
            f"{', '.join(task.classes)}, or pass a table."
        )
    for folder in folders:
        for source in from_paths([folder], LeftOut()):
            if source.problem is None:
                yield Labelled(source, positions[folder.name.lower()])


def _from_table(path: Path, task: Task) -> Iterator[Labelled]:
    table = _read(path)
    names = {str(name).strip().lower(): name for name in table.columns}
    files, labels = _column(names, _PATHS, path), _column(names, _LABELS, path)
    patients = next((names[one] for one in _PATIENTS if one in names), None)
    given = table[table[labels].str.strip() != ""]
    positions = class_positions(task)
    wanted = given[labels].str.strip().str.lower()
    if unknown := sorted(set(wanted) - set(positions)):
        listed = ", ".join(repr(one) for one in unknown[:_MAX_LISTED])
        raise DatasetError(
            f"The column {labels} of {path.name!r} has the labels {listed}, which the model does "
            f"not know. Expected {', '.join(task.classes)}, or nothing."
        )
    for row, label in zip(given.to_dict("records"), wanted, strict=True):
        name = str(row[files]).strip()
        patient = "" if patients is None else str(row[patients]).strip()
        yield Labelled(Source(name, path.parent / name), positions[label], patient)


def _read(path: Path) -> pd.DataFrame:
    try:
        if path.suffix.lower() == ".parquet":
            return pd.read_parquet(path).fillna("").astype(str)
        separator = "\t" if path.suffix.lower() == ".tsv" else ","
        return pd.read_csv(path, sep=separator, dtype=str, keep_default_na=False)
    except (ValueError, OSError) as error:
        raise DatasetError(
            f"The table {path.name!r} cannot be read ({type(error).__name__}). Expected CSV, TSV "
            "or Parquet with the columns path and label."
        ) from None


def _column(names: dict[str, str], wanted: Sequence[str], path: Path) -> str:
    for one in wanted:
        if one in names:
            return names[one]
    raise DatasetError(
        f"The table {path.name!r} has no column {wanted[0]}; it has {', '.join(names)}. Rename "
        f"the one that holds it to {wanted[0]}."
    )
