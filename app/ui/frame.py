"""What every page has beside its content: its style, and a script that minds the links."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from app.ui import elements

_STYLE = Path(__file__).with_name("page.css")
_run_script = elements.define("overread_frame", __file__)


def prepare_page() -> None:
    """Styles the page and minds its links, see `frame.js`; nothing of it is seen."""
    st.html(_STYLE)
    with st.container(key="frame"):
        _run_script(key="frame_script")
