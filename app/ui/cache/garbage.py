"""Garbage collection, for all pages together."""

from __future__ import annotations

import gc
import sys

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
    freed = gc.collect()
    _pass_over(len(sys.modules))
    return freed


@st.cache_resource(max_entries=1, show_spinner=False)
def _pass_over(num_modules: int) -> None:
    """Leaves out, from now on, what is there once libraries were loaded: most of it is theirs.

    Of a process with Keras some 400,000 objects are, and hardly any of them is ever garbage.
    """
    gc.freeze()
