"""Reads a table of results as programs and spreadsheets write it: every cell is text."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from io import BytesIO, StringIO
from pathlib import Path, PurePath

import pandas as pd

from app.core.errors import DatasetError, system_reason

SUFFIXES = (".csv", ".tsv", ".txt", ".parquet", ".xlsx")
_SEPARATORS = (",", ";", "\t", "|")


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A table that somebody gave.

    Attributes:
        name: Its file name.
        sha256: Digest of the file.
        cells: All cells as text without blanks around it; empty where there is nothing.
    """

    name: str
    sha256: str
    cells: pd.DataFrame

    @property
    def columns(self) -> list[str]:
        """The names of its columns, in order."""
        return [str(column) for column in self.cells]


def read_table_file(path: Path) -> Table:
    """Reads the file of a table.

    Args:
        path: CSV, TSV, Parquet or a workbook of Excel.

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
    return read_table(content, path.name)


def read_table(content: bytes, name: str) -> Table:
    """Reads the content of a table.

    Args:
        content: Text with commas, semicolons, tabs or bars, in UTF-8 or Windows-1252; Parquet; or
            a workbook of Excel, of which the first sheet is read.
        name: Its file name, by whose ending the format is known.

    Raises:
        DatasetError: If it is no table, has no rows, or two columns have the same name.
    """
    suffix = PurePath(name).suffix.lower()
    if suffix not in SUFFIXES:
        raise DatasetError(
            f"{name!r} is not a table that can be read. Expected {', '.join(SUFFIXES)}; save it as "
            "CSV."
        )
    try:
        cells = _read(content, suffix)
    except MemoryError:
        raise
    except Exception as error:  # readers of damaged files raise what they like
        # Its message may quote a row.
        raise DatasetError(
            f"The table {name!r} cannot be read ({type(error).__name__}). Expected one line of "
            "column names and as many cells in every row; save it as CSV again."
        ) from None
    names = [str(column).strip().removeprefix("\ufeff") for column in cells]
    cells.columns = pd.Index(names)
    twice = sorted({column for column in names if names.count(column) > 1})
    if twice:
        raise DatasetError(
            f"The table {name!r} has two columns called {twice[0]!r}. Give each its own name."
        )
    if cells.empty:
        raise DatasetError(f"The table {name!r} has no rows. Expected one row for each case.")
    return Table(name, hashlib.sha256(content).hexdigest(), cells)


def _read(content: bytes, suffix: str) -> pd.DataFrame:
    if suffix == ".parquet":
        return _as_text(pd.read_parquet(BytesIO(content)))
    if suffix == ".xlsx":
        return _as_text(pd.read_excel(BytesIO(content), dtype=object))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252")
    heading = text.partition("\n")[0]
    separator = "\t" if suffix == ".tsv" else max(_SEPARATORS, key=heading.count)
    # With the names of columns as a row, which pandas would otherwise number where two are equal.
    table = pd.read_csv(
        StringIO(text), sep=separator, dtype=str, keep_default_na=False, header=None
    ).fillna("")
    return pd.DataFrame({place: table[place].iloc[1:].str.strip() for place in table}).set_axis(
        table.iloc[0].tolist(), axis="columns"
    )


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
