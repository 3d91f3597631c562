"""Gives a table without a header one, where that leaves nothing open."""

from __future__ import annotations

import pandas as pd

from model_training.data.image_index import ImageIndex
from model_training.data.path_column import looks_like_a_file


def names_an_image(name: str, index: ImageIndex) -> bool:
    """Whether the name of a column is that of an image or of a folder of images.

    Args:
        name: Of the column.
        index: Finds the images.
    """
    return looks_like_a_file(name) and bool(index.find(name) or index.find_below(name))


def with_header(
    table: pd.DataFrame, index: ImageIndex, file_name: str
) -> tuple[pd.DataFrame, list[str]]:
    """The table, with its first line as a row if that names an image and one thing more.

    Args:
        table: As read, with the first line for a header.
        index: Finds the images.
        file_name: Name of the table, for the remark.
    """
    columns = [str(column) for column in table]
    images = [column for column in columns if names_an_image(column, index)]
    if len(columns) != 2 or len(images) != 1:
        return table, []
    names = ["path" if column in images else "label" for column in columns]
    cells = [["" if column.startswith("Unnamed: ") else column for column in columns]]
    cells += table.to_numpy(dtype=object).tolist()
    note = (
        f"{file_name} has no header: its first line names an image. Its columns are read as "
        f"{names[0]} and {names[1]}."
    )
    return pd.DataFrame(cells, columns=names, dtype=object), [note]
