"""The Case page: the viewer, and below it what is known of the film that is open."""

from __future__ import annotations

import streamlit as st

from app.core.record.readers import Reader
from app.core.review import modes
from app.core.review.open_worklist import OpenWorklist
from app.core.settings import read_settings
from app.reading.sessions import sessions
from app.ui import errors, reader
from app.ui.state import address
from app.ui.viewer import viewer


@errors.fragment()
def read(opened: OpenWorklist) -> None:
    """Draws the viewer, and what is below it once the reader comes to rest on a film.

    Args:
        opened: The worklist.
    """
    who = reader.require_reader()  # at each run of the fragment: by now it may be nobody
    task = opened.bundle.manifest.task
    reading = viewer.Reading(
        token=sessions.open(who, opened.worklist.id),
        worklist=opened.worklist.id,
        classes=[(label, task.display_name(label)) for label in task.classes],
        tags=read_settings().reading_tags,
    )
    addressed = address.film()  # also what pages without a film in their address are then about
    with st.container(key="viewer_frame"):
        item = viewer.read_films(
            reading,
            addressed=addressed,
            version=opened.version,
        )
    item = addressed if item is None else item
    if item is not None and item < len(opened):
        with st.container(key="below_viewer"):
            _show_below(opened, item, who)


def _show_below(opened: OpenWorklist, item: int, who: Reader) -> None:
    """The way to the film's activations; nothing before a blind call."""
    opened.answers.follow()
    if not modes.sight(opened.worklist, who, opened.answers.on(item)).shows_model:
        return
    result = opened.result(item)
    if result is not None and result.prediction is not None:
        st.page_link(
            "views/activations.py",
            label="Activations of this film",
            icon=":material/layers:",
            query_params=address.film_address(opened.worklist.id, item),
        )
