"""Cached images and figures of the Case page."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from app.core.errors import Remedy
from app.core.images import display
from app.core.images.film import Film
from app.core.images.reading import ReadOptions
from app.core.review import refusals


def film_picture(image_id: str, film: Film) -> bytes:
    """A film as a JPEG file.

    Args:
        image_id: SHA-256 of the file.
        film: The film.
    """
    return _film_picture(image_id, film.chosen, film)


# The identity of an image does not tell the window of the model that it was read for.
@st.cache_resource(max_entries=32, show_spinner=False)
def _film_picture(image_id: str, chosen: ReadOptions, _film: Film) -> bytes:
    return display.jpeg(_film, quality=92)


@st.cache_resource(max_entries=8, show_spinner=False)
def corrected_film(image_id: str, _film: Film, remedy: Remedy) -> Film:
    """A film for display as it would be with a remedy; must not be modified.

    Args:
        image_id: SHA-256 of the file.
        _film: The film as it is.
        remedy: What would be done to it.
    """
    corrected = refusals.corrected(_film, remedy)
    return replace(corrected, chosen=replace(_film.chosen, remedy=remedy))
