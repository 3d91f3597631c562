"""Report page: the model and its readers on one worklist, and its files."""

import streamlit as st

from app.core.exports.snapshot import as_readers_see_it, may_see, take
from app.core.markdown import escape_markdown
from app.core.review.worklist_registry import open_worklists
from app.ui import quality, reader
from app.ui.report import downloads, model, readers, truth
from app.ui.state import address
from app.ui.worklist import scoring
from app.ui.worklists import opened as worklists

opened = worklists.require_open()
st.title(f"Report: {escape_markdown(opened.worklist.name)}")
quality.say(opened.bundle)
if opened.progress.running:
    scoring.show_progress(opened)
    st.stop()
opened.answers.follow()
contents = take(open_worklists().record, opened)
if not may_see(contents, reader.require_reader(), opened.answers.films()):
    st.info(
        "The report tells what the model says of every film and what all readers said. It opens "
        "once you have made a call and then a verdict on every film and none waits for an "
        "adjudicator, or once the worklist is closed.",
        icon=":material/visibility_off:",
    )
    st.stop()

last = contents.entries[-1].number if contents.entries else 0
version = (opened.version, last, contents.worklist)
shown = as_readers_see_it(contents)
truth.show(contents, shown)
model.show(shown, version)
item = readers.show(shown, version)
downloads.show(shown, opened, version)
if item is not None:
    address.open_film(contents.worklist.id, item)
    st.switch_page("views/case.py", query_params=address.film_address(contents.worklist.id, item))
