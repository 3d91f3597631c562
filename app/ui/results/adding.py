"""Writes the results that were confirmed, with their films, and lists those that were added."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.core.errors import DatasetError
from app.core.evidence.evidence import find_evidence
from app.core.evidence.writing import folder_name, write_evidence
from app.core.markdown import escape_markdown
from app.core.performance.formatting import counted
from app.core.review.upload_space import require_space
from app.core.settings import read_settings
from app.core.sources.folders import inside_root
from app.ui import errors, widget_keys
from app.ui.results.columns import Confirmed
from app.ui.results.tables import Given
from app.ui.state import widgets

# Films that are read between two lines of progress.
_FILMS_A_STEP = 20


def offer(given: Given, confirmed: Confirmed) -> None:
    """Asks for the films and the name, and adds the results when told to.

    Args:
        given: The tables.
        confirmed: What was read of them.

    Raises:
        DatasetError: If they have no name or one that is taken, or cannot be written.
        SourceError: If the folder of films is outside the data root, or uploads do not fit.
    """
    settings = read_settings()
    left, right = st.columns(2)
    uploads = left.file_uploader(
        "Folder of films, if you have them",
        accept_multiple_files="directory",
        key=f"results_films_{widgets.upload_number()}",
        help="Films are found by the name of their case. They are kept with the results.",
    )
    folder = ""
    if settings.data_root is not None:
        folder = right.text_input(
            "Or a folder of films in the data root",
            key="results_folder",
            placeholder="e.g. 2026/ward",
            help="They stay where they are.",
        )
    name = right.text_input(
        "What the results are called",
        value=confirmed.name,
        max_chars=60,
        key=f"results_name_{given.named}",
    )
    adding, progress = st.columns([1, 3], vertical_alignment="center")
    if not adding.button("Add results", type="primary", icon=":material/add:", key="results_add"):
        return
    path = folder_name(name)
    if not path:
        raise DatasetError("The results have no name. Name them with letters or digits.")
    require_space(uploads or (), settings)
    films = None
    if folder and settings.data_root is not None and not uploads:
        films = inside_root(settings.data_root, folder)
    write_evidence(
        settings.evidence / path,
        confirmed.cases,
        name=name.strip(),
        tables=[given.scores] if given.truth is None else [given.scores, given.truth],
        films=films,
        uploads=uploads or (),
        watch=_shown_progress(progress),
    )
    widgets.next_upload()
    widgets.set_value(widget_keys.RESULTS, path)
    st.switch_page("views/performance.py")


def _shown_progress(place: DeltaGenerator) -> Callable[[int, int], None]:
    """A bar of the films that were read, with a button that ends the reading.

    Streamlit stops a run that somebody's click has overtaken at the next line of progress; nothing
    is left of the results then.
    """
    bar = place.progress(0.0, text="Adding the results")
    place.button("Cancel", shortcut="Esc", key="results_cancel")

    def show(done: int, total: int) -> None:
        if done % _FILMS_A_STEP == 0 or done == total:
            bar.progress(done / max(total, 1), text=f"Reading {done:,} of {counted(total, 'film')}")

    return show


def list_added() -> None:
    """The results that were added, each to be opened or removed."""
    found = find_evidence(read_settings().evidence)
    if not found:
        return
    st.markdown("##### Results that were added")
    for path in found:
        name, opened, removed = st.columns([4, 1, 1], vertical_alignment="center")
        name.write(escape_markdown(path.name))
        if opened.button("Open", key=f"results_open_{path.name}", width="stretch"):
            widgets.set_value(widget_keys.RESULTS, path.name)
            st.switch_page("views/performance.py")
        with removed.popover("Remove", width="stretch"):
            st.write(
                "Nobody who uses this server can look at these results any longer. Films that "
                "were uploaded with them are deleted; films on the server stay."
            )
            st.button(
                "Remove the results",
                key=f"results_remove_{path.name}",
                on_click=errors.callback(_remove),
                args=(path,),
            )


def _remove(path: Path) -> None:
    shutil.rmtree(path, ignore_errors=True)
