"""The worklists: how far each is, and one click to go on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from app.core.bundles.bundle_folders import shown_name
from app.core.markdown import escape_markdown
from app.core.performance.formatting import counted
from app.core.record.readers import Reader
from app.core.record.worklist import Mode, Worklist
from app.core.record.worklist_progress import NOTHING, ReadSoFar, read_so_far
from app.core.record.worklists import all_worklists
from app.core.review.next_film import next_unread
from app.core.review.worklist_registry import open_worklists
from app.core.settings import read_settings
from app.ui import local_time
from app.ui.state import address
from app.ui.worklists import opened

MODES: dict[Mode, str] = {
    "open": "Open: the model is shown at once",
    "blind_first": "Blind first: the model is shown after your own call",
    "second_reader": "Second reader: each reads blind, an adjudicator decides",
}
_SHORT: dict[Mode, str] = {
    "open": "open",
    "blind_first": "blind first",
    "second_reader": "second reader",
}


def show(reader: Reader | None) -> bool:
    """Shows the worklists of a reader.

    Args:
        reader: Who reads; None if nobody is named.

    Returns:
        Whether there are any.

    Raises:
        RecordError: If the record cannot be read.
    """
    record = open_worklists().record
    reader_id = reader.id if reader else None
    own = [one for one in all_worklists(record) if one.is_for(reader_id)]
    progress = read_so_far(record, reader_id)
    current = _latest_first([one for one in own if not one.is_closed], progress)
    for number, one in enumerate(current):
        _show_row(one, progress.get(one.id, NOTHING), reader, is_first=number == 0)
    closed = [one for one in own if one.is_closed]
    if closed:
        with st.expander(f"{counted(len(closed), 'closed worklist')}", key="worklists_closed"):
            for one in _latest_first(closed, progress):
                _show_row(one, progress.get(one.id, NOTHING), reader, is_first=False)
    return bool(own)


def _latest_first(listed: Sequence[Worklist], progress: Mapping[str, ReadSoFar]) -> list[Worklist]:
    """Those that were read or made last come first."""
    return sorted(
        listed,
        key=lambda one: progress.get(one.id, NOTHING).last or one.created_at,
        reverse=True,
    )


def _show_row(one: Worklist, progress: ReadSoFar, reader: Reader | None, *, is_first: bool) -> None:
    """A worklist; the first answers to keys."""
    with st.container(border=True, key=f"worklist_{one.id}"):
        name, done, resume, following = st.columns([6, 4, 1.4, 1.8], vertical_alignment="center")
        name.markdown(f"**{escape_markdown(one.name)}**  \n:small[{_describe(one)}]")
        share = progress.read / progress.films if progress.films else 0.0
        done.progress(min(share, 1.0), text=_progress_text(one, progress))
        if resume.button(
            "Open" if one.is_closed else "Resume",
            key=f"worklist_resume_{one.id}",
            shortcut="W" if is_first else None,
            type="primary" if is_first else "secondary",
            width="stretch",
        ):
            address.open_worklist(one.id)
            st.switch_page("views/worklist.py", query_params={"id": one.id})
        if not one.is_closed and following.button(
            "Next unread",
            key=f"worklist_next_{one.id}",
            shortcut="X" if is_first else None,
            disabled=progress.films > 0 and progress.read >= progress.films,
            width="stretch",
        ):
            _open_next(one, reader)


def _open_next(one: Worklist, reader: Reader | None) -> None:
    address.open_worklist(one.id)
    item = next_unread(opened.opened(one), reader)
    if item is None:
        st.switch_page("views/worklist.py", query_params={"id": one.id})
    address.open_film(one.id, item)
    st.switch_page("views/case.py", query_params=address.film_address(one.id, item))


def _describe(one: Worklist) -> str:
    model = shown_name(read_settings().models / one.model)
    return f"{escape_markdown(model)} · {_SHORT[one.mode]}"


def _progress_text(one: Worklist, progress: ReadSoFar) -> str:
    words = [f"{progress.read:,} of {progress.films:,} read"]
    known = open_worklists().peek(one.id)
    if known is not None and (refused := known.num_refused):
        words.append(f"{refused:,} refused")
    if progress.last is not None:
        words.append(f"last {local_time.shown(progress.last)[:16]}")
    return " · ".join(words)
