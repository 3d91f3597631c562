"""The list of readers, and what an administrator changes in it."""

from __future__ import annotations

import streamlit as st

from app.core.markdown import escape_markdown
from app.core.record.database import Database
from app.core.record.problems import NotAllowedError
from app.core.record.readers import (
    ROLES,
    Reader,
    all_readers,
    remove_reader,
    restore_reader,
    set_role,
)
from app.reading.sessions import sessions
from app.ui import errors, reader
from app.ui.cache import models
from app.ui.state import widgets


def explain(who: Reader) -> None:
    """Says what the roles are, and who may change them.

    Args:
        who: Whoever looks at the page.
    """
    st.markdown(
        "A **reader** reads. An **adjudicator** decides where two readers differ, without seeing "
        "what they said. An **administrator** says who may read, and as what."
    )
    if not reader.signs_in():
        st.caption(
            "Names are chosen freely on this machine, so anybody may change this list. With "
            "sign-in, only administrators may (docs/readers.md)."
        )
    elif not _may_change(who):
        st.caption("Only an administrator changes this list.")


def show_all(who: Reader) -> None:
    """Every reader with a role; those removed come last.

    Args:
        who: Whoever looks at the page.
    """
    for one in sorted(all_readers(_record()), key=lambda one: one.is_removed):
        with st.container(horizontal=True, vertical_alignment="center", key=f"reader_{one.id}"):
            suffix = " (you)" if one.id == who.id else ""
            st.markdown(f"{escape_markdown(one.name)}{suffix}", width=320)
            _show_role(one, who)
            if _may_change(who) and one.id != who.id:
                _show_removal(one)


def _show_role(one: Reader, who: Reader) -> None:
    # Nobody takes the role of an administrator from themselves, so that there is always one.
    is_locked = not _may_change(who) or one.is_removed or (reader.signs_in() and one.id == who.id)
    key = f"reader_role_{one.id}_{one.role}"
    st.selectbox(
        f"Role of {one.name}",
        ROLES,
        ROLES.index(one.role),
        key=key,
        label_visibility="collapsed",
        width=200,
        disabled=is_locked,
        on_change=errors.callback(_change_role),
        args=(one.id, key),
    )


def _show_removal(one: Reader) -> None:
    if one.is_removed:
        st.caption("removed", width="content")
        st.button(
            "Let read again",
            key=f"reader_restore_{one.id}",
            on_click=errors.callback(_restore),
            args=(one.id,),
        )
    else:
        st.button(
            "Remove",
            key=f"reader_remove_{one.id}",
            on_click=errors.callback(_remove),
            args=(one.id,),
        )


def _change_role(reader_id: int, key: str) -> None:
    _check()
    set_role(_record(), reader_id, widgets.value_of(key))
    sessions.end_of(reader_id)


def _remove(reader_id: int) -> None:
    _check()
    remove_reader(_record(), reader_id)


def _restore(reader_id: int) -> None:
    _check()
    restore_reader(_record(), reader_id)


def _check() -> None:
    """Asks again, because the page may have been open since before a role was changed."""
    who = reader.current()
    if who is None or who.is_removed or not _may_change(who):
        raise NotAllowedError("Nothing was changed: only an administrator changes readers.")


def _may_change(who: Reader) -> bool:
    return who.role == "administrator" or not reader.signs_in()


def _record() -> Database:
    return models.record()
