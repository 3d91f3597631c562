"""The tables that somebody drops on Add results: of scores, and of the truth if it is apart."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import streamlit as st

from app.core.errors import OverreadError
from app.core.evidence.table_files import SUFFIXES, Table
from app.core.markdown import escape_sentence
from app.ui.cache import evidence as cached
from app.ui.state import widgets

_TYPES = [suffix.removeprefix(".") for suffix in SUFFIXES]


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """The tables that were dropped.

    Attributes:
        scores: The scores, and the truth if there is no table of it.
        truth: The truth by case; None if the scores have it.
    """

    scores: Table
    truth: Table | None

    @property
    def labelled(self) -> Table:
        """The table that has the truth."""
        return self.truth or self.scores

    @property
    def named(self) -> str:
        """Tells these tables from all others."""
        tables = [one for one in (self.scores, self.truth) if one is not None]
        # A sheet, or a row for each case, has other columns.
        columns = "\n".join(name for one in tables for name in one.columns)
        return "_".join([*(one.sha256 for one in tables), sha256(columns.encode()).hexdigest()[:8]])


def say_purpose() -> None:
    """What the page is for."""
    st.write(
        "A vendor's table of scores, a paper's supplement, another program's output: Performance "
        "shows what it is worth, without the model. It needs a row for each case with a score, and "
        "the truth in the same table or in another."
    )


def ask() -> Given | None:
    """Lets the user drop the tables; None until there is one that can be read."""
    st.markdown("##### 1. Tables")
    left, right = st.columns(2)
    # A new key each time empties the uploaders and releases their memory.
    number = widgets.upload_number()
    with left:
        scores = _table("Table of scores: CSV, TSV, Parquet or .xlsx", f"results_table_{number}")
    with right:
        truth = _table("Table of the truth, if it is another", f"results_truth_{number}")
    return None if scores is None else Given(scores, truth)


def _table(label: str, key: str) -> Table | None:
    upload: Any = st.file_uploader(label, type=_TYPES, key=key)
    if upload is None:
        return None
    content = upload.getvalue()
    try:
        sheet = _pick_sheet(upload, content)
        read = cached.table(upload.file_id, upload.name, content, sheet)
        return _with_rows_of_cases(read)
    except OverreadError as error:
        # Here, so that the rest of the page stays.
        st.error(escape_sentence(str(error)), icon=":material/error:")
        return None


def _pick_sheet(upload: Any, content: bytes) -> str | None:
    """The sheet of a workbook that has several with rows; None of anything else."""
    sheets = cached.sheets(upload.file_id, upload.name, content)
    if len(sheets) < 2:
        return None
    return st.selectbox("Sheet", sheets, key=f"results_sheet_{upload.file_id}")


def _with_rows_of_cases(table: Table) -> Table:
    """One row for each case; where a row may be about a part of one, the user says so."""
    named = f"{table.sha256} {table.notes}"
    layout = cached.layout(named, table)
    if layout is None:
        return table
    kind = st.selectbox(
        "A row is about",
        [layout.kind, ""],
        format_func=lambda one: f"a case and its {one}" if one else "a case",
        key=f"results_long_{table.sha256}",
    )
    return cached.wide(f"{named} {kind}", table, kind)
