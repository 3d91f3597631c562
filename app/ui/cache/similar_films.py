"""Cached films of a bundle that others are compared with, and their pictures."""

from __future__ import annotations

import base64
from pathlib import Path

import streamlit as st

from app.core.bundles.bundle import Bundle
from app.core.gate.known_films import HeldOutFilms, load_held_out
from app.core.images import display, geometry
from app.core.images.film import Film
from app.ui.cache.names import NAMED_BY

# Longer side of the open film where it is shown beside another, in pixels.
_COMPARED_SIDE = 480


@st.cache_resource(hash_funcs=NAMED_BY, max_entries=32, show_spinner=False)
def held_out(bundle: Bundle) -> HeldOutFilms | None:
    """The held-out films of a bundle, or of one finding of it; None if it has none."""
    return load_held_out(bundle)


@st.cache_resource(hash_funcs=NAMED_BY, max_entries=2000, show_spinner=False)
def known_picture(bundle: Bundle, path: Path) -> str:
    """The small picture of a held-out film, as a data URL; empty if it can no longer be read.

    Another bundle may have another picture of the same film, or call it so.

    Args:
        bundle: Whose picture it is.
        path: The picture.
    """
    try:
        content = path.read_bytes()
    except OSError:
        return ""
    return f"data:image/jpeg;base64,{base64.b64encode(content).decode()}"


@st.cache_resource(max_entries=32, show_spinner=False)
def compared_picture(image_id: str, _film: Film) -> str:
    """The open film, small, as a data URL.

    Args:
        image_id: SHA-256 of the file.
        _film: The film.
    """
    content = display.jpeg(geometry.shrunk(_film, _COMPARED_SIDE), quality=85)
    return f"data:image/jpeg;base64,{base64.b64encode(content).decode()}"
