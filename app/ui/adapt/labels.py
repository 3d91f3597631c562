"""Which films are labelled: a table of the films under review, or a folder on the server."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import streamlit as st

from app.core.adaptation.labels import (
    Labelled,
    labelled_as_two,
    parse_table,
    read_labels_below,
)
from app.core.adaptation.matching import Matched, match
from app.core.bundles.bundle import Bundle
from app.core.bundles.task import Task
from app.core.errors import OverreadError
from app.core.markdown import escape_markdown, escape_sentence
from app.core.performance.formatting import by_class, counted
from app.core.review.open_worklist import OpenWorklist
from app.core.settings import read_settings

_TABLE, _SERVER = "Table of the films under review", "Server folder or table"
_MAX_LISTED = 3


def choose(
    bundle: Bundle, opened: OpenWorklist | None, *, key: str = "adapt"
) -> Sequence[Labelled]:
    """Lets the user give the labels; returns the films that have one, or none.

    Args:
        bundle: The model.
        opened: The worklist that was opened last, judged by it; None without one.
        key: Begins the keys of the widgets; what is asked for twice has two.
    """
    origin = st.segmented_control(
        "Labels from",
        [_TABLE, _SERVER],
        default=_TABLE if opened is not None else _SERVER,
        required=True,
        key=f"{key}_origin",
        persist_state="session",
    )
    task = bundle.manifest.task
    try:
        return _uploaded(task, opened, key) if origin == _TABLE else _on_server(task, key)
    except OverreadError as error:
        # Here, so that the rest of the page, and what was typed there, stays.
        st.error(escape_sentence(str(error)), icon=":material/error:")
        return ()


def _uploaded(task: Task, opened: OpenWorklist | None, key: str) -> Sequence[Labelled]:
    table = st.file_uploader(
        "Table with the columns path, label and, if known, patient_id: CSV, TSV or Parquet",
        type=["csv", "tsv", "parquet"],
        key=f"{key}_upload",
    )
    if opened is None:
        st.info(
            "A table is about the films under review. Review them first, or name a folder on the "
            "server."
        )
        return ()
    if opened.progress.running:
        st.info("The films under review are still being scored. Come back when they are done.")
        return ()
    if table is None:
        return ()
    matched = match(parse_table(table.getvalue(), table.name, task), opened.scored)
    if not (matched.labelled or matched.unknown or matched.ambiguous):
        st.warning(f"No row of {escape_markdown(table.name)} has a label yet.")
        return ()
    _say_missing(matched)
    _say_found(matched.labelled, task)
    return matched.labelled


def _on_server(task: Task, key: str) -> Sequence[Labelled]:
    root = read_settings().data_root
    if root is None:
        st.info(
            "No server folder is configured. Set OVERREAD_DATA_ROOT to a folder with labelled "
            "films and start Overread again, or upload a table of the films under review."
        )
        return ()
    relative = st.text_input(
        "Folder with a folder for each class, or table, in the data root",
        key=f"{key}_folder",
        placeholder="e.g. 2026/labelled, or 2026/to_label.csv",
        help="Names of the folders, or labels in the table: "
        f"{escape_markdown(', '.join(task.classes))}.",
        persist_state="session",
    )
    if not relative:
        return ()
    with st.spinner("Reading the labels"):
        found = read_labels_below(root, relative, task)
    _say_found(found, task)
    return found


def _say_found(labelled: Sequence[Labelled], task: Task) -> None:
    counts = Counter(one.label for one in labelled)
    classes = escape_markdown(by_class((counts[label] for label in range(len(task.classes))), task))
    patients = {one.patient_id for one in labelled if one.patient_id}
    of_patients = f" of {counted(len(patients), 'patient')}" if patients else ", patients not known"
    st.caption(f"{counted(len(labelled), 'labelled film')} ({classes}){of_patients}.")
    if names := labelled_as_two(labelled):
        films = f"{counted(len(names), 'film')} ({_listed(names)})"
        st.warning(f"Labelled as two classes: {films}. Such films are left out.")


def _say_missing(matched: Matched) -> None:
    for names, what in (
        (matched.unknown, "not among the films under review"),
        (matched.ambiguous, "a name of several films under review; write the path or the digest"),
    ):
        if names:
            st.warning(f"Left out: {counted(len(names), 'row')} {what} ({_listed(names)}).")


def _listed(names: Sequence[str]) -> str:
    more = ", …" if len(names) > _MAX_LISTED else ""
    return ", ".join(escape_markdown(one) for one in names[:_MAX_LISTED]) + more
