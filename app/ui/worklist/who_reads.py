"""Who may read a worklist, which its maker and administrators change."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from app.core.markdown import escape_markdown
from app.core.record.readers import all_readers
from app.core.record.worklist import Worklist
from app.core.record.worklists import set_readers
from app.core.review.open_worklist import OpenWorklist
from app.core.review.worklist_registry import open_worklists
from app.ui import errors, reader
from app.ui.state import widgets

_EVERYBODY = "Everybody"


def offer(found: Worklist, opened: OpenWorklist) -> None:
    """Says who may read it, and lets its maker or an administrator change that.

    Args:
        found: The worklist as the record has it.
        opened: The same with its films.
    """
    names = {
        one.id: one.name
        for one in all_readers(open_worklists().record)
        if not one.is_removed or one.id in found.readers
    }
    st.markdown("**Readers**")
    who = reader.require_reader()
    if found.created_by not in (None, who.id) and who.role != "administrator":
        st.caption(_listed(found, names))
        return
    key = f"worklist_readers_{found.id}"
    st.multiselect(
        "Readers",
        list(names),
        default=list(found.readers),
        format_func=names.__getitem__,
        placeholder=_EVERYBODY,
        key=key,
        label_visibility="collapsed",
    )
    st.button(
        "Save the readers",
        key="worklist_save_readers",
        help="What others said in it stays. You remain one of them.",
        on_click=errors.callback(_save),
        args=(found, opened, key, who.id),
    )


def _listed(found: Worklist, names: Mapping[int, str]) -> str:
    if not found.readers:
        return f"{_EVERYBODY}."
    listed = ", ".join(escape_markdown(names[one]) for one in found.readers if one in names)
    return f"{listed}. Whoever made the worklist, or an administrator, changes this."


def _save(found: Worklist, opened: OpenWorklist, key: str, who: int) -> None:
    chosen = widgets.value_of(key, [])
    set_readers(open_worklists().record, found.id, {*chosen, who} if chosen else ())
    opened.refresh()
