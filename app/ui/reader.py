"""Who is reading."""

from __future__ import annotations

import streamlit as st


def name() -> str:
    """The name under which the reader is signed in; empty if nobody is."""
    return str(st.user.to_dict().get("email") or "")
