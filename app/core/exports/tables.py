"""Writes rows as CSV or Parquet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from csv import DictWriter
from io import BytesIO, StringIO

from app.core.exports.rows import NUMBER, WHOLE, Row
from app.core.spreadsheets import escape_formula

# By it, spreadsheets know that a CSV file is UTF-8.
_MARK = "\ufeff"


def csv(rows: Sequence[Row], columns: Mapping[str, str]) -> bytes:
    """CSV in UTF-8 with a byte-order mark, and no cell that a spreadsheet takes for a formula.

    Args:
        rows: By column.
        columns: Kind of each column, in order.
    """
    written = StringIO()
    writer = DictWriter(written, list(columns), lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: escape_formula(row[name]) for name in columns})
    return (_MARK + written.getvalue()).encode("utf-8")


def parquet(rows: Sequence[Row], columns: Mapping[str, str]) -> bytes:
    """Parquet, with numbers as numbers and text unchanged.

    Args:
        rows: By column.
        columns: Kind of each column, in order.
    """
    import pyarrow as pa
    from pyarrow import parquet as writer

    kinds = {WHOLE: pa.int64(), NUMBER: pa.float64()}
    schema = pa.schema([(name, kinds.get(kind, pa.string())) for name, kind in columns.items()])
    written = BytesIO()
    writer.write_table(pa.Table.from_pylist(list(rows), schema=schema), written)
    return written.getvalue()
