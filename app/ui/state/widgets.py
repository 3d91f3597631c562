"""What widgets hold, and how it is set before they are drawn."""

from __future__ import annotations

from typing import Any

import streamlit as st

from app.ui import widget_keys

_UPLOAD = "upload"


def value_of(key: str, default: Any = None) -> Any:
    """What a widget holds, or was set to before it was drawn.

    Args:
        key: Of the widget.
        default: Is returned where there is no such widget yet.
    """
    return st.session_state.get(key, default)


def set_value(key: str, value: Any) -> None:
    """Sets a widget, before it is drawn.

    Args:
        key: Of the widget.
        value: As the widget returns it.
    """
    st.session_state[key] = value


def selected_rows(key: str) -> list[int]:
    """The rows that are selected in a table."""
    event: Any = st.session_state[key]
    return list(event["selection"]["rows"])


def upload_number() -> int:
    """Number of finished uploads; part of the uploader's key, so that it starts empty."""
    return int(st.session_state.setdefault(_UPLOAD, 0))


def next_upload() -> None:
    """Empties the uploader on the next rerun."""
    st.session_state[_UPLOAD] = upload_number() + 1


def enter_subfolder() -> None:
    """Appends the selected subfolder to the typed server folder."""
    picked = st.session_state.get(widget_keys.SUBFOLDER)
    if picked:
        current = st.session_state.get(widget_keys.FOLDER, "").strip("/")
        st.session_state[widget_keys.FOLDER] = f"{current}/{picked}".lstrip("/")
        st.session_state[widget_keys.SUBFOLDER] = None
