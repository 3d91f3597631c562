"""What Performance is about: the chosen model, or results without one."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from app.core.evidence.evidence import Results, find_evidence
from app.core.settings import read_settings
from app.ui import widget_keys
from app.ui.cache import evidence
from app.ui.state import chosen_model, widgets

_MODEL = ""


def pick() -> Results:
    """Lets the user choose between the model and results that were added, where there are any.

    Without either, tells what to do and stops the page.

    Raises:
        BundleError: If what was chosen cannot be used.
    """
    found = find_evidence(read_settings().evidence)
    options = [_MODEL] if chosen_model.has_model() else []
    options += [path.name for path in found]
    if not found:
        return chosen_model.require_bundle()
    if widgets.value_of(widget_keys.RESULTS) not in options:
        widgets.set_value(widget_keys.RESULTS, options[0])
    place, _ = st.columns([1, 3])
    chosen = place.selectbox(
        "Results of",
        options,
        format_func=_shown,
        key=widget_keys.RESULTS,
        persist_state="session",
    )
    return open_results(chosen)


def open_results(name: str) -> Results:
    """The results of that name; of the empty one, the chosen model.

    Args:
        name: Of their folder.

    Raises:
        BundleError: If they cannot be used.
    """
    if name == _MODEL:
        return chosen_model.require_bundle()
    return evidence.evidence(Path(read_settings().evidence) / name)


def _shown(name: str) -> str:
    return name or "the chosen model"
