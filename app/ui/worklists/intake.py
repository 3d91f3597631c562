"""Choosing the films of a new worklist: upload, server folder or the model's sample films."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from app.core.bundles.bundle import Bundle
from app.core.errors import SourceError
from app.core.markdown import escape_markdown, escape_sentence
from app.core.performance.formatting import counted
from app.core.review import making
from app.core.review.open_worklist import OpenWorklist
from app.core.review.worklist_registry import open_worklists
from app.core.settings import read_settings
from app.core.sources import folders
from app.ui import errors, widget_keys
from app.ui.state import address, widgets
from app.ui.worklists import plans

_FILES = "Files or ZIP"
_DIRECTORY = "Folder on this computer"
_SERVER = "Server folder"
_SAMPLES = "Sample films"
_MAX_LISTED = 60


def choose_films(bundle: Bundle) -> None:
    """Lets the user choose films and make a worklist of them, which is opened."""
    origin = st.segmented_control(
        "Images from",
        [_FILES, _DIRECTORY, _SERVER, _SAMPLES],
        default=_SAMPLES if bundle.samples else _FILES,
        required=True,
        key="review_origin",
        persist_state="session",
    )
    if origin == _SAMPLES:
        _samples(bundle)
    elif origin == _SERVER:
        _server_folder(bundle)
    else:
        _upload(bundle, directory=origin == _DIRECTORY)


def _samples(bundle: Bundle) -> None:
    if not bundle.samples:
        st.info(
            f"The model {escape_markdown(bundle.name)} has no sample films. Upload your own "
            "films, or choose a model that has some."
        )
        return
    st.write(f"{len(bundle.samples)} sample films of the model {escape_markdown(bundle.name)}.")
    plan = plans.ask(bundle, f"Samples of {bundle.name}")
    if st.button("Review the sample films", type="primary", key="review_samples"):
        _open(lambda: making.of_samples(open_worklists(), plan))


def _upload(bundle: Bundle, *, directory: bool) -> None:
    settings = read_settings()
    # A new key each time empties the uploader and releases its memory.
    uploads = st.file_uploader(
        "Folder of films"
        if directory
        else "Films: JPEG, PNG, TIFF, DICOM, or ZIP archives of them",
        accept_multiple_files="directory" if directory else True,
        key=f"review_upload_{widgets.upload_number()}_{directory}",
    )
    st.caption(
        f"Uploads are kept on the server for {counted(settings.uploads_days, 'day')}, up to "
        f"{settings.uploads_mb:,} MB in all; what is decided about them is kept for ever."
    )
    if not uploads:
        return
    plan = plans.ask(bundle, counted(len(uploads), "uploaded file"))
    if st.button(
        f"Review {counted(len(uploads), 'uploaded file')}", type="primary", key="review_uploaded"
    ):
        _open(lambda: making.of_uploads(open_worklists(), plan, uploads, settings=settings))


def _server_folder(bundle: Bundle) -> None:
    settings = read_settings()
    root = settings.data_root
    if root is None:
        st.info(
            "No server folder is configured. Set OVERREAD_DATA_ROOT to a folder with films to "
            "review and start Overread again."
        )
        return
    relative = st.text_input(
        "Folder in the data root",
        key=widget_keys.FOLDER,
        placeholder="e.g. 2026/week-12; empty for the root itself",
        persist_state="session",
    )
    try:
        folders.inside_root(root, relative)
        inside = folders.subfolders(root, relative)
    except SourceError as error:
        st.error(escape_sentence(str(error)), icon=":material/error:")
        return
    if inside:
        st.pills(
            "Folders inside",
            inside[:_MAX_LISTED],
            key=widget_keys.SUBFOLDER,
            on_change=errors.callback(widgets.enter_subfolder),
        )
    if len(inside) > _MAX_LISTED:
        st.caption(
            f"The first {_MAX_LISTED} of {len(inside):,} folders are shown. Type the name of any "
            "other above."
        )
    plan = plans.ask(bundle, relative.strip("/") or "Everything in the data root")
    # The label names the folder, because a click may come before the page shows a new choice.
    named = f"the folder {escape_markdown(relative)}" if relative else "everything in the data root"
    if st.button(f"Review {named}", type="primary", key="review_server"):
        _open(lambda: making.of_folder(open_worklists(), plan, relative, settings=settings))


def _open(make: Callable[[], OpenWorklist]) -> None:
    """Makes a worklist and goes to its page."""
    try:
        with st.spinner("Listing the films"):
            made = make()
    except SourceError as error:
        st.warning(escape_sentence(str(error)))
        return
    widgets.next_upload()
    address.open_worklist(made.worklist.id)
    st.switch_page("views/worklist.py", query_params={"id": made.worklist.id})
