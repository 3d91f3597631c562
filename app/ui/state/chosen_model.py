"""The model that all pages about models work on."""

from __future__ import annotations

import streamlit as st

from app.core.bundles.bundle import Bundle
from app.core.bundles.bundle_files import SAMPLES
from app.core.bundles.bundle_folders import find_bundles, shown_names
from app.core.markdown import escape_markdown
from app.core.settings import read_settings
from app.ui.cache import models

_MODEL, _PICKER = "model", "model_picker"


def pick_model() -> None:
    """The model picker; all pages work on its choice."""
    folder = read_settings().models
    bundles = find_bundles(folder)
    names = [path.name for path in bundles]
    if not names:
        st.session_state.pop(_MODEL, None)
        st.warning(f"There is no model in the folder {escape_markdown(repr(folder.name))}.")
        return
    if st.session_state.get(_PICKER) not in names:
        # A model with sample films can be tried immediately.
        tried = (path.name for path in bundles if (path / SAMPLES).is_dir())
        st.session_state[_PICKER] = next(tried, names[0])
    shown = dict(zip(names, shown_names(bundles), strict=True))
    chosen = st.selectbox(
        "Model",
        names,
        format_func=shown.__getitem__,
        key=_PICKER,
        persist_state="session",
    )
    st.session_state[_MODEL] = chosen
    if shown[chosen] != chosen:
        st.text(shown[chosen])  # which the picker has no room for


def choose_model(name: str) -> None:
    """Chooses a model, before the picker is drawn.

    Args:
        name: Of its folder.
    """
    st.session_state[_PICKER] = name


def has_model() -> bool:
    """Whether a model is chosen."""
    return st.session_state.get(_MODEL) is not None


def require_bundle() -> Bundle:
    """The chosen bundle; without one, tells the user what to do and stops the page.

    Raises:
        BundleError: If the chosen bundle cannot be used.
    """
    name = st.session_state.get(_MODEL)
    if name is None:
        st.info(
            "No model is installed. Train one with `overread-train fit`, or set OVERREAD_MODELS "
            "to a folder of model bundles."
        )
        st.stop()
    return models.bundle(read_settings().models / name)
