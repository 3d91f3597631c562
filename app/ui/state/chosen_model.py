"""The model that all pages about models work on."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from app.core.bundles.bundle import Bundle
from app.core.bundles.bundle_files import SAMPLES
from app.core.bundles.bundle_folders import find_bundles, shown_names
from app.core.markdown import escape_markdown
from app.core.settings import read_settings
from app.ui import errors
from app.ui.cache import models

_MODEL, _PICKER, _GONE = "model", "model_picker", "model_gone"


def pick_model() -> None:
    """The model picker; all pages work on its choice."""
    folder = read_settings().models
    bundles = find_bundles(folder)
    names = [path.name for path in bundles]
    if not names:
        st.session_state.pop(_MODEL, None)
        st.warning(f"There is no model in the folder {escape_markdown(repr(folder.name))}.")
        return
    before = st.session_state.get(_PICKER)
    if before not in names:
        st.session_state[_GONE] = before
        st.session_state[_PICKER] = _instead_of(before, bundles)
    shown = dict(zip(names, shown_names(bundles), strict=True))
    chosen = st.selectbox(
        "Model",
        names,
        format_func=shown.__getitem__,
        key=_PICKER,
        persist_state="session",
        on_change=errors.callback(_forget_gone),
    )
    st.session_state[_MODEL] = chosen
    if shown[chosen] != chosen:
        st.text(shown[chosen])  # which the picker has no room for
    if gone := st.session_state.get(_GONE):
        st.warning(
            f"The model {escape_markdown(gone)} is no longer installed; {escape_markdown(chosen)} "
            "is chosen instead."
        )


def _instead_of(gone: str | None, bundles: list[Path]) -> str:
    """Of an adaptation that is gone, its bundle; else a model with films to try it with."""
    names = [path.name for path in bundles]
    base = (gone or "").partition("@")[0]
    tried = (path.name for path in bundles if (path / SAMPLES).is_dir())
    return base if base in names else next(tried, names[0])


def _forget_gone() -> None:
    st.session_state.pop(_GONE, None)


def choose_model(name: str) -> None:
    """Chooses a model, before the picker is drawn.

    Args:
        name: Of its folder.
    """
    st.session_state[_PICKER] = name
    _forget_gone()


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
