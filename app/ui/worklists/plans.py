"""What a new worklist is to be: its name, how it is read, and by whom."""

from __future__ import annotations

from typing import get_args

import streamlit as st

from app.core.bundles.bundle import Bundle
from app.core.record.readers import all_readers
from app.core.record.worklist import Mode
from app.core.review.making import Plan
from app.core.review.worklist_registry import open_worklists
from app.ui import reader
from app.ui.state import remembered

MODES: dict[Mode, str] = {
    "open": "Open: the model is shown at once",
    "blind_first": "Blind first: the model is shown after your own call",
    "second_reader": "Second reader: each reads blind, an adjudicator decides",
}
MODE_NAMES: dict[Mode, str] = {
    "open": "Open",
    "blind_first": "Blind first",
    "second_reader": "Second reader",
}


def ask(bundle: Bundle, proposed: str, *, key: str = "plan") -> Plan:
    """Asks for what a worklist is to be.

    Args:
        bundle: Its model.
        proposed: A name.
        key: Begins the keys of the widgets; what is asked for twice has two.
    """
    left, right = st.columns([3, 2])
    name = left.text_input(
        "Name of the worklist",
        placeholder=proposed,
        max_chars=120,
        key=f"{key}_name",
        help="Others see it too: name no patient. Without one it is called as shown.",
    )
    mode = right.selectbox(
        "Reading mode", get_args(Mode), format_func=MODES.__getitem__, key=f"{key}_mode"
    )
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    names = {one.id: one.name for one in all_readers(open_worklists().record) if not one.is_removed}
    readers = left.multiselect(
        "Readers",
        list(names),
        format_func=names.__getitem__,
        placeholder="Everybody",
        key=f"{key}_readers",
    )
    hides_names = right.checkbox(
        "Hide names of files",
        value=mode != "open",
        disabled=mode != "open",
        key=f"{key}_hides_{mode}",
        help="Folders and files may be called as what they show. Blind modes always hide them.",
    )
    threshold = _taken_threshold(bundle, key)
    who = reader.require_reader()
    return Plan(
        name=name.strip() or proposed,
        bundle=bundle,
        mode=mode,
        hides_names=hides_names,
        created_by=who.id,
        readers=readers,
        threshold=threshold,
    )


def _taken_threshold(bundle: Bundle, key: str) -> float | None:
    """The threshold that was taken from Performance, unless it is declined here."""
    taken = remembered.taken_threshold(bundle)
    if taken is None:
        return None
    own = bundle.manifest.thresholds.decision
    is_used = st.checkbox(
        f"Use the threshold {taken:.3f} that was taken from Performance, not the model's {own:.3f}",
        value=True,
        key=f"{key}_threshold",
    )
    return taken if is_used else None
