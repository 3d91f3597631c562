"""Custom Streamlit components, each with its markup, style and behaviour in adjacent files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st


def define(name: str, module: str) -> Any:
    """A component defined by those `.html`, `.css` and `.js` files with the name of a module.

    Args:
        name: Name of the component, unique in the app.
        module: The module's `__file__`.

    Returns:
        A function that draws it, see `st.components.v2.component`.
    """
    html, css, js = (
        path.read_text(encoding="utf-8") if path.is_file() else None
        for path in (Path(module).with_suffix(suffix) for suffix in (".html", ".css", ".js"))
    )
    return st.components.v2.component(name, html=html, css=css, js=js)
