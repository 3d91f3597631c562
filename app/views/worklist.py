"""Worklist page: the films of one worklist, and how far scoring is."""

from functools import partial

import streamlit as st

from app.core.review.refusals import all_refused_note
from app.core.review.worklist_registry import WorklistModelError
from app.reading.sessions import sessions
from app.ui import quality, reader
from app.ui.state import address, chosen_model
from app.ui.worklist import choices, film_list, heading, results, scoring, shift, without_model
from app.ui.worklists import opened as worklists

found = worklists.require()
who = reader.require_reader()
try:
    opened = worklists.opened(found)
except WorklistModelError as error:
    without_model.show(found, who, str(error))
    st.stop()
is_open = found.mode == "open"
# Asked first: if it ends while the page is drawn, the page is drawn again.
is_running = opened.progress.running

heading.show(found, opened, chosen_model.require_bundle(), who)
quality.say(opened.bundle)
if is_running:
    scoring.show_progress(opened)
else:
    scoring.show_end(opened)
    if is_open:
        opened.wait_until_scored()  # for the comparison, if a film was judged anew
        shift.show(opened.shift, opened.bundle)
        if opened.shift is None and (note := all_refused_note(opened.scored)):
            st.warning(note, icon=":material/block:")
    choices.offer_choices(opened)

item = film_list.show_films(
    opened.bundle,
    worklist_id=found.id,
    token=sessions.open(who, found.id),
    hides_model=not is_open,
)
if item is not None:
    address.open_film(found.id, item)
    st.switch_page("views/case.py", query_params=address.film_address(found.id, item))

if is_open and not is_running:
    st.download_button(
        "Download results.csv",
        # Built on request, outside of the session: for 100,000 films it takes longer than the page.
        partial(results.as_csv, opened, who),
        "results.csv",
        "text/csv",
        icon=":material/download:",
        key="review_download",
        on_click="ignore",
    )
