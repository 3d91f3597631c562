"""Loads a table, or several as one: those of the splits, or joined by a key."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from app.core.bundles.predictions_table import SplitName
from app.core.errors import DatasetError
from model_training.data.cells import texts_of
from model_training.data.headers import with_header
from model_training.data.image_files import name_below
from model_training.data.image_index import ImageIndex
from model_training.data.path_column import has_suffix
from model_training.data.rules import Rules
from model_training.data.split_names import splits_of_folders
from model_training.data.table_columns import Columns
from model_training.data.table_files import load_table
from model_training.data.table_join import join_tables


def load_tables(
    files: Sequence[Path], *, index: ImageIndex, columns: Columns, rules: Rules
) -> tuple[pd.DataFrame, str, list[str]]:
    """The table, joined if there are several, its name for messages, and remarks.

    Args:
        files: The tables.
        index: Finds the images.
        columns: Those that somebody named; then there is a header.
        rules: What to do where there is a choice.

    Raises:
        DatasetError: If a table cannot be read, or several do not belong together.
    """
    times = Counter(file.name for file in files)
    loaded, notes = [], []
    for file in files:
        table, remarks = load_table(file, encoding=rules.encoding, sheet=rules.sheet)
        notes += remarks
        name = file.name if times[file.name] == 1 else f"{file.parent.name}/{file.name}"
        if columns == Columns():
            table, remarks = with_header(table, index, name)
            notes += remarks
        loaded.append((name, _placed(table, file, index)))
    if len(loaded) == 1:
        ((name, table),) = loaded
        return table, name, notes
    if rules.join is None and are_splits(files):
        return (*_stacked(loaded, files), notes)
    if rules.join is None:
        raise DatasetError(
            f"There are {len(loaded)} tables, {[name for name, _ in loaded]}. Choose one with "
            "--table, or name the column by which they belong together with --join."
        )
    table, note = join_tables(loaded, rules.join)
    return table, " and ".join(name for name, _ in loaded), [*notes, note]


def are_splits(files: Sequence[Path]) -> bool:
    """Whether tables are those of different splits: `train.csv`, or `train/labels.csv`."""
    return bool(_splits_of(files))


def _splits_of(files: Sequence[Path]) -> list[SplitName]:
    """The split of each table by its name, else by that of its folder; empty if these are none."""
    for names in ([file.stem for file in files], [file.parent.name for file in files]):
        splits = splits_of_folders(names)
        if len(splits) == len(files) and len(set(splits.values())) == len(files):
            return [splits[name] for name in names]
    return []


def _stacked(
    loaded: Sequence[tuple[str, pd.DataFrame]], files: Sequence[Path]
) -> tuple[pd.DataFrame, str]:
    """The tables of the splits as one, and its name for messages.

    Args:
        loaded: Names and contents of the tables.
        files: The tables.

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
    parts = [
        table if "split" in table else table.assign(split=split)
        for (_, table), split in zip(loaded, _splits_of(files), strict=True)
    ]
    return pd.concat(parts, ignore_index=True), " and ".join(name for name, _ in loaded)


def _placed(table: pd.DataFrame, file: Path, index: ImageIndex) -> pd.DataFrame:
    """The table with the names of files below its own folder as paths from the data folder."""
    folder = file.resolve().parent
    data = index.folder.resolve()
    if folder == data or not folder.is_relative_to(data):
        return table
    around = name_below(folder, data)
    placed = table.copy()
    for column in table:
        texts = texts_of(table[column])
        if all(map(has_suffix, filter(None, texts))):
            placed[column] = [
                f"{around}/{text}" if text and index.find(f"{around}/{text}") else text
                for text in texts
            ]
    return placed
