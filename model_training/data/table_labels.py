"""What the label columns of a table say of each row: one class, or any of several findings."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

import pandas as pd

from app.core.errors import DatasetError
from model_training.data.cells import texts_of, whole_numbers
from model_training.data.class_column import labels_of_classes
from model_training.data.finding_columns import labels_of_columns
from model_training.data.finding_lists import labels_of_cells, separator_of
from model_training.data.row_labels import Labels
from model_training.data.rules import Rules

# As spreadsheets save `3-4` in a text table: `04. Mrz`, `4-Mar`, `Mar-04`.
_MONTH = "jan|feb|mar|mär|mrz|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez"
_DATE = re.compile(rf"\d{{1,2}}[. -]+({_MONTH})|({_MONTH})[. -]+\d{{2}}", re.IGNORECASE)


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
    for column in columns:
        _require_no_dates(table[column], column, file_name)
    if len(columns) > 1:
        return labels_of_columns(table, columns, rules, file_name)
    (column,) = columns
    texts = whole_numbers(texts_of(table[column]))
    separator = separator_of(texts, column, rules, file_name)
    if separator is not None:
        return labels_of_cells(texts, separator, column, rules, file_name)
    return labels_of_classes(texts, column, rules, file_name)


def _require_no_dates(cells: pd.Series[Any], column: str, file_name: str) -> None:
    """Checks that no label is a date, as which spreadsheets read `3-4` and `1/2`.

    Raises:
        DatasetError: If one is.
    """
    dates = [
        text
        for cell, text in zip(cells, texts_of(cells), strict=True)
        if isinstance(cell, date) or _DATE.fullmatch(text)
    ]
    if dates:
        raise DatasetError(
            f"{len(dates):,} labels in the column {column!r} of {file_name} are dates, such as "
            f"{dates[0]}: a spreadsheet may have made them of labels such as 3-4. Correct them, "
            "and save the column as text."
        )
