"""Finds the column of a table that names folders of images: of patients, studies or series."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from app.core.errors import DatasetError
from model_training.data.cells import texts_of
from model_training.data.image_index import ImageIndex
from model_training.data.path_column import counts_rows, has_suffix, is_known


def find_folder_column(table: pd.DataFrame, index: ImageIndex, file_name: str) -> str | None:
    """The column that names folders, or None.

    None is looked for in a table that names files, or has a column called like that of their names.
    Of several that name folders inside each other, it is the one of the innermost.

    Args:
        table: The columns that say nothing else.
        index: Finds the folders.
        file_name: Name of the table, for messages.

    Raises:
        DatasetError: If several columns name folders that are not inside each other.
    """
    cells = {str(column): texts_of(table[column]) for column in table}
    if any(_name_files(texts) for texts in cells.values()):
        return None
    found = {
        column: folders
        for column, texts in cells.items()
        if not counts_rows(column, texts) and (folders := _folders(texts, index))
    }
    if any(is_known(column) and column not in found for column in cells):
        return None
    for column, folders in found.items():
        if all(_are_inside(folders, others) for others in found.values()):
            return column
    if found:
        raise DatasetError(
            f"The columns {list(found)} of {file_name} could each name the folders of the images. "
            "Name the right one with --path-column."
        )
    return None


def names_folders(texts: Sequence[str], index: ImageIndex) -> bool:
    """Whether cells are names of folders of images, and none is that of a file.

    Args:
        texts: The cells.
        index: Finds the files and folders.
    """
    return not any(index.find(text) for text in texts) and any(map(index.find_below, texts))


def _name_files(texts: Sequence[str]) -> bool:
    filled = [text for text in texts if text]
    return 2 * sum(map(has_suffix, filled)) > len(filled)


def _folders(texts: Sequence[str], index: ImageIndex) -> list[frozenset[Path]]:
    """The images of each cell; empty unless most name one folder each, and not all the same."""
    if set(texts) <= {"0", "1", ""}:
        return []
    by_text = {text: index.find_below(text) for text in set(texts)}
    found = [
        frozenset(by_text[text][0]) if len(by_text[text]) == 1 else frozenset() for text in texts
    ]
    is_most = 2 * sum(map(bool, found)) > len(texts)
    return found if is_most and len(set(found) - {frozenset()}) > 1 else []


def _are_inside(folders: Sequence[frozenset[Path]], others: Sequence[frozenset[Path]]) -> bool:
    pairs = zip(folders, others, strict=True)
    return all(folder <= other for folder, other in pairs if folder and other)
