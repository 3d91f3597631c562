"""What every page has beside its content: its style, and a script for its links and keys."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from app.ui import elements

_STYLE = Path(__file__).with_name("page.css")
_run_script = elements.define("overread_frame", __file__)


def prepare_page() -> None:
    """Styles the page and handles its links and keys, see `frame.js`; draws nothing."""
    st.html(_STYLE)
    with st.container(key="frame"):
        _run_script(key="frame_script", on_asked_change=lambda: None)
