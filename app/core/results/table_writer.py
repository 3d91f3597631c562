"""Writes results one by one to a CSV or Parquet file, which is published when complete."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from app.core.bundles.bundle import Bundle
from app.core.results.rows import columns, number_columns, row
from app.core.scoring.result import Result
from app.core.spreadsheets import escape_formula

# Rows per Parquet row group; takes about a megabyte of memory.
_ROWS_A_GROUP = 4096


class Writer(Protocol):
    """Accepts one result after another."""

    def write(self, result: Result) -> None:
        """Adds a row."""
        ...


def partial_path(path: Path) -> Path:
    """Path of the table while it is incomplete."""
    return path.with_name(path.name + ".partial")


@contextmanager
def open_table(path: Path, bundle: Bundle) -> Iterator[Writer]:
    """A table that is renamed from `.partial` when complete, and removed if it is not completed.

    Args:
        path: The table; Parquet if it ends in `.parquet`, else CSV.
        bundle: The bundle that computes the results.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = partial_path(path)
    opened = _parquet if path.suffix.lower() == ".parquet" else _csv
    try:
        with opened(partial, bundle) as writer:
            yield writer
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


@contextmanager
def _csv(path: Path, bundle: Bundle) -> Iterator[Writer]:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns(bundle), lineterminator="\n")
        writer.writerow({name: escape_formula(name) for name in columns(bundle)})
        yield _CsvWriter(writer, bundle)


class _CsvWriter:
    def __init__(self, writer: csv.DictWriter[str], bundle: Bundle) -> None:
        self._writer = writer
        self._bundle = bundle

    def write(self, result: Result) -> None:
        values = row(result, self._bundle)
        self._writer.writerow({name: escape_formula(value) for name, value in values.items()})


@contextmanager
def _parquet(path: Path, bundle: Bundle) -> Iterator[Writer]:
    import pyarrow as pa
    from pyarrow import parquet

    text = {*columns(bundle)} - number_columns(bundle)
    schema = pa.schema(
        [(name, pa.string() if name in text else pa.float64()) for name in columns(bundle)]
    )
    with parquet.ParquetWriter(path, schema) as file:
        writer = _ParquetWriter(file, schema, bundle)
        yield writer
        writer.flush()


class _ParquetWriter:
    def __init__(self, file: Any, schema: Any, bundle: Bundle) -> None:
        self._file = file
        self._schema = schema
        self._bundle = bundle
        self._rows: list[dict[str, Any]] = []

    def write(self, result: Result) -> None:
        self._rows.append(row(result, self._bundle))
        if len(self._rows) == _ROWS_A_GROUP:
            self.flush()

    def flush(self) -> None:
        import pyarrow as pa

        if self._rows:
            self._file.write_table(pa.Table.from_pylist(self._rows, self._schema))
            self._rows = []
