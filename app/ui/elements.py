"""Elements that Streamlit has not: their markup, style and behaviour lie in files beside them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st


def define(name: str, module: str) -> Any:
    """An element of the `.html`, `.css` and `.js` files that are named like a module.

    Args:
        name: Of the element, one in the whole app.
        module: The module's `__file__`.

    Returns:
        What draws it, see `st.components.v2.component`.
    """
    html, css, js = (
        Path(module).with_suffix(suffix).read_text(encoding="utf-8")
        for suffix in (".html", ".css", ".js")
    )
    return st.components.v2.component(name, html=html, css=css, js=js)
