"""Cached results without a model, and their films."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from app.core.bundles.bundle_files import PREDICTIONS
from app.core.evidence.asked import Asked
from app.core.evidence.cases import Cases, collect
from app.core.evidence.columns import Columns
from app.core.evidence.evidence import Evidence, load_evidence
from app.core.evidence.long_layout import LongLayout, as_cases, recognised_layout
from app.core.evidence.manifest import EVIDENCE
from app.core.evidence.recognition import proposed
from app.core.evidence.table_files import Table, read_table, sheets_with_rows
from app.core.images import display, geometry
from app.core.images.preparation import read_film

# Longer side of a film on Performance, in pixels.
_SIDE = 1200


def evidence(path: Path) -> Evidence:
    """Verified results; read again if a file of them changes.

    Args:
        path: Their folder.

    Raises:
        BundleError: If they cannot be used.
    """
    stamps = []
    for name in (EVIDENCE, PREDICTIONS):
        try:
            status = (path / name).stat()
            stamps.append((status.st_size, status.st_mtime_ns))
        except OSError:
            stamps.append((0, 0))  # `load_evidence` says what is wrong
    return _evidence(path, tuple(stamps))


@st.cache_resource(max_entries=16, show_spinner="Checking the results")
def _evidence(path: Path, stamps: tuple[tuple[int, int], ...]) -> Evidence:
    return load_evidence(path)


@st.cache_resource(max_entries=4, show_spinner="Reading the table")
def table(file_id: str, name: str, _content: bytes, sheet: str | None) -> Table:
    """A table that was uploaded.

    Args:
        file_id: Identity of the upload.
        name: Its file name.
        _content: Its content.
        sheet: Which sheet of a workbook; None if only one has rows.

    Raises:
        DatasetError: If it is no table.
    """
    return read_table(_content, name, sheet=sheet)


@st.cache_resource(max_entries=4, show_spinner="Reading the workbook")
def sheets(file_id: str, name: str, _content: bytes) -> list[str]:
    """The sheets of an uploaded workbook that have rows; nothing of any other table.

    Args:
        file_id: Identity of the upload.
        name: Its file name.
        _content: Its content.

    Raises:
        DatasetError: If it cannot be read.
    """
    return sheets_with_rows(_content, name)


@st.cache_resource(max_entries=4, show_spinner=False)
def layout(named: str, _table: Table) -> LongLayout | None:
    """What a row of a table is about; None where it is a case.

    Args:
        named: Tells it from all others.
        _table: As it was read.
    """
    return recognised_layout(_table)


@st.cache_resource(max_entries=4, show_spinner="Recognising the columns")
def proposal(named: str, _table: Table, _truth: Table | None) -> Columns:
    """What each column may be, see `recognition.proposed`.

    Args:
        named: Tells the tables from all others.
        _table: The scores.
        _truth: The truth by case; None if the scores have it.
    """
    return proposed(_table, _truth)


@st.cache_resource(max_entries=4, show_spinner="Reading the rows")
def wide(named: str, _table: Table, kind: str) -> Table:
    """A table with one row for each case.

    Args:
        named: Tells it from all others.
        _table: As it was read.
        kind: The column that tells what a row is about; empty if that is a case.
    """
    return as_cases(_table, kind=kind)


@st.cache_resource(max_entries=4, show_spinner="Reading the cases")
def cases(
    named: str, _table: Table, _truth: Table | None, _columns: Columns, _asked: Asked
) -> Cases:
    """The cases of tables, as their columns were confirmed.

    Args:
        named: Tells them from all others: the digests of the tables, and what was said of them.
        _table: The scores.
        _truth: The truth by case; None if the scores have it.
        _columns: What the columns are.
        _asked: What the tables do not say.

    Raises:
        DatasetError: If nothing is left, or something has to be said.
    """
    return collect(_table, _truth, _columns, _asked)


@st.cache_resource(max_entries=32, show_spinner="Opening the film")
def film(image_id: str, path: Path) -> bytes:
    """A film as a JPEG file, in grey levels as its file says.

    Args:
        image_id: SHA-256 of the file.
        path: The file.

    Raises:
        ImageError: If it cannot be decoded.
        OSError: If it cannot be read.
    """
    decoded = read_film(path.read_bytes(), digest=image_id)
    return display.jpeg(geometry.shrunk(decoded, _SIDE), quality=90)
