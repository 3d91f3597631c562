"""Reads a table of results as programs and spreadsheets write it: every cell is text."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from math import isfinite
from pathlib import Path, PurePath
from zipfile import BadZipFile

import pandas as pd

from app.core.errors import DatasetError, system_reason
from app.core.evidence.column_words import KNOWN, normal
from app.core.evidence.numbers import numbers_of
from app.core.evidence.table_text import rows_of_text
from app.core.evidence.workbooks import read_sheet, sheets_of

# How pandas says that a line has more cells than those above it.
_UNEVEN = re.compile(r"Expected (\d+) fields in line (\d+), saw (\d+)")
SUFFIXES = (".csv", ".tsv", ".txt", ".parquet", ".xlsx")


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A table that somebody gave.

    Attributes:
        name: Its file name.
        sha256: Digest of the file.
        cells: All cells as text without blanks around it; empty where there is nothing.
        notes: What was decided in reading it, in sentences.
    """

    name: str
    sha256: str
    cells: pd.DataFrame
    notes: tuple[str, ...] = ()

    @property
    def columns(self) -> list[str]:
        """The names of its columns, in order."""
        return [str(column) for column in self.cells]


def read_table_file(path: Path, *, sheet: str | None = None) -> Table:
    """Reads the file of a table.

    Args:
        path: CSV, TSV, Parquet or a workbook of Excel.
        sheet: Which sheet of a workbook; may be None if only one has rows.

    Raises:
        DatasetError: If it cannot be read, or is no table.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DatasetError(
            f"The table {path.name!r} cannot be read ({system_reason(error)}). Check the path and "
            "its permissions."
        ) from None
    return read_table(content, path.name, sheet=sheet)


def read_table(content: bytes, name: str, *, sheet: str | None = None) -> Table:
    """Reads the content of a table.

    Args:
        content: Text with commas, semicolons, tabs or bars, in UTF-8, UTF-16 or Windows-1252;
            Parquet; or a workbook of Excel.
        name: Its file name, by whose ending the format is known.
        sheet: Which sheet of a workbook; may be None if only one has rows.

    Raises:
        DatasetError: If it is no table, has no rows, or two columns have the same name, or several
            sheets have rows and none is named.
    """
    suffix = PurePath(name).suffix.lower()
    if suffix not in SUFFIXES:
        raise DatasetError(
            f"{name!r} is not a table that can be read. Expected {', '.join(SUFFIXES)}; save it as "
            "CSV."
        )
    notes = [] if sheet is None else [f"Read from the sheet {sheet!r}."]
    with _reading(name):
        if suffix == ".parquet":
            cells = _as_text(pd.read_parquet(BytesIO(content)))
            cells.columns = pd.Index([str(column).strip() for column in cells])
        else:
            rows = (
                _as_text(read_sheet(content, name, sheet))
                if suffix == ".xlsx"
                else rows_of_text(content, separator="\t" if suffix == ".tsv" else None)
            )
            cells, more = _with_names(rows, name)
            notes += more
    names = [str(column) for column in cells]
    twice = sorted({column for column in names if names.count(column) > 1})
    if twice:
        raise DatasetError(
            f"The table {name!r} has two columns called {twice[0]!r}. Give each its own name."
        )
    if cells.empty:
        raise DatasetError(f"The table {name!r} has no rows. Expected one row for each case.")
    return Table(name, hashlib.sha256(content).hexdigest(), cells, tuple(notes))


def sheets_with_rows(content: bytes, name: str) -> list[str]:
    """The sheets of a workbook that have rows; nothing of any other table.

    Args:
        content: The file.
        name: Its name, by whose ending the format is known.

    Raises:
        DatasetError: If it cannot be read.
    """
    if PurePath(name).suffix.lower() != ".xlsx":
        return []
    with _reading(name):
        return sheets_of(content)


@contextmanager
def _reading(name: str) -> Iterator[None]:
    """Says of a damaged file that it cannot be read."""
    try:
        yield
    except (MemoryError, DatasetError):
        raise
    except Exception as error:  # readers of damaged files raise what they like
        raise DatasetError(f"The table {name!r} {_what_is_wrong(error)}") from None


def _what_is_wrong(error: Exception) -> str:
    """What a reader found and what to do; never its own message, which may quote a row."""
    if isinstance(error, pd.errors.EmptyDataError):
        return "is empty. Expected a line of column names and one row for each case."
    if isinstance(error, BadZipFile):
        return (
            "is no workbook of Excel, or is cut off. Open it in Excel, and save it again as .xlsx "
            "or CSV."
        )
    if type(error).__name__ == "ArrowInvalid":  # pyarrow is loaded where it is needed
        return "is no Parquet file, or is cut off. Copy it again, or save it as CSV."
    if uneven := _UNEVEN.search(str(error)):
        cells, line, found = uneven.groups()
        return (
            f"has {found} cells in line {line}, and {cells} in the lines above. Expected one line "
            "of column names, the first one, and as many cells in every row: delete what stands "
            "above the line of names, and put cells that hold the separator into quotes."
        )
    return (
        f"cannot be read ({type(error).__name__}). Expected one line of column names and as many "
        "cells in every row; save it as CSV again."
    )


def _with_names(rows: pd.DataFrame, name: str) -> tuple[pd.DataFrame, list[str]]:
    """The rows below the line of names, called so, and what was decided about that line."""
    filled = rows != ""
    rows = rows.loc[filled.any(axis="columns"), filled.any(axis="index")].reset_index(drop=True)
    names = rows.iloc[0].tolist() if len(rows) else []
    numbered = [f"column {place}" for place in range(1, len(names) + 1)]
    if holds_values(names):
        return rows.set_axis(numbered, axis="columns"), [
            f"The first line of {name!r} holds values, not names: columns are called column 1 to "
            f"column {len(names)}."
        ]
    named = [own or number for own, number in zip(names, numbered, strict=True)]
    return rows.iloc[1:].reset_index(drop=True).set_axis(named, axis="columns"), []


def holds_values(names: Sequence[str]) -> bool:
    """Whether the first line of a table holds no names of columns: a number, and no known name.

    Args:
        names: Its cells. Classes may be called 0, 1 and 2 beside a column that is known.
    """
    is_number = [isfinite(number) for number in numbers_of(pd.Series(names, dtype=str)).tolist()]
    return any(is_number) and not any(normal(one) in KNOWN for one in names)


def _as_text(table: pd.DataFrame) -> pd.DataFrame:
    """Numbers as Python writes them, whole ones without a fraction."""
    return table.map(
        lambda cell: (
            ""
            if pd.isna(cell)
            else str(int(cell))
            if isinstance(cell, float) and cell.is_integer()
            else str(cell).strip()
        )
    )
