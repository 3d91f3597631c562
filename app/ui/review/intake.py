"""Choosing a batch: upload, server folder or the model's sample films."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.core.bundles.bundle import Bundle
from app.core.errors import SourceError
from app.core.markdown import escape_markdown, escape_sentence
from app.core.review.batch import Batch
from app.core.settings import read_settings
from app.core.sources import folders, sources
from app.core.sources.left_out import LeftOut
from app.core.sources.source import Source
from app.core.sources.uploads import Spool, spool
from app.ui import decision_log, errors, state, widget_keys
from app.ui.cache import models

_FILES = "Files or ZIP"
_DIRECTORY = "Folder on this computer"
_SERVER = "Server folder"
_SAMPLES = "Sample films"
_MAX_LISTED = 60


def choose_batch(bundle: Bundle) -> None:
    """Lets the user choose images; starts scoring and reruns the page."""
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
    if st.button("Review the sample films", type="primary", key="review_samples"):
        found = [Source(path.name, path) for path in bundle.samples]
        _start(found, bundle)


def _upload(bundle: Bundle, *, directory: bool) -> None:
    # A new key each time empties the uploader and releases its memory.
    uploads = st.file_uploader(
        "Folder of films"
        if directory
        else "Films: JPEG, PNG, TIFF, DICOM, or ZIP archives of them",
        accept_multiple_files="directory" if directory else True,
        key=f"review_upload_{state.upload_number()}_{directory}",
    )
    if uploads and st.button(
        f"Review {len(uploads)} uploaded {'file' if len(uploads) == 1 else 'files'}",
        type="primary",
        key="review_uploaded",
    ):
        spooled = spool(uploads)
        state.next_upload()
        _start(spooled.sources, bundle, left_out=spooled.left_out, spooled=spooled)


def _server_folder(bundle: Bundle) -> None:
    root = read_settings().data_root
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
        folder = folders.inside_root(root, relative)
        inside = folders.subfolders(root, relative)
    except SourceError as error:
        st.error(escape_sentence(str(error)), icon=":material/error:")
        return
    if inside:
        st.pills(
            "Folders inside",
            inside[:_MAX_LISTED],
            key=widget_keys.SUBFOLDER,
            on_change=errors.callback(state.enter_subfolder),
        )
    if len(inside) > _MAX_LISTED:
        st.caption(
            f"The first {_MAX_LISTED} of {len(inside):,} folders are shown. Type the name of any "
            "other above."
        )
    # The label names the folder, because a click may come before the page shows a new choice.
    named = f"the folder {escape_markdown(relative)}" if relative else "everything in the data root"
    if st.button(f"Review {named}", type="primary", key="review_server"):
        with st.spinner("Listing the folder"):
            left_out = LeftOut()
            found = sources.below_root(root, folder, left_out)
        _start(found, bundle, left_out=left_out)


def _start(
    found: Sequence[Source],
    bundle: Bundle,
    *,
    left_out: LeftOut | None = None,
    spooled: Spool | None = None,
) -> None:
    if not found:
        st.warning(
            "The folder contains no images. Expected JPEG, PNG, TIFF or DICOM files; choose "
            f"another folder. {escape_markdown(str(left_out or ''))}"
        )
        return
    known = models.known_results(bundle)
    batch = Batch(
        found,
        bundle=bundle,
        spooled=spooled,
        known=known,
        left_out=left_out,
        second_look=decision_log.second_look(bundle),
    )
    batch.start(models.engine(bundle))
    state.set_batch(batch)
    st.rerun()
