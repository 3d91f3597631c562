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
from model_training.data.image_files import (
    LabelledImage,
    LabelledImages,
    Presence,
    name_below,
)
from model_training.data.image_index import ImageIndex
from model_training.data.row_labels import Labels, listed
from model_training.data.rules import Rules
from model_training.data.table_columns import (
    Chosen,
    Columns,
    choose_columns,
)
from model_training.data.table_labels import read_labels
from model_training.data.table_loading import load_tables
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
    table, name, notes = load_tables(files, index=index, columns=columns, rules=rules)
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
