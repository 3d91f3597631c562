"""Reads the labels of a place: a table of paths and classes, or a folder for each class."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from io import BytesIO, StringIO
from pathlib import Path, PurePath

import pandas as pd

from app.core.bundles.task import Task
from app.core.errors import DatasetError, system_reason
from app.core.sources import folders
from app.core.sources.file_names import printable
from app.core.sources.left_out import LeftOut
from app.core.sources.source import Source
from app.core.sources.sources import from_paths

# Names of columns, the first that a table has.
_PATHS = ("path", "name", "file", "filename", "image", "image_path")
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


@dataclass(frozen=True, slots=True)
class LabelRow:
    """A row of a table of labels that is filled in.

    Attributes:
        film: The path, name or digest of a film, as the table has it.
        label: Position of its class in the task.
        patient_id: Its patient; empty if unknown.
    """

    film: str
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


def read_labels_below(root: Path, relative: str, task: Task) -> list[Labelled]:
    """Reads labels as `read_labels` does, of films in a folder that must not be left.

    The films are named by their paths relative to that folder.

    Args:
        root: The configured data root.
        relative: Path of the table or the folder in it, possibly from an untrusted user.
        task: The classes.

    Raises:
        SourceError: If the path is outside the root or does not exist.
        DatasetError: As of `read_labels`, and if a film is outside the root.
    """
    base = root.resolve()
    found, outside = [], []
    for one in read_labels(folders.inside_root(root, relative), task):
        path = _resolved(one.source.path)
        if path is None or not path.is_relative_to(base):
            outside.append(one.source.name)
            continue
        name = printable(path.relative_to(base).as_posix())
        found.append(replace(one, source=replace(one.source, name=name)))
    if outside:
        raise DatasetError(
            f"{len(outside):,} of the labelled films are outside the configured data root, such "
            f"as {PurePath(outside[0]).name!r}. Name films inside it."
        )
    return found


def labelled_as_two(labelled: Sequence[Labelled]) -> list[str]:
    """Names of the films that are labelled as two classes, as far as their places tell.

    Copies of a film at other places are found when the films are read.

    Args:
        labelled: As read.
    """
    labels: dict[str, set[int]] = {}
    for one in labelled:
        labels.setdefault(one.source.name, set()).add(one.label)
    return [name for name, found in labels.items() if len(found) > 1]


def _resolved(path: Path | None) -> Path | None:
    try:
        return None if path is None else path.resolve()
    except (OSError, RuntimeError, ValueError):  # circular link, NUL byte
        return None


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
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DatasetError(
            f"The table {path.name!r} cannot be read ({system_reason(error)}). Check its "
            "permissions."
        ) from None
    for row in parse_table(content, path.name, task):
        film = _as_named(row.film, path.parent)
        yield Labelled(Source(film, path.parent / film), row.label, row.patient_id)


def _as_named(film: str, folder: Path) -> str:
    """A path without the apostrophe that a list of films to label puts before `=`, `-` and such."""
    plain = film.removeprefix("'")
    # The name of a file may begin with an apostrophe, too.
    return plain if plain != film and not (folder / film).exists() else film


def parse_table(content: bytes, name: str, task: Task) -> list[LabelRow]:
    """The rows of a table that have a label; none if it is not filled in at all.

    Args:
        content: CSV, TSV or Parquet.
        name: Its file name, by whose ending the format is known.
        task: The classes, which are recognised by name or by display name.

    Raises:
        DatasetError: If it cannot be read, a column is missing, or a label is not a class.
    """
    table = _read(content, name)
    names = {str(column).strip().lower(): column for column in table.columns}
    films, labels = _column(names, _PATHS, name), _column(names, _LABELS, name)
    patients = next((names[one] for one in _PATIENTS if one in names), None)
    given = table[table[labels].str.strip() != ""]
    positions = class_positions(task)
    written = given[labels].str.strip()
    wanted = written.str.lower()
    if unknown := sorted(set(written[~wanted.isin(positions)])):
        listed = ", ".join(repr(one) for one in unknown[:_MAX_LISTED])
        raise DatasetError(
            f"The column {labels} of {name!r} has the labels {listed}, which the model does "
            f"not know. Expected {', '.join(task.classes)}, or nothing."
        )
    return [
        LabelRow(
            str(row[films]).strip(),
            positions[label],
            "" if patients is None else str(row[patients]).strip(),
        )
        for row, label in zip(given.to_dict("records"), wanted, strict=True)
    ]


def _read(content: bytes, name: str) -> pd.DataFrame:
    suffix = PurePath(name).suffix.lower()
    try:
        if suffix == ".parquet":
            return pd.read_parquet(BytesIO(content)).fillna("").astype(str)
        # With the mark that spreadsheets put at the start, if there is one.
        text = content.decode("utf-8-sig")
        heading = text.partition("\n")[0]
        separator = "\t" if suffix == ".tsv" else ";" if heading.count(";") else ","
        return pd.read_csv(StringIO(text), sep=separator, dtype=str, keep_default_na=False)
    except (ValueError, OSError) as error:
        raise DatasetError(
            f"The table {name!r} cannot be read ({type(error).__name__}). Expected CSV in UTF-8, "
            "TSV or Parquet with the columns path and label."
        ) from None


def _column(names: dict[str, str], wanted: Sequence[str], table: str) -> str:
    for one in wanted:
        if one in names:
            return names[one]
    raise DatasetError(
        f"The table {table!r} has no column {wanted[0]}; it has {', '.join(names)}. Rename "
        f"the one that holds it to {wanted[0]}."
    )
