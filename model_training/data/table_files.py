"""Reads the file of a table: CSV as programs write it, JSON lines, Excel workbooks, Parquet.

Nothing is guessed from a part of the file: every row must have as many cells as the header, and an
encoding that could be another one is asked for.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
import re
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd

from app.core.errors import DatasetError
from model_training.data.spelling import composed, stripped

SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet", ".pq", ".xlsx", ".xlsm")

_SEPARATORS = ",;\t|"
_MAX_LISTED = 10
_MAX_CELL = 2**24

# In Western European text, accented letters stand between plain ones; a run of them is text in
# another alphabet, read in the wrong encoding.
_FOREIGN_RUN = re.compile(r"[\u0080-\u024f]{3}")


def tables_in(folder: Path) -> list[Path]:
    """The tables directly inside a folder, by name, without lock files of Excel."""
    return sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() in SUFFIXES
        and not path.name.startswith((".", "~$"))
        and path.is_file()
    )


def load_table(
    file: Path, *, encoding: str | None = None, sheet: str | None = None
) -> tuple[pd.DataFrame, list[str]]:
    """A table with named columns, and remarks on how it was read.

    Cells of CSV are text, with empty text where there is nothing; those of other files are as
    stored. A column without a name is called `Unnamed: 0`, by its place.

    Args:
        file: CSV (comma, semicolon, tab or bar; UTF-8, UTF-16 or Windows-1252), lines of JSON
            objects, a workbook of Excel, or Parquet.
        encoding: Of a CSV file; None recognises it.
        sheet: Name of the sheet of a workbook; not needed if only one has content.

    Raises:
        DatasetError: If it is not a table, has no rows, or the encoding or the sheet must be named.
    """
    suffix = file.suffix.lower()
    notes: list[str] = []
    try:
        if suffix in (".parquet", ".pq"):
            table = pd.read_parquet(file)
            if any(name is not None for name in table.index.names):
                table = table.reset_index()
        elif suffix in (".xlsx", ".xlsm"):
            table, notes = _workbook(file, sheet)
        elif suffix in (".jsonl", ".ndjson"):
            table, notes = _json_lines(file, encoding)
        else:
            table, notes = _text_table(file, encoding)
    except DatasetError:
        raise
    except MemoryError:
        raise
    except Exception as error:  # readers of damaged files raise what they like
        # Its message may quote a row.
        raise DatasetError(
            f"{file.name} cannot be read as a table ({type(error).__name__}). Expected CSV with a "
            "header line, JSON lines, a workbook of Excel (.xlsx), or Parquet; save it again."
        ) from None
    table.columns = pd.Index(_named([str(column) for column in table]))
    if table.empty:
        raise DatasetError(
            f"{file.name} has no rows. Expected one row per image, with file name and label."
        )
    return table, notes


def _text_table(file: Path, encoding: str | None) -> tuple[pd.DataFrame, list[str]]:
    text, notes = _decoded(file, encoding)
    text = text.lstrip("\ufeff")
    first, _, rest = text.partition("\n")
    stated = re.fullmatch(r'"?sep=(.)"?', first.rstrip("\r"), re.IGNORECASE)
    if stated:
        text = rest
    elif first.rstrip("\r").lower() == "sep=\t":
        text, stated = rest, None
    separator = stated.group(1) if stated else _separator(text)
    rows = _rows(text, separator)
    if not rows:
        raise ValueError("no header")
    (_, header), *body = rows
    return _framed(header, body, file.name), notes


def _json_lines(file: Path, encoding: str | None) -> tuple[pd.DataFrame, list[str]]:
    text, notes = _decoded(file, encoding)
    rows = [json.loads(line) for line in text.split("\n") if line.strip()]
    if not all(isinstance(row, dict) for row in rows):
        raise ValueError("not all lines are objects")
    return pd.DataFrame(rows, dtype=object), notes


def _decoded(file: Path, encoding: str | None) -> tuple[str, list[str]]:
    data = file.read_bytes()
    if encoding is not None:
        try:
            return data.decode(encoding), []
        except (LookupError, UnicodeDecodeError):
            raise DatasetError(
                f"{file.name} cannot be read with --encoding {encoding}. Name the encoding it was "
                "saved in, such as utf-8, cp1252, cp1251, gb18030 or shift_jis."
            ) from None
    if data.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return data.decode("utf-32"), []
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16"), []
    if guessed := _utf16_without_mark(data):
        return data.decode(guessed), []
    try:
        return data.decode("utf-8-sig"), []
    except UnicodeDecodeError:
        pass
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        text = ""
    if not text or _FOREIGN_RUN.search(text):
        raise DatasetError(
            f"{file.name} is not UTF-8, and its encoding cannot be told. Name it with --encoding, "
            "such as cp1252 (Western European), cp1251 (Cyrillic), gb18030 (Chinese) or shift_jis "
            "(Japanese), or save the table as UTF-8."
        )
    return text, [
        f"{file.name} is not UTF-8 and was read as Windows-1252; --encoding names another one."
    ]


def _utf16_without_mark(data: bytes) -> str:
    """The UTF-16 of a file without a byte order mark, or empty text."""
    head = data[:2000]
    if len(head) < 4 or head.count(0) * 4 < len(head):
        return ""
    return "utf-16-le" if head[1::2].count(0) > head[::2].count(0) else "utf-16-be"


def _separator(text: str) -> str:
    """The separator that is in the header, outside quotes."""
    lines = (line for line in text.splitlines() if line.strip())
    header = re.sub(r'"[^"]*"', "", next(lines, ""))
    return max(_SEPARATORS, key=header.count)


def _rows(text: str, separator: str) -> list[tuple[int, list[str]]]:
    """The rows with their line numbers, without empty lines."""
    # The limit is one for the whole process.
    before = csv.field_size_limit(_MAX_CELL)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
        return [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    finally:
        csv.field_size_limit(before)


def _framed(header: list[str], body: list[tuple[int, list[str]]], name: str) -> pd.DataFrame:
    """The rows under their header, once all have as many cells as it.

    Raises:
        DatasetError: If a row has more cells than the header.
    """
    width = len(header)
    longest = max((len(row) for _, row in body), default=0)
    if longest > width and all(not any(row[width:]) for _, row in body):
        body = [(line, row[:width]) for line, row in body]  # separators at the end of each line
    elif longest == width + 1 and all(len(row) == longest for _, row in body):
        header = ["", *header]  # R leaves out the name of the row names
    else:
        long = [line for line, row in body if len(row) > width]
        if long:
            shown = ", ".join(f"{line:,}" for line in long[:_MAX_LISTED])
            more = f" and {len(long) - _MAX_LISTED:,} more" if len(long) > _MAX_LISTED else ""
            raise DatasetError(
                f"{len(long):,} of {len(body):,} rows of {name} have more cells than the header "
                f"has names (line {shown}{more}). A cell with a separator in it must stand in "
                "quotes; correct them, or save the table again."
            )
    cells = [row + [""] * (len(header) - len(row)) for _, row in body]
    return pd.DataFrame(cells, columns=_named(header), dtype=object)


def _named(header: list[Any]) -> list[str]:
    """Names of the columns: none is empty, and none is there twice."""
    names: list[str] = []
    times: Counter[str] = Counter()
    for place, cell in enumerate(header):
        name = "" if cell is None else composed(stripped(str(cell)))
        name = name or f"Unnamed: {place}"
        numbered = name
        while numbered in names:
            times[name] += 1
            numbered = f"{name}.{times[name]}"
        names.append(numbered)
    return names


def _workbook(file: Path, sheet: str | None) -> tuple[pd.DataFrame, list[str]]:
    import openpyxl

    if not zipfile.is_zipfile(file):
        raise ValueError("no workbook")
    book = openpyxl.load_workbook(file, read_only=True, data_only=True)
    try:
        filled = {found.title: rows for found in book.worksheets if (rows := _filled_rows(found))}
    finally:
        book.close()
    if sheet is not None and sheet not in filled:
        raise DatasetError(
            f"{file.name} has no sheet {sheet!r} with content; found {list(filled)}. Name one of "
            "them with --sheet."
        )
    if sheet is None and len(filled) > 1:
        raise DatasetError(
            f"{file.name} has {len(filled)} sheets: {list(filled)}. Name the one to read with "
            "--sheet."
        )
    if not filled:
        raise ValueError("no rows")
    name, rows = next(iter(filled.items())) if sheet is None else (sheet, filled[sheet])
    width = max(len(row) for row in rows)
    header, *body = [row + [None] * (width - len(row)) for row in rows]
    notes = [f"Read from the sheet {name} of {file.name}."] if sheet is not None else []
    return pd.DataFrame(body, columns=_named(header), dtype=object), notes


def _filled_rows(sheet: Any) -> list[list[object]]:
    """The rows of a sheet with any content, without empty columns on the right."""
    rows = [list(row) for row in sheet.iter_rows(values_only=True)]
    rows = [row for row in rows if any(_is_filled(cell) for cell in row)]
    width = max(
        (place + 1 for row in rows for place, cell in enumerate(row) if _is_filled(cell)), default=0
    )
    return [row[:width] for row in rows]


def _is_filled(cell: object) -> bool:
    return cell is not None and str(cell).strip() != ""
