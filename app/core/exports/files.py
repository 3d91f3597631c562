"""The files that a worklist is exported as: their names, and how each is made."""

from __future__ import annotations

from collections.abc import Callable

from app.core.exports import tables
from app.core.exports.contents import Contents
from app.core.exports.everything import everything
from app.core.exports.rows import READING_COLUMNS, film_columns, film_rows, reading_rows

PDF, OVERLAYS = "report.pdf", "overlays.zip"


def _films_csv(contents: Contents) -> bytes:
    return tables.csv(film_rows(contents), film_columns(contents))


def _films_parquet(contents: Contents) -> bytes:
    return tables.parquet(film_rows(contents), film_columns(contents))


def _readings_csv(contents: Contents) -> bytes:
    return tables.csv(reading_rows(contents), READING_COLUMNS)


def _readings_parquet(contents: Contents) -> bytes:
    return tables.parquet(reading_rows(contents), READING_COLUMNS)


TABLES: dict[str, Callable[[Contents], bytes]] = {
    "readings.csv": _readings_csv,
    "films.csv": _films_csv,
    "readings.parquet": _readings_parquet,
    "films.parquet": _films_parquet,
    "worklist.json": everything,
}
"""Each file that needs no film: a row for each film and reader, for each film, and everything."""
