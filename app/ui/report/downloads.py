"""Files of a worklist: tables at once, the PDF and the overlays once they are made."""

from __future__ import annotations

from collections import Counter
from functools import partial
from pathlib import Path

import streamlit as st

from app.core.exports import files
from app.core.exports.contents import Contents
from app.core.exports.jobs import ExportJob, Watch
from app.core.exports.overlays import Drawn
from app.core.exports.snapshot import draw
from app.core.exports.worklist_pdf import PICTURE_SIDE, worklist_pdf
from app.core.exports.zipped import SIDE, write_overlays
from app.core.markdown import escape_sentence
from app.core.review.open_worklist import OpenWorklist
from app.reading.downloads import tickets
from app.ui import errors, reader
from app.ui.state import jobs

_LABELS = {
    "readings.csv": "By reader (CSV)",
    "films.csv": "By film (CSV)",
    "readings.parquet": "By reader (Parquet)",
    "films.parquet": "By film (Parquet)",
    "worklist.json": "Everything (JSON)",
}
_MADE = {files.PDF: "Report (PDF)", files.OVERLAYS: "Films with heatmaps (ZIP)"}


def show(contents: Contents, opened: OpenWorklist, version: tuple[object, ...]) -> None:
    """Offers every file.

    Args:
        contents: The worklist.
        opened: The same, for its films.
        version: Changes whenever a file would.
    """
    st.subheader("Downloads")
    st.caption(
        "A row for each film and reader, or for each film; everything with the hashes of the "
        "record; a report to print. Research use only."
    )
    with st.container(horizontal=True):
        for name, made in files.TABLES.items():
            st.download_button(
                _LABELS[name],
                partial(made, contents),
                name,
                icon=":material/download:",
                key=f"report_{name}",
                on_click="ignore",
            )
    _made_ones(contents, opened, version)


def _made_ones(contents: Contents, opened: OpenWorklist, version: tuple[object, ...]) -> None:
    """Those that take long: begun by a button, then their progress, then a link."""
    begun = [jobs.export_job(name, version) for name in _MADE]
    if any(job is not None and job.is_running for job in begun):
        _progress(version)
        return
    with st.container(horizontal=True):
        for (name, label), job in zip(_MADE.items(), begun, strict=True):
            if job is not None and job.is_done:
                address = tickets.address(job, reader.current())
                st.link_button(f"Save: {label}", address, icon=":material/download:")
            elif st.button(f"Make: {label}", icon=":material/draft:", key=f"report_make_{name}"):
                jobs.set_export_job(name, version, _begin(name, contents, opened))
                st.rerun()
    for job in begun:
        if job is not None and job.error:
            st.warning(escape_sentence(job.error), icon=":material/error:")


@errors.fragment(run_every=1.0)
def _progress(version: tuple[object, ...]) -> None:
    """Reruns itself until the files are made, then the page."""
    running = False
    for name, label in _MADE.items():
        job = jobs.export_job(name, version)
        if job is None or not job.is_running:
            continue
        running = True
        told, stop = st.columns([7.5, 1], vertical_alignment="bottom")
        part = job.done / job.total if job.total else 0.0
        told.progress(part, f"{label}: {job.done:,} of {job.total:,} films drawn.")
        stop.button(
            "Stop", on_click=errors.callback(job.cancel), key=f"report_stop_{name}", width="stretch"
        )
    if not running:
        st.rerun()


def _begin(name: str, contents: Contents, opened: OpenWorklist) -> ExportJob:
    def drawn(side: int, item: int) -> Drawn:
        return draw(opened, item, side=side)

    def write_pdf(path: Path, watch: Watch) -> None:
        path.write_bytes(worklist_pdf(contents, lambda item: drawn(PICTURE_SIDE, item), watch))

    def write_zip(path: Path, watch: Watch) -> None:
        with path.open("wb") as file:
            done = write_overlays(file, contents, lambda item: drawn(SIDE, item), missing=Counter())
            for number in done:
                watch(number, len(contents.names))

    return ExportJob(name, write_pdf if name == files.PDF else write_zip)
