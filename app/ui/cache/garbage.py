"""Garbage collection, for all pages together."""

from __future__ import annotations

import gc

import streamlit as st


# One value for all sessions, which is forgotten after a minute.
@st.cache_resource(ttl=60, show_spinner=False)
def collect() -> int:
    """Frees, at most once a minute, what ended sessions left behind, such as uploads on disk.

    Streamlit would do it after each run of a page, and of a progress bar that a batch updates every
    second. It looks through every object of the process, and holds up all pages meanwhile: with
    100,000 films that takes several times as long as the page.

    Returns:
        Number of objects that were freed.
    """
    return gc.collect()
