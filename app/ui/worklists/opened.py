"""The worklist and the film that a page is about, by its address."""

from __future__ import annotations

import streamlit as st

from app.core.errors import OverreadError
from app.core.record.worklist import Worklist
from app.core.record.worklists import worklist
from app.core.review.open_worklist import OpenWorklist
from app.core.review.worklist_registry import open_worklists
from app.ui import reader
from app.ui.state import address, chosen_model


def require() -> Worklist:
    """The worklist in the address, as the record has it; without one, says so and ends the page.

    Raises:
        RecordError: If there is no such worklist, or the record cannot be read.
    """
    worklist_id = address.worklist_id()
    if worklist_id is None:
        st.info("No worklist is open. Choose one, or make one.")
        st.page_link("views/worklists.py", label="Worklists", icon=":material/lists:")
        st.stop()
    found = worklist(open_worklists().record, worklist_id)
    who = reader.require_reader()
    if not found.is_for(who.id):
        st.warning(
            "This worklist is for other readers. Ask whoever made it, or an administrator, to add "
            "you.",
            icon=":material/lock:",
        )
        st.stop()
    return found


def require_open() -> OpenWorklist:
    """The same with its films and results.

    Raises:
        RecordError: If there is no such worklist, or the record cannot be read.
        WorklistModelError: If its model is gone, or was changed.
    """
    return opened(require())


def opened(found: Worklist) -> OpenWorklist:
    """A worklist with its films and results.

    Args:
        found: As the record has it.

    Raises:
        RecordError: If the record cannot be read.
        WorklistModelError: If its model is gone, or was changed.
    """
    if (known := open_worklists().peek(found.id)) is not None:
        known.take(found)
        return known
    with st.spinner("Opening the worklist"):
        return open_worklists().get(found.id)


def require_film() -> tuple[OpenWorklist, int]:
    """The worklist and the film in the address; without one, says so and ends the page.

    Raises:
        OverreadError: If they cannot be opened.
    """
    found = require_open()
    item = address.film()
    if item is None or item >= len(found):
        st.info("No film is open. Choose one from the worklist.")
        st.page_link(
            "views/worklist.py",
            label="Worklist",
            icon=":material/checklist:",
            query_params={"id": found.worklist.id},
        )
        st.stop()
    return found, item


def last() -> OpenWorklist | None:
    """The worklist that was opened last in this session; None without one that can be opened."""
    worklist_id = address.worklist_id()
    if worklist_id is None:
        return None
    try:
        return opened(worklist(open_worklists().record, worklist_id))
    except OverreadError:
        return None


def follow_model() -> None:
    """Chooses the model of a worklist that is opened, before the picker is drawn."""
    worklist_id = address.new_in_address()
    if worklist_id is None:
        return
    try:
        found = worklist(open_worklists().record, worklist_id)
    except OverreadError:
        return  # the page says so
    chosen_model.choose_model(found.model)
