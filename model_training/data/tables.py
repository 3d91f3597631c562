"""Labelled tables: finds the image, the label and the patient of each row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from app.core.errors import DatasetError
from app.core.performance.formatting import counted
from model_training.data.cells import Mark, texts_of, whole_numbers
from model_training.data.finding_lists import labels_of_lists
from model_training.data.headers import with_header
from model_training.data.image_files import (
    LabelledImage,
    LabelledImages,
    Presence,
    name_below,
)
from model_training.data.image_index import ImageIndex
from model_training.data.row_labels import Labels, listed
from model_training.data.rules import Rules
from model_training.data.split_names import splits_of_folders
from model_training.data.table_columns import (
    Chosen,
    Columns,
    choose_columns,
)
from model_training.data.table_files import load_table
from model_training.data.table_join import join_tables
from model_training.data.table_labels import read_labels
from model_training.data.table_rows import Row, has_boxes, resolve, rows_by_image, union


def read_tables(
    files: Sequence[Path], *, index: ImageIndex, columns: Columns, rules: Rules
) -> LabelledImages:
    """The images labelled by a table, or by several that are joined, in its order.

    Args:
        files: Tables; several need the key of `rules.join`.
        index: Finds the images that the table names.
        columns: Columns that are not given are recognised by name and content.
        rules: What to do where there is a choice.

    Raises:
        DatasetError: If a table cannot be read, a column is missing or ambiguous, a row has no
            label or an unknown split, its image does not exist or is ambiguous, or rows
            contradict each other.
    """
    table, name, notes = _one_table(files, rules, index if columns == Columns() else None)
    chosen = choose_columns(table, columns, index, name)
    notes += [f"Read from {name}: {chosen}.", *chosen.notes]
    labels = read_labels(table, chosen.labels, rules, name)
    notes += labels.notes
    written = texts_of(table[chosen.path])
    _require_filled(written, chosen.path, name)
    paths, about_missing = resolve(written, index, rules, name, by_folder=chosen.by_folder)
    notes += about_missing
    if chosen.by_folder:
        notes.append(_about_folders(chosen.path, paths))
    rows = _rows(table, chosen, labels, written, paths)
    groups, about_rows = rows_by_image(
        rows, rules, name, boxes=has_boxes([str(column) for column in table])
    )
    notes += about_rows
    findings, rows, more = _one_row_each(groups, labels, rules, name)
    others = len(index.images) - len({path for found in paths for path in found})
    if others > 0:
        are = "image below the folder is" if others == 1 else "images below the folder are"
        notes.append(f"{others:,} {are} not in {name} and not read.")
    images = [
        LabelledImage(
            row.path,
            name_below(row.path, index.folder),
            row.label,
            row.patient,
            row.split,
            row.subgroup,
            tuple(_presence(mark) for mark in row.marks),
        )
        for row in rows
    ]
    column = "" if findings or len(chosen.labels) > 1 else chosen.labels[0]
    return LabelledImages(images, [*notes, *more], findings, column)


def _about_folders(column: str, paths: Sequence[Sequence[Path]]) -> str:
    rows = sum(bool(found) for found in paths)
    images = len({path for found in paths for path in found})
    return (
        f"The cells of {column} are folders: what a row says holds for every image below its "
        f"folder ({rows:,} rows, {counted(images, 'image')})."
    )


def _one_table(
    files: Sequence[Path], rules: Rules, index: ImageIndex | None
) -> tuple[pd.DataFrame, str, list[str]]:
    """The table, joined if there are several, its name for messages, and remarks.

    Args:
        files: The tables.
        rules: What to do where there is a choice.
        index: Finds the images that the first line of a table without a header may name; None if
            somebody named its columns.
    """
    loaded, notes = [], []
    for file in files:
        table, remarks = load_table(file, encoding=rules.encoding, sheet=rules.sheet)
        notes += remarks
        if index is not None:
            table, remarks = with_header(table, index, file.name)
            notes += remarks
        loaded.append((file.name, table))
    if len(loaded) == 1:
        ((name, table),) = loaded
        return table, name, notes
    if rules.join is None and are_splits(files):
        return (*_stacked(loaded), notes)
    if rules.join is None:
        raise DatasetError(
            f"There are {len(loaded)} tables, {[name for name, _ in loaded]}. Choose one with "
            "--table, or name the column by which they belong together with --join."
        )
    table, note = join_tables(loaded, rules.join)
    return table, " and ".join(name for name, _ in loaded), [*notes, note]


def are_splits(files: Sequence[Path]) -> bool:
    """Whether tables are those of different splits by their names: `train.csv`, `valid.csv`."""
    splits = splits_of_folders([file.stem for file in files])
    return len(splits) == len(files) and len(set(splits.values())) == len(files)


def _stacked(loaded: Sequence[tuple[str, pd.DataFrame]]) -> tuple[pd.DataFrame, str]:
    """The tables of the splits as one, and its name for messages.

    Raises:
        DatasetError: If they do not have the same columns.
    """
    (first_name, first), *others = loaded
    for name, table in others:
        if set(table) != set(first):
            only = sorted(set(map(str, first)) ^ set(map(str, table)))
            raise DatasetError(
                f"{first_name} and {name} are tables of splits, but only one of them has the "
                f"columns {only}. Choose one with --table, or add the columns to both."
            )
    splits = splits_of_folders([Path(name).stem for name, _ in loaded])
    parts = [
        table if "split" in table else table.assign(split=splits[Path(name).stem])
        for name, table in loaded
    ]
    return pd.concat(parts, ignore_index=True), " and ".join(name for name, _ in loaded)


def _rows(
    table: pd.DataFrame,
    chosen: Chosen,
    labels: Labels,
    written: Sequence[str],
    paths: Sequence[Sequence[Path]],
) -> list[Row]:
    """The rows that have an image and a label."""

    def texts(column: str | None) -> list[str]:
        return texts_of(table[column]) if column else [""] * len(table)

    splits = chosen.splits.values
    # 12 and 12.0 are one patient.
    patients, subgroups = whole_numbers(texts(chosen.patient)), texts(chosen.subgroup)
    left_out = labels.left_out
    found = []
    for place, path in ((place, path) for place, below in enumerate(paths) for path in below):
        if not left_out[place]:
            found.append(
                Row(
                    written[place],
                    path,
                    labels.labels[place] if labels.task == "one-of" else "",
                    labels.marks[place] if labels.task == "any-of" else (),
                    patients[place],
                    splits[place],
                    subgroups[place],
                )
            )
    return found


def _one_row_each(
    groups: list[list[Row]], labels: Labels, rules: Rules, file_name: str
) -> tuple[tuple[str, ...], list[Row], list[str]]:
    """Names of the findings, if there are any, one row for each image, and remarks."""
    if labels.task == "any-of":
        rows = [replace(same[0], marks=union([row.marks for row in same])) for same in groups]
        return labels.classes, rows, []
    if rules.task != "any-of" and all(len(same) == 1 for same in groups):
        return (), [same[0] for same in groups], []
    lists = [[row.label for row in same] for same in groups]
    joined = labels_of_lists(lists, [True] * len(lists), (), rules, file_name)
    rows = [
        replace(same[0], label="", marks=marks)
        for same, marks in zip(groups, joined.marks, strict=True)
        if marks
    ]
    return joined.classes, rows, list(joined.notes)


def _presence(mark: Mark) -> Presence:
    if mark is Mark.PRESENT:
        return 1
    return 0 if mark is Mark.ABSENT else None


def _require_filled(texts: Sequence[str], column: str, file_name: str) -> None:
    empty = [number for number, text in enumerate(texts, start=1) if not text]
    if empty:
        have = "has" if len(empty) == 1 else "have"
        raise DatasetError(
            f"{len(empty)} of {len(texts)} rows of {file_name} {have} no image in the column "
            f"{column!r} (row {listed(empty)} below the header). Fill them in, or remove them."
        )
