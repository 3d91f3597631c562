"""Where the true classes of a worklist are from: the names of folders, or a table."""

from __future__ import annotations

import streamlit as st

from app.core.errors import OverreadError
from app.core.exports.contents import Contents
from app.core.markdown import escape_markdown, escape_sentence
from app.core.performance.formatting import counted
from app.core.record.worklist_truth import set_table_truth
from app.core.record.worklists import set_truth
from app.core.reliance.truth import FolderTruth, truth_of_folders, truth_of_table
from app.core.review.worklist_registry import open_worklists

_SOURCES = {"folders": "the names of folders", "table": "a table"}
_MAX_LISTED = 3


def show(contents: Contents, shown: Contents) -> None:
    """Says where the true classes are from, and lets them be given.

    Args:
        contents: The worklist.
        shown: The same as its readers see it.
    """
    if contents.bundle.manifest.task.any_of:
        st.caption("True classes are not asked for findings, which do not exclude each other.")
        return
    worklist, known = contents.worklist, len(contents.truth)
    if worklist.truth is not None:
        films = counted(known, "film")
        st.caption(f"True classes of {films}, from {_SOURCES[worklist.truth]}.")
    with st.expander("True classes", expanded=worklist.truth is None):
        _offer_folders(contents, shown)
        _offer_table(contents, shown)
        if worklist.truth is not None and st.button("Forget the true classes", key="truth_forget"):
            set_truth(open_worklists().record, worklist.id, None)
            st.rerun()


def _offer_folders(contents: Contents, shown: Contents) -> None:
    found = truth_of_folders(contents.names, contents.bundle.manifest.task)
    if not found.labels:
        classes = escape_markdown(", ".join(contents.bundle.manifest.task.classes))
        st.write(f"No folder is named after a class ({classes}).")
        return
    st.write(f"{_folders_in_words(found, shown)}.")
    if contents.worklist.truth != "folders" and st.button(
        "Take the names of folders as true classes", key="truth_folders", type="primary"
    ):
        set_truth(open_worklists().record, contents.worklist.id, "folders")
        st.rerun()


def _folders_in_words(found: FolderTruth, shown: Contents) -> str:
    text = f"{counted(len(found.labels), 'film')} lie in a folder named after a class"
    if found.ambiguous:
        name = escape_markdown(shown.names[found.ambiguous[0]])
        text += f"; {len(found.ambiguous):,} lie in folders of two classes, such as {name}"
    return text + (f"; {found.num_without:,} in none" if found.num_without else "")


def _offer_table(contents: Contents, shown: Contents) -> None:
    table = st.file_uploader(
        "Or a table with the columns path and label: CSV, TSV or Parquet",
        type=["csv", "tsv", "parquet"],
        key="truth_table",
    )
    if table is None:
        return
    task = contents.bundle.manifest.task
    try:
        found = truth_of_table(table.getvalue(), table.name, task, contents.results)
    except OverreadError as error:
        st.error(escape_sentence(str(error)), icon=":material/error:")
        return
    for names, what in (
        (found.unknown, "not in this worklist"),
        (found.ambiguous, "a name of several films; write the path or the digest"),
        (tuple(shown.names[item] for item in found.contradicting), "given two classes"),
    ):
        if names:
            listed = ", ".join(map(escape_markdown, names[:_MAX_LISTED]))
            st.warning(f"Left out: {counted(len(names), 'row')} {what} ({listed}).")
    st.write(f"The table names {counted(len(found.labels), 'film')} of this worklist.")
    if found.labels and st.button("Take this table", key="truth_take", type="primary"):
        labels = {item: task.classes[label] for item, label in found.labels.items()}
        set_table_truth(open_worklists().record, contents.worklist.id, labels)
        st.rerun()
