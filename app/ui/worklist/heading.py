"""What stands above the list of films: what the worklist is, and what can be done with it."""

from __future__ import annotations

import streamlit as st

from app.core.bundles.bundle import Bundle
from app.core.errors import SourceError
from app.core.markdown import escape_markdown, escape_sentence
from app.core.performance.formatting import counted, probability
from app.core.record.readers import Reader
from app.core.record.worklist import Worklist
from app.core.record.worklists import close_worklist, reopen_worklist
from app.core.review import making
from app.core.review.open_worklist import OpenWorklist
from app.core.review.upload_space import kept_until
from app.core.review.worklist import STATUS_LABELS, count_by_status
from app.core.review.worklist_registry import open_worklists
from app.core.settings import read_settings
from app.ui import errors, local_time
from app.ui.state import address, remembered, widgets
from app.ui.worklist import corrections, who_reads
from app.ui.worklists import plans


def show(found: Worklist, opened: OpenWorklist, chosen: Bundle, who: Reader) -> None:
    """Name, model, mode and counts, and what can be done.

    Args:
        found: The worklist as the record has it.
        opened: The same with its films.
        chosen: The model in the picker.
        who: Who reads.
    """
    corrects = corrections.is_offered(opened)
    widths = [5.0, 1.2, 1.9, 1.4, 1.2] if corrects else [6.8, 1.2, 1.4, 1.2]
    name, report, *others, add, more = st.columns(widths, vertical_alignment="center")
    name.title(escape_markdown(found.name))
    report.page_link(
        "views/report.py",
        label="Report",
        icon=":material/summarize:",
        query_params={"id": found.id},
    )
    for place in others:
        with place:
            corrections.offer(opened, who)
    if found.origin != "samples" and not found.is_closed:
        with add.popover("Add films", width="stretch"):
            _offer_more_films(found, opened)
    with more.popover("More", width="stretch"):
        if not found.is_closed:
            who_reads.offer(found, opened)
            st.divider()
        offer_copy(found, chosen)
        _offer_to_close(found)
    st.caption(f"{_counts(opened)}  \n{_describe(found, opened)}")


def _describe(found: Worklist, opened: OpenWorklist) -> str:
    words = [escape_markdown(opened.bundle.name), plans.MODE_NAMES[found.mode]]
    if found.is_closed:
        words.append("closed: it can be looked at, and no more is read in it")
    if found.threshold is not None:
        words.append(f"threshold {probability(found.threshold)}, chosen instead of the model's")
    if opened.computed_by:
        words.append(f"computed by {opened.computed_by}")
    if found.origin == "uploads":
        until = kept_until(read_settings().uploads / found.id, read_settings())
        words.append(
            "the uploaded films were deleted; what was decided is kept"
            if until is None
            else f"uploads are deleted on {local_time.shown(until)[:10]}"
        )
    if opened.left_out:
        words.append(escape_markdown(str(opened.left_out).rstrip(".")))
    return " · ".join(words)


def _counts(opened: OpenWorklist) -> str:
    """Counts by status; only of an open worklist, as they tell of what the model says."""
    total = counted(len(opened), "film")
    if opened.worklist.mode != "open":
        return total
    counts = remembered.cached("counts", (opened.version,), lambda: count_by_status(opened.scored))
    return " · ".join(
        [total, *(f"{count:,} {STATUS_LABELS[status]}" for status, count in counts.items())]
    )


def _offer_more_films(found: Worklist, opened: OpenWorklist) -> None:
    if found.origin == "folder":
        st.write("Adds the films that are new in the folder, and looks for those that were gone.")
        if st.button("Look at the folder again", key="worklist_look", type="primary"):
            with st.spinner("Listing the folder"):
                num_new = opened.look_again()
            st.toast(f"{counted(num_new, 'new film')}.")
            st.rerun()
        return
    uploads = st.file_uploader(
        "Films: JPEG, PNG, TIFF, DICOM, or ZIP archives of them",
        accept_multiple_files=True,
        key=f"worklist_upload_{widgets.upload_number()}",
    )
    if uploads and st.button(
        f"Add {counted(len(uploads), 'file')}", key="worklist_add", type="primary"
    ):
        try:
            making.add_uploads(opened, uploads, settings=read_settings())
        except SourceError as error:
            st.warning(escape_sentence(str(error)))
            return
        widgets.next_upload()
        st.rerun()


def offer_copy(found: Worklist, chosen: Bundle) -> None:
    """Offers a worklist of the same films under another model.

    Args:
        found: The worklist.
        chosen: The model in the picker.
    """
    same = chosen.sha256 == found.bundle_sha256
    other = "the same model" if same else escape_markdown(chosen.name)
    st.markdown("**Copy**")
    st.caption(
        f"The same films, judged by {other}, with no verdict yet. "
        + ("Another model is chosen in the sidebar." if same else "")
    )
    plan = plans.ask(chosen, f"{found.name} (copy)", key="copy")
    if st.button("Make the copy", key="worklist_copy"):
        made = making.copy(open_worklists(), found, plan, settings=read_settings())
        address.open_worklist(made.worklist.id)
        st.switch_page("views/worklist.py", query_params={"id": made.worklist.id})


def _offer_to_close(found: Worklist) -> None:
    st.divider()
    if found.is_closed:
        st.button(
            "Open it again", key="worklist_reopen",
            on_click=errors.callback(_reopen), args=(found.id,),
        )  # fmt: skip
        return
    st.markdown("**Close**")
    st.caption("No more is read in it. What was decided is kept, and it can be opened again.")
    deletes = found.origin == "uploads" and st.checkbox(
        "Delete the uploaded films now", key="worklist_delete_uploads"
    )
    st.button(
        "Close the worklist", key="worklist_close",
        on_click=errors.callback(_close), args=(found.id, deletes),
    )  # fmt: skip


def _reopen(worklist_id: str) -> None:
    reopen_worklist(open_worklists().record, worklist_id)


def _close(worklist_id: str, deletes: bool) -> None:
    close_worklist(open_worklists().record, worklist_id)
    if deletes:
        making.delete_uploads(worklist_id, read_settings())
