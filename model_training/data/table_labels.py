"""What the label columns of a table say of each row: one class, or any of several findings."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from model_training.data.cells import texts_of, whole_numbers
from model_training.data.class_column import labels_of_classes
from model_training.data.finding_columns import labels_of_columns
from model_training.data.finding_lists import labels_of_cells, separator_of
from model_training.data.row_labels import Labels
from model_training.data.rules import Rules


def read_labels(
    table: pd.DataFrame, columns: Sequence[str], rules: Rules, file_name: str
) -> Labels:
    """Reads one column of classes, one of lists of findings, or a column for each of them.

    Args:
        table: The table.
        columns: Its label columns.
        rules: What to do where there is a choice.
        file_name: Name of the table, for messages.

    Raises:
        DatasetError: If a cell is blank or uncertain and no rule says what that means, or
            cannot be a label.
    """
    if len(columns) > 1:
        return labels_of_columns(table, columns, rules, file_name)
    (column,) = columns
    texts = whole_numbers(texts_of(table[column]))
    separator = separator_of(texts, column, rules, file_name)
    if separator is not None:
        return labels_of_cells(texts, separator, column, rules, file_name)
    return labels_of_classes(texts, column, rules, file_name)
